import { expect, test } from "vitest";
import { authorizationRequest, ISSUER, openOidcStage, PASSWORD, REDIRECT } from "./testing/oidc-stage.ts";

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
  const code = left.searchParams.get("code") ?? "";
  const client = await stage.client("pipit-cli");
  const request = { code, client, redirectUri: REDIRECT, codeVerifier: verifier };
  const redeemed = await stage.oidc.redeemCode(request);
  expect(redeemed).toMatchObject({
    userId: ann.id,
    scope: "openid api:read",
    nonce: "nonce-1",
    amr: ["pwd"],
  });
  await expect(stage.oidc.redeemCode(request)).rejects.toMatchObject({
    code: "invalid_grant",
    reason: "code-replayed",
    originHash: redeemed.originHash,
  });
});
