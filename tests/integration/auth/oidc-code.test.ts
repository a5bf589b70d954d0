import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { databases } from "#server/testing/databases.ts";
import {
  authorizationRequest,
  ISSUER,
  openOidcStage,
  PASSWORD,
  REDIRECT,
  THIRD_PARTY_REDIRECT,
} from "#tests/testing/auth/oidc-stage.ts";

const OTHER_VERIFIER = "v".repeat(43);

test("a person signs in on the page, and the application gets a code that is good once", async () => {
  await using stage = await openOidcStage();
  const ann = await stage.register("ann");
  const browser = stage.browser();
  const { url, verifier } = authorizationRequest();
  const page = await browser.open(url);
  expect(page.status).toBe(200);
  expect(page.url.pathname).toMatch(/^\/oauth\/interaction\//);
  expect(page.text).toContain("Pipit in the terminal");
  const left = browser.leftTo(await browser.send(page, { login: "ann", password: PASSWORD }));
  expect(`${left.origin}${left.pathname}`).toBe(REDIRECT);
  expect(left.searchParams.get("state")).toBe("state-1");
  expect(left.searchParams.get("iss")).toBe(ISSUER);
  const request = {
    code: left.searchParams.get("code") ?? "",
    client: await stage.client("pipit-cli"),
    redirectUri: REDIRECT,
    codeVerifier: verifier,
  };
  const redeemed = await stage.oidc.redeemCode(request);
  expect(redeemed).toMatchObject({
    userId: ann.id,
    scope: "openid api:read",
    nonce: "nonce-1",
    amr: ["pwd"],
    originHash: createHash("sha256").update(request.code).digest("base64url"),
  });
  expect(Math.abs(redeemed.authTimeMs - stage.temporary.clock.nowMs())).toBeLessThan(60_000);
  await expect(stage.oidc.redeemCode(request)).rejects.toMatchObject({
    code: "invalid_grant",
    about: { reason: "code-replayed" },
    originHash: redeemed.originHash,
  });
});

test.each(databases)("of eight that redeem one code at once, one gets it, on $name", async (database) => {
  await using stage = await openOidcStage(database);
  await stage.register("ann");
  const approval = await stage.approve(stage.browser(), "ann");
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => stage.oidc.redeemCode(approval)));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "invalid_grant" });
  }
});

test.each([
  ["another client", { client: "pipit-desktop" }, "other-client"],
  ["another redirect address", { redirectUri: "http://127.0.0.1:1/callback" }, "other-redirect-uri"],
  ["no redirect address", { redirectUri: undefined }, "other-redirect-uri"],
  ["another verifier", { codeVerifier: OTHER_VERIFIER }, "wrong-verifier"],
  ["no verifier", { codeVerifier: undefined }, "bad-verifier"],
  ["a verifier that is none", { codeVerifier: "short" }, "bad-verifier"],
  ["another code", { code: "x".repeat(43) }, "unknown-code"],
  ["a code that is too long", { code: "x".repeat(10_000) }, "unknown-code"],
])("%s does not redeem a code, nor uses it up", async (_name, change, reason) => {
  await using stage = await openOidcStage();
  await stage.register("ann");
  const approval = await stage.approve(stage.browser(), "ann");
  const client = await stage.client("client" in change ? change.client : "pipit-cli");
  await expect(stage.oidc.redeemCode({ ...approval, ...change, client })).rejects.toMatchObject({
    code: "invalid_grant",
    about: { reason },
  });
  await expect(stage.oidc.redeemCode(approval)).resolves.toBeDefined();
});

test("a verifier without a challenge is refused, so that nobody can strip the challenge", async () => {
  await using stage = await openOidcStage();
  await stage.register("ann");
  const { client } = await stage.thirdParty({ firstParty: true });
  const approval = await stage.approve(stage.browser(), "ann", {
    client_id: client.clientId,
    redirect_uri: THIRD_PARTY_REDIRECT,
    code_challenge: undefined,
    code_challenge_method: undefined,
  });
  await expect(stage.oidc.redeemCode(approval)).rejects.toMatchObject({
    about: { reason: "verifier-without-challenge" },
  });
  const plain = { ...approval, codeVerifier: undefined };
  await expect(stage.oidc.redeemCode(plain)).resolves.toMatchObject({ scope: "openid api:read" });
});

test.each([
  ["its account is switched off", "account-inactive", { active: false }],
  ["the password is another one", "credentials-changed", {}],
])("a code is worth nothing once %s", async (_what, detail, change) => {
  await using stage = await openOidcStage();
  const ann = await stage.register("ann");
  const approval = await stage.approve(stage.browser(), "ann");
  const again = await stage.approve(stage.browser(), "ann");
  const { accounts } = stage.temporary.store.auth;
  await stage.enter(await stage.oidc.redeemCode(approval));
  await accounts.update(ann.id, change, 1);
  // Long ago, by the clock of the server that changed it.
  await accounts.setPassword(ann.id, "another", 1);
  await expect(stage.enter(await stage.oidc.redeemCode(again))).rejects.toMatchObject({
    code: "CREDENTIALS_INVALID",
    detail,
  });
});

test("what is not asked for in the right way goes back to the application as an error", async () => {
  await using stage = await openOidcStage();
  const errorOf = async (changes: Readonly<Record<string, string | undefined>>): Promise<string | null> => {
    const browser = stage.browser();
    const left = browser.leftTo(await browser.open(authorizationRequest(changes).url));
    // Of another response type, errors are in the fragment (OAuth 2.0 Multiple Response Types §5).
    const answer = left.hash === "" ? left.searchParams : new URLSearchParams(left.hash.slice(1));
    expect(answer.get("state")).toBe("state-1");
    expect(answer.get("iss")).toBe(ISSUER);
    return answer.get("error");
  };
  expect(await errorOf({ code_challenge: undefined, code_challenge_method: undefined })).toBe(
    "invalid_request",
  );
  expect(await errorOf({ code_challenge_method: "plain" })).toBe("invalid_request");
  expect(await errorOf({ response_type: "token" })).toBe("unsupported_response_type");
  expect(await errorOf({ response_mode: "form_post" })).toBe("unsupported_response_mode");
  expect(await errorOf({ scope: "openid api:admin" })).toBe("invalid_scope");
  expect(await errorOf({ prompt: "none" })).toBe("login_required");
  expect(await errorOf({ request: "x.y.z" })).toBe("request_not_supported");
});

test.each([
  ["an unknown client", { client_id: "nobody" }, "not known to this server"],
  ["another path", { redirect_uri: "http://127.0.0.1:54321/other" }, "did not register"],
  ["localhost", { redirect_uri: "http://localhost:54321/callback" }, "did not register"],
  ["another host", { redirect_uri: "http://192.0.2.1:54321/callback" }, "did not register"],
  ["another scheme", { redirect_uri: "https://127.0.0.1:54321/callback" }, "did not register"],
  ["a query", { redirect_uri: `${REDIRECT}?a=b` }, "did not register"],
  ["somebody else's name", { redirect_uri: "http://127.0.0.1:1@evil.example/callback" }, "did not register"],
])("a request with %s ends on a page, and leads nowhere", async (_name, changes, text) => {
  await using stage = await openOidcStage();
  const page = await stage.browser().open(authorizationRequest(changes).url);
  expect(page.status).toBe(400);
  expect(page.headers.get("location")).toBeNull();
  expect(page.text).toContain(text);
});

test.each(["http://127.0.0.1:1/callback", "http://127.0.0.1/callback", "http://[::1]:65535/callback"])(
  "a native client may return to %s",
  async (redirectUri) => {
    await using stage = await openOidcStage();
    const page = await stage.browser().open(authorizationRequest({ redirect_uri: redirectUri }).url);
    expect(page.status).toBe(200);
    expect(page.text).toContain('name="password"');
  },
);

test("a request by POST is asked again by GET", async () => {
  await using stage = await openOidcStage();
  const { url } = authorizationRequest();
  const answer = await fetch(new URL("/oauth/authorize", stage.origin), {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: url.split("?")[1] ?? "",
  });
  expect(answer.status).toBe(303);
  expect(answer.headers.get("location")).toBe(url);
});

test("nothing that the library keeps can be read from the database", async () => {
  await using stage = await openOidcStage();
  await stage.register("ann");
  const browser = stage.browser();
  const approval = await stage.approve(browser, "ann");
  const { location } = stage.temporary;
  const file = "file" in location ? location.file : "";
  const bytes = ["", "-wal"].map((suffix) => readFileSync(`${file}${suffix}`).toString("latin1"));
  const secrets = [approval.code, approval.codeVerifier, PASSWORD, "nonce-1", ...browser.cookies.values()];
  expect(secrets.length).toBeGreaterThan(5);
  for (const secret of secrets) expect(bytes.join("").includes(secret), secret).toBe(false);
});
