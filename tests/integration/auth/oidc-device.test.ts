import { expect, test, vi } from "vitest";
import { databases } from "#server/testing/databases.ts";
import type { BrowserPage, FormBrowser } from "#tests/testing/auth/form-browser.ts";
import {
  openOidcStage,
  PASSWORD,
  THIRD_PARTY_REDIRECT,
  type OidcStage,
} from "#tests/testing/auth/oidc-stage.ts";

const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

interface DeviceAnswer {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete: string;
  readonly expires_in: number;
  readonly interval: number;
}

async function post(
  stage: OidcStage,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly body: unknown }> {
  const answer = await fetch(new URL("/oauth/device_authorization", stage.origin), {
    method: "POST",
    body: new URLSearchParams(fields),
    headers,
  });
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  return { status: answer.status, body: await answer.json() };
}

async function begin(stage: OidcStage): Promise<DeviceAnswer> {
  const { status, body } = await post(stage, { client_id: "pipit-cli", scope: "openid api:read" });
  expect(status).toBe(200);
  return body as DeviceAnswer;
}

/** Types the code in, confirms it, and signs in. */
async function approve(browser: FormBrowser, device: DeviceAnswer, login: string): Promise<BrowserPage> {
  const form = await browser.open("/oauth/device");
  const confirm = await browser.send(form, { user_code: device.user_code.toLowerCase().replace("-", " ") });
  expect(confirm.text).toContain("Pipit in the terminal");
  expect(confirm.text).toContain(device.user_code);
  const signIn = await browser.send(confirm, {}, ["confirm", "yes"]);
  return browser.send(signIn, { login, password: PASSWORD });
}

async function poll(stage: OidcStage, device: DeviceAnswer) {
  return stage.oidc.redeemDevice({ deviceCode: device.device_code, client: await stage.client("pipit-cli") });
}

test.each(databases)(
  "a device is signed in by its code, once, of eight polls at once, on $name",
  async (database) => {
    await using stage = await openOidcStage(database);
    const ann = await stage.register("ann");
    const device = await begin(stage);
    expect(device.user_code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    expect(device.verification_uri).toBe(`${stage.origin}/oauth/device`);
    expect(device.verification_uri_complete).toBe(
      `${stage.origin}/oauth/device?user_code=${device.user_code}`,
    );
    expect(device).toMatchObject({ expires_in: 600, interval: 5 });
    await expect(poll(stage, device)).rejects.toMatchObject({ code: "authorization_pending" });
    const done = await approve(stage.browser(), device, "ann");
    expect(done.text).toContain("The device is signed in.");
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => poll(stage, device)));
    const redeemed = outcomes.filter((outcome) => outcome.status === "fulfilled");
    expect(redeemed.map(({ value }) => value)).toMatchObject([
      { userId: ann.id, scope: "openid api:read", amr: ["pwd"] },
    ]);
    await expect(poll(stage, device)).rejects.toMatchObject({ code: "invalid_grant" });
    expect(await stage.audited()).toContain("device.approved success");
  },
);

test("a device that asks too often is slowed down, five seconds more each time", async () => {
  await using stage = await openOidcStage();
  const { clock } = stage.temporary;
  const device = await begin(stage);
  const errorAfter = async (seconds: number): Promise<unknown> => {
    clock.advance(seconds * 1000);
    return poll(stage, device).then(
      () => "granted",
      (reason: { readonly code: string }) => reason.code,
    );
  };
  expect(await errorAfter(0)).toBe("authorization_pending");
  expect(await errorAfter(5)).toBe("authorization_pending");
  expect(await errorAfter(1)).toBe("slow_down");
  expect(await errorAfter(6)).toBe("slow_down");
  expect(await errorAfter(15)).toBe("authorization_pending");
  expect(await errorAfter(10)).toBe("slow_down");
});

test("a device that was refused is told so", async () => {
  await using stage = await openOidcStage();
  const device = await begin(stage);
  const browser = stage.browser();
  const confirm = await browser.send(await browser.open("/oauth/device"), { user_code: device.user_code });
  const denied = await browser.send(confirm, {}, ["abort", "yes"]);
  expect(denied.text).toContain("The device was not signed in.");
  await expect(poll(stage, device)).rejects.toMatchObject({ code: "access_denied" });
  const again = await browser.send(await browser.open("/oauth/device"), { user_code: device.user_code });
  expect(again.text).toContain("This code was used before.");
  expect(await stage.audited()).toContain("device.refused failure");
});

test("cancelling the sign-in refuses the device as well", async () => {
  await using stage = await openOidcStage();
  const device = await begin(stage);
  const browser = stage.browser();
  const confirm = await browser.send(await browser.open("/oauth/device"), { user_code: device.user_code });
  const signIn = await browser.send(confirm, {}, ["confirm", "yes"]);
  const denied = await browser.send(signIn, {}, ["cancel", "yes"]);
  expect(denied.text).toContain("The device was not signed in.");
  await expect(poll(stage, device)).rejects.toMatchObject({ code: "access_denied" });
});

test("a code in the address is put into the field, and nothing happens before the person sends it", async () => {
  await using stage = await openOidcStage();
  const device = await begin(stage);
  const browser = stage.browser();
  const form = await browser.open(device.verification_uri_complete);
  expect(form.text).toContain(`value="${device.user_code}"`);
  const confirm = await browser.send(form, { user_code: device.user_code });
  expect(confirm.text).toContain("Is this your device?");
});

test("five codes that are not there, and a network waits; a right one buys no more", async () => {
  await using stage = await openOidcStage();
  const device = await begin(stage);
  const browser = stage.browser();
  let page = await browser.open("/oauth/device");
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    if (attempt === 3) await browser.send(page, { user_code: device.user_code });
    page = await browser.send(page, { user_code: "BBBB-BBBB" });
    expect(page.status).toBe(400);
    expect(page.text).toContain("There is no such code.");
    expect(page.text).toContain('value="BBBB-BBBB"');
  }
  const refused = await browser.send(page, { user_code: device.user_code });
  expect(refused.status).toBe(429);
  expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
});

test("an approved code is worth nothing for another client, nor after a change of password", async () => {
  await using stage = await openOidcStage();
  const ann = await stage.register("ann");
  const device = await begin(stage);
  await approve(stage.browser(), device, "ann");
  const other = await stage.client("pipit-desktop");
  await expect(
    stage.oidc.redeemDevice({ deviceCode: device.device_code, client: other }),
  ).rejects.toMatchObject({ code: "invalid_grant", about: { reason: "other-client" } });
  await stage.temporary.store.auth.accounts.setPassword(ann.id, "another", 1);
  await expect(stage.enter(await poll(stage, device))).rejects.toMatchObject({
    code: "CREDENTIALS_INVALID",
    detail: "credentials-changed",
  });
});

test("a code that is too old says so to the device and to the person", async () => {
  await using stage = await openOidcStage();
  const device = await begin(stage);
  const browser = stage.browser();
  const form = await browser.open("/oauth/device");
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 601_000 });
  try {
    await expect(poll(stage, device)).rejects.toMatchObject({ code: "expired_token" });
    const page = await browser.send(form, { user_code: device.user_code });
    expect(page.text).toContain("This code is too old.");
  } finally {
    vi.useRealTimers();
  }
});

test("only clients that may connect devices begin, with the scopes they may have, and confidential ones prove themselves", async () => {
  await using stage = await openOidcStage();
  const { secret = "" } = await stage.thirdParty({
    redirectUris: [THIRD_PARTY_REDIRECT],
    grantTypes: [DEVICE_GRANT, "authorization_code"],
  });
  expect(await post(stage, { client_id: "pipit-web" })).toMatchObject({
    status: 400,
    body: { error: "unauthorized_client" },
  });
  expect(await post(stage, { client_id: "pipit-cli", scope: "api:admin" })).toMatchObject({
    status: 400,
    body: { error: "invalid_scope" },
  });
  expect(await post(stage, { client_id: "nobody" })).toMatchObject({
    status: 401,
    body: { error: "invalid_client" },
  });
  expect(await post(stage, { client_id: "notes-app" })).toMatchObject({ status: 401 });
  const basic = `Basic ${Buffer.from(`notes-app:${secret}`).toString("base64")}`;
  const proven = await post(stage, { scope: "openid" }, { authorization: basic, accept: "text/html" });
  expect(proven).toMatchObject({ status: 200, body: { expires_in: 600 } });
});

test("what a request says of host and scheme is not believed", async () => {
  await using stage = await openOidcStage();
  const { body } = await post(
    stage,
    { client_id: "pipit-cli" },
    { "x-forwarded-host": "evil.example", "x-forwarded-proto": "https", forwarded: "host=evil.example" },
  );
  expect((body as DeviceAnswer).verification_uri).toBe(`${stage.origin}/oauth/device`);
});

test("what is kept for the forms of strangers ends in ten minutes, and is gone with the next sweep", async () => {
  await using stage = await openOidcStage();
  const { clock, query, store } = stage.temporary;
  for (const path of ["/oauth/device", "/oauth/device", "/oauth/logout"]) await stage.browser().open(path);
  const kept = () => query("select expires_at_ms from oidc_payloads");
  const rows = await kept();
  expect(rows).toHaveLength(3);
  for (const row of rows) expect(Number(row["expires_at_ms"]) - clock.nowMs()).toBeLessThanOrEqual(600_000);
  clock.advance(601_000);
  await stage.browser().open("/oauth/device");
  const retention = { chatsKeptDays: 0, usageKeptDays: 0, usedTokensKeptDays: 30 };
  expect(await store.removeOld(retention, new AbortController().signal)).toEqual({ oidc_payloads: 3 });
  expect(await kept()).toHaveLength(1);
});
