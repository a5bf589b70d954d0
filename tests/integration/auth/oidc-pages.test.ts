import { expect, test } from "vitest";
import { generateSync } from "otplib/functional";
import { cookieNameAt } from "#server/http/kit/cookies.ts";
import {
  authorizationRequest,
  openOidcStage,
  PASSWORD,
  THIRD_PARTY_REDIRECT,
  type OidcStage,
} from "#tests/testing/auth/oidc-stage.ts";
import { systemOrigin } from "#server/domain/audit/system-origin.ts";

const thirdParty = { client_id: "notes-app", redirect_uri: THIRD_PARTY_REDIRECT, scope: "openid profile" };

function codeIn(url: URL): string | null {
  return url.searchParams.get("code");
}

async function ownWebClient(stage: OidcStage): Promise<void> {
  await stage.thirdParty({ firstParty: true });
}

test("wrong passwords are said on the page, which keeps the login, and count", async () => {
  await using stage = await openOidcStage();
  await stage.register("ann");
  const browser = stage.browser();
  let page = await browser.open(authorizationRequest().url);
  page = await browser.send(page, { login: "ann", password: "wrong" });
  expect(page.status).toBe(401);
  expect(page.text).toContain("Login or password is wrong.");
  expect(page.text).toContain('value="ann"');
  expect(page.text).not.toContain("wrong</");
  for (let attempt = 2; attempt <= 5; attempt += 1) {
    page = await browser.send(page, { login: "ann", password: "wrong" });
  }
  page = await browser.send(page, { login: "ann", password: PASSWORD });
  expect(page.status).toBe(429);
  expect(page.headers.get("retry-after")).toMatch(/^\d+$/);
  expect(page.text).toContain("too many");
});

test("a page of another site can send no form, whatever it knows", async () => {
  await using stage = await openOidcStage();
  const browser = stage.browser();
  const page = await browser.open(authorizationRequest().url);
  const answer = await fetch(page.url, {
    method: "POST",
    redirect: "manual",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      origin: "https://evil.example",
      "sec-fetch-site": "cross-site",
      cookie: browser.cookieHeader(page.url.pathname),
    },
    body: "login=ann&password=x",
  });
  expect(answer.status).toBe(403);
  expect(answer.headers.get("content-type")).toContain("text/html");
});

test("a step belongs to the browser that began it", async () => {
  await using stage = await openOidcStage();
  const page = await stage.browser().open(authorizationRequest().url);
  const other = await stage.browser().open(page.url.href);
  expect(other.status).toBe(400);
  expect(other.text).toContain("Start again in the application.");
});

test("cancelling tells the application so", async () => {
  await using stage = await openOidcStage();
  const browser = stage.browser();
  const page = await browser.open(authorizationRequest().url);
  const left = browser.leftTo(await browser.send(page, {}, ["cancel", "yes"]));
  expect(left.searchParams.get("error")).toBe("access_denied");
});

test("the code of a second factor is asked in a second step, without the password in the page", async () => {
  await using stage = await openOidcStage();
  const ann = await stage.register("ann");
  const origin = { ip: "192.0.2.1", userAgent: undefined, correlationId: undefined };
  const owner = { userId: ann.id, clientId: "pipit-web", keep: {} };
  const { secret } = await stage.services.ownAccount.beginSecondFactor(
    owner,
    { password: PASSWORD, code: undefined },
    origin,
  );
  const { clock } = stage.temporary;
  const codeNow = (): string => generateSync({ secret, epoch: Math.floor(clock.nowMs() / 1000) });
  await stage.services.secondFactor.confirm(ann.id, codeNow(), {}, origin);
  const browser = stage.browser();
  let page = await browser.open(authorizationRequest().url);
  page = await browser.send(page, { login: "ann", password: PASSWORD });
  expect(page.status).toBe(200);
  expect(page.text).toContain('autocomplete="one-time-code"');
  expect(page.text).not.toContain(PASSWORD);
  page = await browser.send(page, { otp: "000000" });
  expect(page.status).toBe(401);
  expect(page.text).toContain('autocomplete="one-time-code"');
  clock.advance(30_000);
  const left = browser.leftTo(await browser.send(page, { otp: codeNow() }));
  expect(codeIn(left)).not.toBeNull();
});

test("signing in here signs the browser in on our own page, and the other way round", async () => {
  await using stage = await openOidcStage();
  const ann = await stage.register("ann");
  await ownWebClient(stage);
  const browser = stage.browser();
  await stage.approve(browser, "ann");
  const cookie = browser.cookies.get("session_token") ?? "";
  expect(await stage.webSessions.verify(cookie)).toMatchObject({ userId: ann.id });

  const other = stage.browser();
  const { session } = await stage.services.signIn.byEarlierProof(
    { userId: ann.id, amr: [] },
    stage.webSessions.starts({ scope: ["api:read", "api:write"], grant: "password", proof: "password" }),
    systemOrigin,
  );
  const { url } = authorizationRequest({ ...thirdParty, prompt: "none" });
  const answer = await fetch(new URL(url, stage.origin), {
    redirect: "manual",
    headers: { cookie: `${cookieNameAt(new URL(stage.origin).host, "session_token")}=${session.token}` },
  });
  expect(answer.status).toBe(303);
  expect(codeIn(new URL(answer.headers.get("location") ?? ""))).not.toBeNull();
  expect(other.cookies.size).toBe(0);
});

test("a native client never gets a code without a page in between", async () => {
  await using stage = await openOidcStage();
  await stage.register("ann");
  const browser = stage.browser();
  await stage.approve(browser, "ann");
  const none = browser.leftTo(await browser.open(authorizationRequest({ prompt: "none" }).url));
  expect(none.searchParams.get("error")).toBe("interaction_required");
  const page = await browser.open(authorizationRequest().url);
  expect(page.status).toBe(200);
  expect(page.text).toContain("Continue to Pipit in the terminal?");
  const left = browser.leftTo(await browser.send(page, {}, ["decision", "allow"]));
  expect(codeIn(left)).not.toBeNull();
});

test("prompt=login and max_age ask again although somebody is signed in", async () => {
  await using stage = await openOidcStage();
  await stage.register("ann");
  await ownWebClient(stage);
  const browser = stage.browser();
  await stage.approve(browser, "ann");
  const silently = browser.leftTo(await browser.open(authorizationRequest(thirdParty).url));
  expect(codeIn(silently)).not.toBeNull();
  for (const changes of [{ prompt: "login" }, { max_age: "0" }]) {
    const page = await browser.open(authorizationRequest({ ...thirdParty, ...changes }).url);
    expect(page.text).toContain('name="password"');
    expect(page.text).toContain('value="ann"');
    const left = browser.leftTo(await browser.send(page, { login: "ann", password: PASSWORD }));
    expect(codeIn(left)).not.toBeNull();
  }
});

test("another person may sign in instead, and gets nothing of the first one's", async () => {
  await using stage = await openOidcStage();
  const [ann, bob] = [await stage.register("ann"), await stage.register("bob")];
  const browser = stage.browser();
  await stage.approve(browser, "ann");
  const before = browser.cookies.get("pipit_sso");
  const approval = await stage.approve(browser, "bob", { prompt: "login" });
  expect(await stage.oidc.redeemCode(approval)).toMatchObject({ userId: bob.id });
  expect(browser.cookies.get("pipit_sso")).not.toBe(before);
  expect(await stage.webSessions.verify(browser.cookies.get("session_token") ?? "")).toMatchObject({
    userId: bob.id,
  });
  expect(ann.id).not.toBe(bob.id);
});

test.each(["signing out on our page", "a change of password", "a switched-off account"])(
  "%s ends single sign-on at once, and codes that are on their way",
  async (how) => {
    await using stage = await openOidcStage();
    const ann = await stage.register("ann");
    await ownWebClient(stage);
    const browser = stage.browser();
    const approval = await stage.approve(browser, "ann");
    const { store, clock } = stage.temporary;
    if (how === "signing out on our page") {
      await stage.webSessions.end(browser.cookies.get("session_token") ?? "");
    } else if (how === "a change of password") {
      await store.auth.webSessions.removeOfUser(ann.id);
    } else {
      await store.auth.accounts.update(ann.id, { active: false }, clock.nowMs());
    }
    const left = browser.leftTo(
      await browser.open(authorizationRequest({ ...thirdParty, prompt: "none" }).url),
    );
    expect(left.searchParams.get("error")).toBe("login_required");
    await expect(stage.oidc.redeemCode(approval)).rejects.toMatchObject({ code: "invalid_grant" });
  },
);

test("somebody else's application is allowed by the person, once per session, for what it names", async () => {
  await using stage = await openOidcStage();
  await stage.register("ann");
  await stage.thirdParty();
  const browser = stage.browser();
  let page = await browser.open(authorizationRequest(thirdParty).url);
  page = await browser.send(page, { login: "ann", password: PASSWORD });
  expect(page.text).toContain("Notes &amp; &lt;Co&gt; asks to use your Pipit account.");
  expect(page.text).toContain("See your name and login");
  expect(page.headers.get("content-security-policy")).toContain("form-action 'self' https://notes.example;");
  const denied = browser.leftTo(await browser.send(page, {}, ["decision", "deny"]));
  expect(denied.searchParams.get("error")).toBe("access_denied");

  page = await browser.open(authorizationRequest(thirdParty).url);
  expect(codeIn(browser.leftTo(await browser.send(page, {}, ["decision", "allow"])))).not.toBeNull();
  expect(codeIn(browser.leftTo(await browser.open(authorizationRequest(thirdParty).url)))).not.toBeNull();
  page = await browser.open(authorizationRequest({ ...thirdParty, scope: "openid api:read" }).url);
  expect(page.text).toContain("Read your chats and settings");
  expect(page.text).not.toContain("See your name and login");
  expect(await stage.audited()).toEqual(
    expect.arrayContaining(["consent.refused failure", "consent.given success"]),
  );
});

test("pages speak the language of the application or the browser, and are kept by nobody", async () => {
  await using stage = await openOidcStage();
  const page = await stage.browser().open(authorizationRequest({ ui_locales: "ru en" }).url);
  expect(page.text).toContain('<html lang="ru">');
  expect(page.text).toContain("«Pipit в терминале»");
  expect(page.text).toContain("Логин или почта");
  expect(page.headers.get("cache-control")).toBe("no-store");
  expect(page.headers.get("x-frame-options")).toBe("DENY");
  expect(page.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  const style = /href="(\/oauth\/assets\/[^"]+)"/.exec(page.text)?.[1] ?? "";
  const css = await fetch(new URL(style, stage.origin));
  expect(css.headers.get("content-type")).toContain("text/css");
  expect(css.headers.get("cache-control")).toContain("immutable");
  const error = await stage.browser().open("/oauth/authorize", { "accept-language": "ru" });
  expect(error.status).toBe(400);
  expect(error.text).toContain("Не получилось");
});
