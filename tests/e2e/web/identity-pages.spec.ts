import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, type Page } from "@playwright/test";
import { fullSize } from "#tests/testing/test-size.ts";
import { axeViolations } from "../fixtures/axe.ts";
import { sharedServerTest } from "../fixtures/web-test.ts";

const PASSWORD = "Correct-horse-1";

interface Application extends AsyncDisposable {
  readonly callback: string;
}

/** The loopback listener of a native application. */
async function listenForCallback(host: "127.0.0.1" | "::1"): Promise<Application> {
  const server = createServer((_request, response) => response.end("You may close this page."));
  server.listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    callback: `http://${host === "::1" ? "[::1]" : host}:${port}/callback`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function authorizationUrl(server: { readonly url: string }, callback: string, prompt?: string): string {
  const query = new URLSearchParams({
    client_id: "pipit-cli",
    response_type: "code",
    redirect_uri: callback,
    scope: "openid profile api:read",
    state: "s1",
    code_challenge: createHash("sha256").update(randomBytes(32)).digest("base64url"),
    code_challenge_method: "S256",
    ...(prompt === undefined ? {} : { prompt }),
  });
  return `${server.url}/oauth/authorize?${query.toString()}`;
}

async function register(server: { readonly url: string }, login: string): Promise<void> {
  const answer = await fetch(`${server.url}/auth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ login, password: PASSWORD, display_name: "Ann" }),
  });
  expect(answer.status).toBeLessThan(300);
}

async function beginDevice(server: {
  readonly url: string;
}): Promise<{ readonly verification_uri_complete: string }> {
  const answer = await fetch(`${server.url}/oauth/device_authorization`, {
    method: "POST",
    body: new URLSearchParams({ client_id: "pipit-cli" }),
  });
  return (await answer.json()) as { verification_uri_complete: string };
}

/** Fills the form by the roles and names that a screen reader reads. */
async function signIn(page: Page, login: string): Promise<void> {
  await page.getByLabel(/Login or e-mail|Логин или почта/).fill(login);
  await page.getByLabel(/^(Password|Пароль)$/).fill(PASSWORD);
  await page.getByRole("button", { name: /^(Sign in|Войти)$/ }).click();
}

for (const host of ["127.0.0.1", "::1"] as const) {
  sharedServerTest(
    `a person signs in without scripts, and the browser may go on to an application on ${host}`,
    async ({ browser, server, standing }) => {
      await using application = await listenForCallback(host);
      const login = standing.newLogin();
      await register(server, login);
      const context = await browser.newContext({ javaScriptEnabled: false });
      const page = await context.newPage();
      await page.goto(authorizationUrl(server, application.callback));
      await expect(page.getByLabel("Login or e-mail")).toBeFocused();
      await signIn(page, login);
      await expect(page.getByText("You may close this page.")).toBeVisible();
      expect(page.url()).toContain(`${application.callback}?code=`);
      await page.goto(authorizationUrl(server, application.callback));
      await page.getByRole("button", { name: "Continue" }).click();
      await expect(page.getByText("You may close this page.")).toBeVisible();
      await context.close();
    },
  );
}

/** Both in the nightly run. */
const faces = [["ru", "dark"], ...(fullSize ? ([["en", "light"]] as const) : [])] as const;

for (const [language, colorScheme] of faces) {
  sharedServerTest(
    `every page is free of axe violations and keeps its own policy: ${language}, ${colorScheme}`,
    async ({ browser, server, standing }) => {
      sharedServerTest.slow();
      await using application = await listenForCallback("127.0.0.1");
      const login = standing.newLogin();
      await register(server, login);
      const locale = language === "ru" ? "ru-RU" : "en-US";
      const context = await browser.newContext({ colorScheme, locale });
      const blocked: string[] = [];
      context.on("console", (message) => {
        if (message.type() === "error" && message.text().includes("Content Security Policy")) {
          blocked.push(message.text());
        }
      });
      const page = await context.newPage();
      const check = async (name: string): Promise<void> => {
        await expect(page.locator("html")).toHaveAttribute("lang", language);
        const found = (await axeViolations(page)).map(({ id, html }) => `${id}: ${html}`);
        expect(found, name).toEqual([]);
      };
      await page.goto(authorizationUrl(server, application.callback));
      await check("sign-in");
      await page.locator("#login").fill(login);
      await page.locator("#password").fill("wrong");
      await page.keyboard.press("Enter");
      await expect(page.getByRole("alert")).toBeVisible();
      await check("wrong-password");
      await signIn(page, login);
      await expect(page.getByText("You may close this page.")).toBeVisible();
      await page.goto(authorizationUrl(server, application.callback, "consent"));
      await check("continue");

      const device = await beginDevice(server);
      await page.goto(device.verification_uri_complete);
      await check("device");
      await page.getByRole("button").first().click();
      await expect(page.locator(".code")).toBeVisible();
      await check("device-confirm");
      await page.getByRole("button").first().click();
      await expect(page.getByRole("button")).toHaveCount(0);
      await check("device-done");

      await page.goto(`${server.url}/oauth/logout`);
      await check("logout");
      await page.getByRole("button").first().click();
      await expect(page.getByRole("button")).toHaveCount(0);
      await check("logged-out");
      await page.goto(`${server.url}/oauth/authorize?client_id=nobody`);
      await check("error");
      expect(blocked).toEqual([]);
      await context.close();
    },
  );
}
