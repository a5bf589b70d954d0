import { readFile, writeFile } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import { runCommand } from "#tools/test/command.ts";
import { axeViolations } from "../fixtures/axe.ts";
import { test } from "../fixtures/web-test.ts";
import { fits, texts } from "../pages/texts.ts";

const FIRST_PASSWORD = "Correct-horse-1";
const SECOND_PASSWORD = "Battery-staple-2";
const words = texts.en.profile;

async function run(program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(program, args, {}, AbortSignal.timeout(20_000));
  expect([program, code, stderr]).toEqual([program, 0, expect.any(String)]);
  return stdout.trim();
}

/** What an authenticator app reads off the screen. */
async function secretOfQr(page: Page, file: string): Promise<string> {
  const picture = page.getByRole("img", { name: words.factor.qr });
  await expect(picture).toHaveJSProperty("complete", true);
  await writeFile(file, await picture.screenshot());
  const address = await run("zbarimg", ["--quiet", "--raw", file]);
  return new URL(address).searchParams.get("secret") ?? "";
}

test("U2: a new account, its profile, another password, a second factor, and the way out of all of it", async ({
  browser,
  page,
  server,
}, testInfo) => {
  test.slow();
  const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
  const field = (name: string) => page.getByLabel(name, { exact: true });
  const account = { login: "ann", password: FIRST_PASSWORD, display_name: "Ann" };
  const registered = await page.request.post(`${server.url}/auth/register`, {
    data: account,
    headers: { origin: server.url },
  });
  expect(registered.status()).toBe(200);
  // Another browser and a program of hers.
  const other = await browser.newContext();
  const login = { data: { login: "ann", password: FIRST_PASSWORD }, headers: { origin: server.url } };
  expect((await other.request.post(`${server.url}/auth/login`, login)).status()).toBe(200);

  await page.goto(`${server.url}/profile`);
  await field(words.you.name).fill("Ann of the Birds");
  await field(words.you.email).fill("not an address");
  await press(words.save);
  await expect(field(words.you.email)).toBeFocused();
  await expect(field(words.you.email)).toHaveAccessibleDescription(words.wrong.email);
  await field(words.you.email).fill("ann@example.org");
  await press(words.save);
  await expect(page.getByText(words.saved, { exact: true })).toBeVisible();
  // The name is everywhere at once.
  await expect(page.getByRole("button", { name: `${words.menu}: Ann of the Birds` })).toBeVisible();

  await page.getByRole("button", { name: fits(words.places.endName) }).click();
  await expect(page.getByText(words.places.here, { exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: words.places.end })).toHaveCount(0);
  expect((await other.request.get(`${server.url}/auth/me`)).status()).toBe(401);
  expect((await other.request.post(`${server.url}/auth/login`, login)).status()).toBe(200);

  await press(words.change);
  await field(words.password.old).fill("wrong");
  await field(words.password.new).fill(SECOND_PASSWORD);
  await press(words.password.submit);
  await expect(field(words.password.old)).toHaveAccessibleDescription(words.wrong.ownPassword);
  await field(words.password.old).fill(FIRST_PASSWORD);
  await press(words.password.submit);
  await expect(page.getByText(words.password.done)).toBeVisible();
  expect((await other.request.get(`${server.url}/auth/me`)).status()).toBe(401);
  await other.close();

  await press(words.factor.setUp);
  await field(words.proof.password).fill(SECOND_PASSWORD);
  await press(words.factor.begin);
  const secret = await secretOfQr(page, testInfo.outputPath("qr.png"));
  await expect(page.getByText(secret, { exact: true })).toBeVisible();
  await expect(field(words.factor.firstCode)).toBeFocused();
  await field(words.factor.firstCode).fill("12345");
  await press(words.factor.confirm);
  await expect(field(words.factor.firstCode)).toHaveAttribute("aria-invalid", "true");
  await field(words.factor.firstCode).fill(await run("oathtool", ["--totp", "--base32", secret]));
  await press(words.factor.confirm);
  const codes = page.getByRole("listitem").filter({ hasText: /^[\w-]{8,}$/u });
  await expect(codes).toHaveCount(10);
  const recoveryCode = (await codes.first().textContent()) ?? "";
  await press(words.factor.kept);
  await expect(page.getByText(words.factor.on, { exact: true })).toBeVisible();
  expect((await axeViolations(page)).map(({ id, html }) => `${id}: ${html}`)).toEqual([]);

  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: words.data.download, exact: true }).click();
  const file = testInfo.outputPath("own.json");
  await (await download).saveAs(file);
  expect((await download).suggestedFilename()).toMatch(/^pipit-ann-[\d-]{10}\.json$/u);
  const own = await readFile(file, "utf8");
  expect(JSON.parse(own)).toMatchObject({ account: { login: "ann", display_name: "Ann of the Birds" } });
  for (const hidden of [SECOND_PASSWORD, secret, recoveryCode]) expect(own).not.toContain(hidden);

  await page.reload();
  await press(words.close.action);
  await field(words.proof.password).fill(SECOND_PASSWORD);
  await field(words.proof.code).fill(recoveryCode);
  await press(words.close.submit);
  await expect(page).toHaveURL(`${server.url}/login`);
  const closed = { ...login, data: { login: "ann", password: SECOND_PASSWORD } };
  expect((await page.request.post(`${server.url}/auth/login`, closed)).status()).toBe(401);
  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  for (const hidden of [SECOND_PASSWORD, secret, recoveryCode]) {
    expect(stored).not.toContain(hidden);
    expect(server.output).not.toContain(hidden);
  }
  await field(texts.en.auth.login).waitFor();
});
