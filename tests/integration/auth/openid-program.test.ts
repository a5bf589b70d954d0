import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFormBrowser } from "#tests/testing/auth/form-browser.ts";
import { startProgram, type ServedProgram } from "#tests/testing/auth/served-program.ts";

const PASSWORD = "Correct-horse-1";
/** Where a program on the person's machine would listen: a port of the system's choice. */
const CALLBACK = "http://127.0.0.1:49876/callback";
const SCOPE = "openid profile api:read";

describe("other people's clients and pipit serve on PostgreSQL", () => {
  let program: ServedProgram;
  let secret: string;
  beforeAll(async () => {
    program = await startProgram("PostgreSQL");
    const add = [
      "admin",
      "clients",
      "add",
      "worker",
      "--name",
      "A worker",
      "--confidential",
      "--scope",
      "api:read token:introspect",
    ];
    const added = await program.run(add);
    expect([added.code, added.stderr]).toEqual([0, expect.stringContaining("Made worker")]);
    secret = added.stdout.trim();
    const person = ["admin", "users", "add", "ann", "--password-stdin"];
    expect(await program.run(person, `${PASSWORD}\n`)).toMatchObject({ code: 0 });
  });
  afterAll(() => program[Symbol.asyncDispose]());

  /** A person signs in on the page of the server; resolves to the address that the browser ends at. */
  const signIn = async (address: URL): Promise<URL> => {
    const browser = createFormBrowser(program.url);
    const page = await browser.open(address.href);
    return browser.leftTo(await browser.send(page, { login: "ann", password: PASSWORD }));
  };
  const connectDevice = async (address: string, userCode: string): Promise<void> => {
    const browser = createFormBrowser(program.url);
    const confirm = await browser.send(await browser.open(address), { user_code: userCode });
    const page = await browser.send(confirm, {}, ["confirm", "yes"]);
    const done = await browser.send(page, { login: "ann", password: PASSWORD });
    expect(done.text).toContain("The device is signed in.");
  };

  test("openid-client: discovery, code with PKCE, refresh, client credentials, device, introspection, revocation", async () => {
    const options = { execute: [openid.allowInsecureRequests] };
    const url = new URL(program.url);
    const app = await openid.discovery(url, "pipit-cli", undefined, openid.None(), options);
    const worker = await openid.discovery(
      url,
      "worker",
      undefined,
      openid.ClientSecretBasic(secret),
      options,
    );
    openid.enableNonRepudiationChecks(app);
    expect(app.serverMetadata().issuer).toBe(program.url);

    const checks = {
      pkceCodeVerifier: openid.randomPKCECodeVerifier(),
      expectedState: openid.randomState(),
      expectedNonce: openid.randomNonce(),
    };
    const address = openid.buildAuthorizationUrl(app, {
      redirect_uri: CALLBACK,
      scope: SCOPE,
      code_challenge: await openid.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: "S256",
      state: checks.expectedState,
      nonce: checks.expectedNonce,
    });
    const first = await openid.authorizationCodeGrant(app, await signIn(address), checks);
    const subject = first.claims()?.sub ?? "";
    expect(await openid.fetchUserInfo(app, first.access_token, subject)).toMatchObject({ sub: subject });

    const second = await openid.refreshTokenGrant(app, first.refresh_token ?? "");
    expect(second.refresh_token).not.toBe(first.refresh_token);

    const own = await openid.clientCredentialsGrant(worker, { scope: "api:read" });
    expect(own).toMatchObject({ scope: "api:read", token_type: "bearer" });
    expect(own.refresh_token).toBeUndefined();

    const begun = await openid.initiateDeviceAuthorization(app, { scope: SCOPE });
    await connectDevice(begun.verification_uri, begun.user_code);
    // The library waits as long as it was told to; the device may as well be impatient once.
    const device = await openid.pollDeviceAuthorizationGrant(app, { ...begun, interval: 0.01 });
    expect(device.scope).toBe(SCOPE);

    for (const tokens of [second, device]) {
      const asked = await openid.tokenIntrospection(worker, tokens.access_token);
      expect(asked).toMatchObject({ active: true, sub: subject, client_id: "pipit-cli", scope: SCOPE });
      await openid.tokenRevocation(app, tokens.refresh_token ?? "");
      await expect(openid.refreshTokenGrant(app, tokens.refresh_token ?? "")).rejects.toMatchObject({
        error: "invalid_grant",
      });
      expect(await openid.tokenIntrospection(worker, tokens.access_token)).toEqual({ active: false });
    }
  });

  test("oauth4webapi: discovery, code with PKCE, refresh, client credentials, device, introspection, revocation", async () => {
    const insecure = { [oauth.allowInsecureRequests]: true } as const;
    const issuer = new URL(program.url);
    const as = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { ...insecure, algorithm: "oauth2" }),
    );
    const app: oauth.Client = { client_id: "pipit-desktop" };
    const worker: oauth.Client = { client_id: "worker" };
    const proof = oauth.ClientSecretPost(secret);

    const [verifier, state, nonce] = [
      oauth.generateRandomCodeVerifier(),
      oauth.generateRandomState(),
      oauth.generateRandomNonce(),
    ];
    const address = new URL(as.authorization_endpoint ?? "");
    address.search = new URLSearchParams({
      client_id: app.client_id,
      response_type: "code",
      redirect_uri: CALLBACK,
      scope: SCOPE,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
    }).toString();
    const parameters = oauth.validateAuthResponse(as, app, await signIn(address), state);
    const first = await oauth.processAuthorizationCodeResponse(
      as,
      app,
      await oauth.authorizationCodeGrantRequest(
        as,
        app,
        oauth.None(),
        parameters,
        CALLBACK,
        verifier,
        insecure,
      ),
      { expectedNonce: nonce, requireIdToken: true },
    );

    const refresh = async (token: string | undefined) =>
      oauth.processRefreshTokenResponse(
        as,
        app,
        await oauth.refreshTokenGrantRequest(as, app, oauth.None(), token ?? "", insecure),
      );
    const second = await refresh(first.refresh_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);

    const asked = { scope: "api:read" };
    const own = await oauth.processClientCredentialsResponse(
      as,
      worker,
      await oauth.clientCredentialsGrantRequest(as, worker, proof, asked, insecure),
    );
    expect(own).toMatchObject({ scope: "api:read", token_type: "bearer" });

    const begun = await oauth.processDeviceAuthorizationResponse(
      as,
      app,
      await oauth.deviceAuthorizationRequest(as, app, oauth.None(), { scope: SCOPE }, insecure),
    );
    await connectDevice(begun.verification_uri_complete ?? "", begun.user_code);
    const device = await oauth.processDeviceCodeResponse(
      as,
      app,
      await oauth.deviceCodeGrantRequest(as, app, oauth.None(), begun.device_code, insecure),
    );

    const introspect = async (token: string) =>
      oauth.processIntrospectionResponse(
        as,
        worker,
        await oauth.introspectionRequest(as, worker, proof, token, insecure),
      );
    for (const tokens of [second, device]) {
      expect(await introspect(tokens.access_token)).toMatchObject({ active: true, client_id: app.client_id });
      const revoked = await oauth.revocationRequest(
        as,
        app,
        oauth.None(),
        tokens.refresh_token ?? "",
        insecure,
      );
      await oauth.processRevocationResponse(revoked);
      await expect(refresh(tokens.refresh_token)).rejects.toMatchObject({ error: "invalid_grant" });
      expect(await introspect(tokens.access_token)).toEqual({ active: false });
    }
  });
});
