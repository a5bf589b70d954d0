import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import { expect, test } from "vitest";
import { startTestServer, type TestServer } from "../start-test-server.ts";
import { createFormBrowser } from "#tests/testing/auth/form-browser.ts";

const PASSWORD = "Correct-horse-1";
const CALLBACK = "http://127.0.0.1:54321/callback";
const SCOPE = "openid profile api:read";

interface Stage extends AsyncDisposable {
  readonly server: TestServer;
  readonly config: openid.Configuration;
}

/** A server under its own issuer with one person, and what openid-client found out about it. */
async function open(): Promise<Stage> {
  const server = await startTestServer({ ownIssuer: true });
  const registered = await fetch(`${server.httpUrl}/auth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ login: "ann", password: PASSWORD, display_name: "Ann" }),
  });
  expect(registered.status, await registered.text()).toBeLessThan(300);
  const config = await openid.discovery(new URL(server.httpUrl), "pipit-cli", undefined, openid.None(), {
    execute: [openid.allowInsecureRequests],
  });
  openid.enableNonRepudiationChecks(config);
  return { server, config, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

test("openid-client signs a person in, reads who it is, refreshes and signs out", async () => {
  await using stage = await open();
  const { config, server } = stage;
  const browser = createFormBrowser(server.httpUrl);
  const checks = {
    pkceCodeVerifier: openid.randomPKCECodeVerifier(),
    expectedState: openid.randomState(),
    expectedNonce: openid.randomNonce(),
  };
  const address = openid.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: SCOPE,
    code_challenge: await openid.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    max_age: "3600",
  });
  const page = await browser.open(address.href);
  const left = browser.leftTo(await browser.send(page, { login: "ann", password: PASSWORD }));
  const tokens = await openid.authorizationCodeGrant(config, left, { ...checks, maxAge: 3600 });
  expect(tokens.scope).toBe(SCOPE);
  const claims = tokens.claims();
  expect(claims).toMatchObject({ iss: server.httpUrl, aud: "pipit-cli", amr: ["pwd"] });
  const info = await openid.fetchUserInfo(config, tokens.access_token, claims?.sub ?? "");
  expect(info).toMatchObject({ preferred_username: "ann" });
  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? "");
  expect(refreshed.refresh_token).not.toBe(tokens.refresh_token);

  const goodbye = openid.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token ?? "",
    post_logout_redirect_uri: CALLBACK,
    state: "bye",
  });
  const ask = await browser.open(goodbye.href);
  const back = browser.leftTo(await browser.send(ask, {}, ["logout", "yes"]));
  expect(back.href).toBe(`${CALLBACK}?state=bye`);
});

test("a code that comes twice ends what it gave the first time", async () => {
  await using stage = await open();
  const { config, server } = stage;
  const browser = createFormBrowser(server.httpUrl);
  const verifier = openid.randomPKCECodeVerifier();
  const address = openid.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: SCOPE,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  const page = await browser.open(address.href);
  const left = browser.leftTo(await browser.send(page, { login: "ann", password: PASSWORD }));
  const tokens = await openid.authorizationCodeGrant(config, left, { pkceCodeVerifier: verifier });
  await expect(
    openid.authorizationCodeGrant(config, left, { pkceCodeVerifier: verifier }),
  ).rejects.toMatchObject({ error: "invalid_grant" });
  await expect(openid.refreshTokenGrant(config, tokens.refresh_token ?? "")).rejects.toMatchObject({
    error: "invalid_grant",
  });
});

test("oauth4webapi connects a device, and an approved code is good once", async () => {
  await using stage = await open();
  const { server } = stage;
  const insecure = { [oauth.allowInsecureRequests]: true } as const;
  const issuer = new URL(server.httpUrl);
  const as = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { ...insecure, algorithm: "oauth2" }),
  );
  const client: oauth.Client = { client_id: "pipit-desktop" };
  const begun = await oauth.processDeviceAuthorizationResponse(
    as,
    client,
    await oauth.deviceAuthorizationRequest(as, client, oauth.None(), { scope: SCOPE }, insecure),
  );
  const poll = async (): Promise<oauth.TokenEndpointResponse> =>
    oauth.processDeviceCodeResponse(
      as,
      client,
      await oauth.deviceCodeGrantRequest(as, client, oauth.None(), begun.device_code, insecure),
    );
  await expect(poll()).rejects.toMatchObject({ error: "authorization_pending" });
  const browser = createFormBrowser(server.httpUrl);
  const form = await browser.open(begun.verification_uri_complete ?? "");
  const confirm = await browser.send(form, { user_code: begun.user_code });
  const signIn = await browser.send(confirm, {}, ["confirm", "yes"]);
  await browser.send(signIn, { login: "ann", password: PASSWORD });
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, poll));
  const tokens = outcomes.filter((outcome) => outcome.status === "fulfilled");
  expect(tokens.map(({ value }) => value)).toMatchObject([{ scope: SCOPE, token_type: "bearer" }]);
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ error: "invalid_grant" });
  }
});
