import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databasesBySize } from "#server/testing/databases.ts";
import {
  bearer,
  openAuthStage,
  PASSWORD,
  type Answer,
  type AuthStage,
  type ConfidentialClient,
} from "#tests/testing/auth/auth-stage.ts";
import { createFormBrowser } from "#tests/testing/auth/form-browser.ts";
import { authorizationRequest } from "#tests/testing/auth/oidc-stage.ts";
import { approve, outcomeOf, redeem } from "#tests/testing/auth/statements-flows.ts";

const INVALID_GRANT = [400, "invalid_grant"];
const WEB_REDIRECT = "https://app.example/callback";
const SCHEME_REDIRECT = "com.example.app:/callback";
const ISSUER = "http://127.0.0.1:8787";
const noChallenge = { code_challenge: undefined, code_challenge_method: undefined };

describe.each(databasesBySize)("the code grant on $name", ({ name }) => {
  let stage: AuthStage;
  let web: ConfidentialClient;
  beforeAll(async () => {
    stage = await openAuthStage(name);
    await stage.addAccount({ id: "ann" });
    await stage.addClient({
      clientId: "app",
      firstParty: true,
      redirectUris: ["http://127.0.0.1/callback", "http://[::1]/callback", SCHEME_REDIRECT],
    });
    web = await stage.addConfidential({
      clientId: "web-app",
      firstParty: true,
      redirectUris: [WEB_REDIRECT],
      grantTypes: ["authorization_code", "refresh_token"],
      scope: "openid api:read",
    });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const refresh = (answer: Answer): Promise<Answer> => stage.refresh(String(answer.body["refresh_token"]));
  const ask = (answer: Answer): Promise<Answer> =>
    stage.get("/oauth/sessions", bearer(String(answer.body["access_token"])));

  test.each([
    ["another path", { redirect_uri: "http://127.0.0.1:5000/other" }],
    ["a longer path", { redirect_uri: "http://127.0.0.1:5000/callback/" }],
    ["a query", { redirect_uri: "http://127.0.0.1:5000/callback?a=b" }],
    ["another host", { redirect_uri: "http://192.0.2.1:5000/callback" }],
    ["another scheme", { redirect_uri: "https://127.0.0.1:5000/callback" }],
    ["a name before the host", { redirect_uri: "http://127.0.0.1@evil.example/callback" }],
    ["a port, of a web client", { client_id: "web-app", redirect_uri: "https://app.example:8443/callback" }],
    ["a subdomain", { client_id: "web-app", redirect_uri: "https://a.app.example/callback" }],
    ["capitals in the path", { client_id: "web-app", redirect_uri: "https://app.example/Callback" }],
  ])("[13] a redirect address must be the registered one; %s leads nowhere", async (_what, changes) => {
    const page = await createFormBrowser(stage.url).open(authorizationRequest(changes).url);
    expect([page.status, page.headers.get("location")]).toEqual([400, null]);
    expect(page.text).toContain("did not register");
  });

  test("[13] the code is bound to the redirect address of its request", async () => {
    const approved = await approve(stage, "ann");
    for (const redirect_uri of ["http://127.0.0.1:1/callback", "http://127.0.0.1/callback", undefined]) {
      expect(outcomeOf(await redeem(stage, approved, { redirect_uri }))).toEqual(INVALID_GRANT);
    }
    expect((await redeem(stage, approved)).status).toBe(200);
  });

  test.each([
    ["no challenge", noChallenge],
    ["a challenge by plain", { code_challenge_method: "plain" }],
    ["a challenge without a method", { code_challenge_method: undefined }],
  ])("[14] a public client must use PKCE by S256; %s is refused", async (_name, changes) => {
    const browser = createFormBrowser(stage.url);
    const left = browser.leftTo(await browser.open(authorizationRequest(changes).url));
    expect(left.searchParams.get("error")).toBe("invalid_request");
    expect(left.searchParams.has("code")).toBe(false);
  });

  test.each([
    ["no verifier", undefined],
    ["another verifier", "v".repeat(43)],
    ["an empty verifier", ""],
    ["a short verifier", "v"],
  ])("[14] a code with a challenge is not given for %s, and stays good", async (_name, code_verifier) => {
    const approved = await approve(stage, "ann");
    expect(outcomeOf(await redeem(stage, approved, { code_verifier }))).toEqual(INVALID_GRANT);
    expect((await redeem(stage, approved)).status).toBe(200);
  });

  test("[14] a verifier for a code without a challenge is a downgrade, and refused", async () => {
    const changes = { client_id: "web-app", redirect_uri: WEB_REDIRECT, scope: "openid", ...noChallenge };
    const approved = await approve(stage, "ann", changes);
    const change = { client_id: undefined };
    expect(outcomeOf(await redeem(stage, approved, change, web.basic))).toEqual(INVALID_GRANT);
    const without = { ...change, code_verifier: undefined };
    expect((await redeem(stage, approved, without, web.basic)).status).toBe(200);
  });

  test("[15] a code is good once; when it comes again, what it gave is revoked", async () => {
    const approved = await approve(stage, "ann");
    const other = await redeem(stage, await approve(stage, "ann"));
    const given = await redeem(stage, approved);
    expect((await ask(given)).status).toBe(200);
    expect(outcomeOf(await redeem(stage, approved))).toEqual(INVALID_GRANT);
    expect((await ask(given)).status).toBe(401);
    expect(outcomeOf(await refresh(given))).toEqual(INVALID_GRANT);
    expect((await ask(other)).status).toBe(200);
    expect((await refresh(other)).status).toBe(200);
  });

  test("[15] of eight that redeem a code at once one at most gets tokens, and nothing stays alive", async () => {
    const approved = await approve(stage, "ann");
    const answers = await Promise.all(Array.from({ length: 8 }, () => redeem(stage, approved)));
    const given = answers.filter(({ status }) => status === 200);
    expect(given.length).toBeLessThanOrEqual(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expect(outcomeOf(answer)).toEqual(INVALID_GRANT);
    }
    for (const answer of given) expect((await ask(answer)).status).toBe(401);
  });

  test("[15] another client's try neither gets tokens nor costs the code", async () => {
    const approved = await approve(stage, "ann");
    expect(outcomeOf(await redeem(stage, approved, { client_id: "app" }))).toEqual(INVALID_GRANT);
    expect((await redeem(stage, approved)).status).toBe(200);
  });

  test("[17] the answer names its issuer, as tokens and discovery do; so does an error", async () => {
    const metadata = await stage.get("/.well-known/oauth-authorization-server");
    expect(metadata.body).toMatchObject({
      issuer: ISSUER,
      authorization_response_iss_parameter_supported: true,
    });
    const { left } = await approve(stage, "ann");
    expect(left.searchParams.getAll("iss")).toEqual([ISSUER]);
    expect(left.searchParams.get("state")).toBe("state-1");
    const browser = createFormBrowser(stage.url);
    const refused = browser.leftTo(await browser.open(authorizationRequest({ prompt: "none" }).url));
    expect(refused.searchParams.get("error")).toBe("login_required");
    expect(refused.searchParams.getAll("iss")).toEqual([ISSUER]);
  });

  test("[18] after a password every redirect is 303, so that no browser sends it on", async () => {
    const browser = createFormBrowser(stage.url);
    const { url } = authorizationRequest();
    const page = await browser.open(url);
    const cookie = browser.cookieHeader(page.url.pathname);
    const answer = await fetch(page.url, {
      method: "POST",
      redirect: "manual",
      headers: { cookie, origin: stage.url },
      body: new URLSearchParams({ login: "ann", password: PASSWORD }),
    });
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).not.toContain(PASSWORD);
    // The browser of the tests takes nothing else within the server; this is the last one, away from it.
    const left = await browser.send(page, { login: "ann", password: PASSWORD });
    expect(left.status).toBe(303);
    expect(browser.leftTo(left).href).not.toContain(encodeURIComponent(PASSWORD));
  });

  test.each([
    "http://127.0.0.1:1/callback",
    "http://127.0.0.1:65535/callback",
    "http://[::1]:7001/callback",
    SCHEME_REDIRECT,
  ])("[34] a native client gets its code at %s", async (redirect_uri) => {
    const approved = await approve(stage, "ann", { client_id: "app", redirect_uri });
    expect(approved.left.href.startsWith(redirect_uri)).toBe(true);
    expect((await redeem(stage, approved)).status).toBe(200);
  });

  test.each(["http://localhost:7000/callback", "com.example.other:/callback", "http://127.0.0.2:1/callback"])(
    "[34] a native client is not answered at %s",
    async (redirect_uri) => {
      const page = await createFormBrowser(stage.url).open(
        authorizationRequest({ client_id: "app", redirect_uri }).url,
      );
      expect([page.status, page.headers.get("location")]).toEqual([400, null]);
    },
  );

  test("[34] nobody registers localhost, nor a native client that keeps a secret", async () => {
    const localhost = { clientId: "app-2", redirectUris: ["http://localhost/callback"] };
    await expect(stage.addClient(localhost)).rejects.toMatchObject({ field: "redirect_uris" });
    const secret = { clientId: "app-3", applicationType: "native" } as const;
    await expect(stage.addConfidential(secret)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });
});
