import { cookieNameAt } from "#server/http/kit/cookies.ts";
import { expect, test } from "vitest";
import { authorizationRequest, openOidcStage, THIRD_PARTY_REDIRECT } from "#tests/testing/auth/oidc-stage.ts";

const silent = {
  client_id: "notes-app",
  redirect_uri: THIRD_PARTY_REDIRECT,
  scope: "openid",
  prompt: "none",
};
const goodbye =
  "/oauth/logout?client_id=notes-app&post_logout_redirect_uri=https://notes.example/bye&state=s1";

test("signing out is asked first, ends everything in this browser, and leads back to the application", async () => {
  await using stage = await openOidcStage();
  await stage.register("ann");
  await stage.thirdParty({ firstParty: true });
  const browser = stage.browser();
  await stage.approve(browser, "ann");
  const token = browser.cookies.get("session_token") ?? "";
  const page = await browser.open(goodbye);
  expect(page.text).toContain("Notes &amp; &lt;Co&gt; asks to sign you out");
  expect(page.headers.get("content-security-policy")).toContain("form-action 'self' https://notes.example;");
  await expect(stage.webSessions.verify(token)).resolves.toBeDefined();
  const left = browser.leftTo(await browser.send(page, {}, ["logout", "yes"]));
  expect(left.href).toBe("https://notes.example/bye?state=s1");
  expect(browser.cookies.has("session_token")).toBe(false);
  await expect(stage.webSessions.verify(token)).rejects.toMatchObject({ code: "TOKEN_EXPIRED" });
  const after = browser.leftTo(await browser.open(authorizationRequest(silent).url));
  expect(after.searchParams.get("error")).toBe("login_required");
});

test("without an application the end is a page, and one may stay", async () => {
  await using stage = await openOidcStage();
  await stage.register("ann");
  const browser = stage.browser();
  await stage.approve(browser, "ann");
  const page = await browser.open("/oauth/logout");
  await browser.send(page, {});
  expect(browser.cookies.has("session_token")).toBe(true);
  const done = await browser.send(await browser.open("/oauth/logout"), {}, ["logout", "yes"]);
  expect(await stage.audited()).toContain("logout success");
  expect(done.status).toBe(200);
  expect(done.text).toContain("You are signed out of Pipit in this browser.");
  expect(browser.cookies.has("session_token")).toBe(false);
});

test("whoever is not signed in only goes on, by a page without scripts", async () => {
  await using stage = await openOidcStage();
  await stage.thirdParty();
  const browser = stage.browser();
  const page = await browser.open(goodbye);
  expect(page.text).toContain("Nobody is signed in");
  expect(page.text).not.toContain("<script");
  const left = browser.leftTo(await browser.send(page, {}, ["logout", "yes"]));
  expect(left.href).toBe("https://notes.example/bye?state=s1");
});

test("an address that was not registered is not led to", async () => {
  await using stage = await openOidcStage();
  await stage.thirdParty();
  const url = "/oauth/logout?client_id=notes-app&post_logout_redirect_uri=https://evil.example/";
  const page = await stage.browser().open(url, { accept: "text/html" });
  expect(page.status).toBe(400);
  expect(page.headers.get("location")).toBeNull();
  expect(page.text).not.toContain("evil.example");
});

test("a page of another site signs nobody out", async () => {
  await using stage = await openOidcStage();
  await stage.register("ann");
  const browser = stage.browser();
  await stage.approve(browser, "ann");
  const token = browser.cookies.get("session_token") ?? "";
  const answer = await fetch(new URL("/oauth/logout/confirm", stage.origin), {
    method: "POST",
    headers: {
      origin: "https://evil.example",
      cookie: `${cookieNameAt(new URL(stage.origin).host, "session_token")}=${token}`,
    },
    body: new URLSearchParams({ logout: "yes" }),
  });
  expect(answer.status).toBe(403);
  await expect(stage.webSessions.verify(token)).resolves.toBeDefined();
});
