import { readFile, writeFile } from "node:fs/promises";
import { expect, type BrowserContext, type Page } from "@playwright/test";
import { runCommand } from "#tools/test/command.ts";
import { axeViolations } from "../fixtures/axe.ts";
import { test } from "../fixtures/web-test.ts";
import { ChatWindow } from "../pages/chat-window.ts";
import { fits, texts } from "../pages/texts.ts";

const FIRST_PASSWORD = "Correct-horse-1";
const SECOND_PASSWORD = "Battery-staple-2";
const words = texts.en.profile;

async function run(program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(program, args, {}, AbortSignal.timeout(60_000));
  expect([program, code, stderr]).toEqual([program, 0, expect.any(String)]);
  return stdout.trim();
}

/** What an authenticator app reads off the screen. */
async function secretOfQr(page: Page, file: string): Promise<string> {
  const picture = page.getByRole("img", { name: words.factor.qr });
  // An image without an address is complete as well.
  await expect(picture).toHaveAttribute("src", /^blob:/u);
  await expect(picture).toHaveJSProperty("complete", true);
  await writeFile(file, await picture.screenshot());
  const address = await run("zbarimg", ["--quiet", "--raw", file]);
  return new URL(address).searchParams.get("secret") ?? "";
}

test("U2: a new account, its profile, a second factor, every way in by the form, another password, and the way out of all of it", async ({
  browser,
  page,
  server,
}, testInfo) => {
  test.slow();
  const { auth } = texts.en;
  const chat = new ChatWindow(page);
  const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
  const field = (name: string) => page.getByLabel(name, { exact: true });
  const signOut = async () => {
    await page.getByRole("button", { name: fits(words.menu) }).click();
    await press(auth.signOut);
    await chat.signInToSendButton.or(field(auth.login)).first().waitFor();
  };
  const enterPassword = async (password: string) => {
    await page.goto(`${server.url}/login`);
    await field(auth.login).fill("ann");
    await field(auth.password).fill(password);
    await press(auth.signIn);
  };
  const enterRecoveryCode = async (code: string) => {
    await press(auth.code.app.other);
    await field(auth.code.recovery.label).fill(code);
    await page.keyboard.press("Enter");
    await chat.composer.waitFor();
  };
  // Other browsers of hers.
  await using opened = new AsyncDisposableStack();
  const openBrowser = async () => opened.adopt(await browser.newContext(), (context) => context.close());
  const [other, third] = [await openBrowser(), await openBrowser()];
  const signIn = async ({ request }: BrowserContext, otp?: string) => {
    const data = { login: "ann", password: FIRST_PASSWORD, otp };
    const answer = await request.post(`${server.url}/auth/login`, { data, headers: { origin: server.url } });
    expect(answer.status()).toBe(200);
  };
  const statusOf = async ({ request }: BrowserContext) =>
    (await request.get(`${server.url}/auth/me`)).status();

  await page.goto(`${server.url}/register`);
  await field(auth.login).fill("ann");
  await field(auth.register.displayName).fill("Ann");
  await field(auth.password).fill(FIRST_PASSWORD);
  await page.keyboard.press("Enter");
  await chat.reachComposer();
  await signIn(other);
  await press(auth.protect.action);
  await expect(page).toHaveURL(`${server.url}/profile`);
  await expect(page.getByRole("region", { name: auth.protect.title })).toHaveCount(0);
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
  await expect.poll(() => statusOf(other)).toBe(401);
  await signIn(other);
  await signIn(third);
  await page.reload();
  await press(words.places.others);
  await expect(page.getByText(words.places.here, { exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: words.places.end })).toHaveCount(0);
  await expect.poll(async () => [await statusOf(other), await statusOf(third)]).toEqual([401, 401]);

  // And another browser ends this one's: it goes to sign in by itself, says why, and comes back.
  await signIn(third);
  const listed = await third.request.get(`${server.url}/auth/browsers`);
  const { sessions } = (await listed.json()) as { sessions: { session_id: string; current: boolean }[] };
  const here = sessions.find(({ current }) => !current)?.session_id ?? "";
  const headers = { origin: server.url };
  expect((await third.request.delete(`${server.url}/auth/browsers/${here}`, { headers })).status()).toBe(200);
  await expect(page).toHaveURL(`${server.url}/login?from=/profile`);
  await expect(page.getByText(auth.reason.refused)).toBeVisible();
  await field(auth.login).fill("ann");
  await field(auth.password).fill(FIRST_PASSWORD);
  await press(auth.signIn);
  await expect(page).toHaveURL(`${server.url}/profile`);

  await press(words.factor.setUp);
  await field(words.proof.password).fill(FIRST_PASSWORD);
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
  const [spare = "", ...spares] = await codes.allTextContents();
  await press(words.factor.kept);
  await expect(page.getByText(words.factor.on, { exact: true })).toBeVisible();
  expect((await axeViolations(page)).map(({ id, html }) => `${id}: ${html}`)).toEqual([]);

  await signOut();
  await enterPassword(FIRST_PASSWORD);
  // Of the next half-minute, which is taken early; pasted, it goes by itself.
  await field(auth.code.app.label).fill(
    await run("oathtool", ["--totp", "--base32", "--now", "now + 30 seconds", secret]),
  );
  await chat.composer.waitFor();
  await signOut();
  await enterPassword(FIRST_PASSWORD);
  await enterRecoveryCode(spare);
  await signIn(other, spares.pop());

  await page.goto(`${server.url}/profile`);
  await press(words.change);
  await field(words.password.old).fill("wrong");
  // As at the registration: the rules stand below, and what is typed can be read.
  await field(words.password.new).fill("short");
  await expect(page.getByRole("list", { name: auth.register.rules.label })).toBeVisible();
  await press(words.password.submit);
  await expect(field(words.password.new)).toHaveAccessibleDescription(auth.register.passwordBroken);
  await page.getByRole("button", { name: texts.en.shell.showPassword }).last().click();
  await expect(field(words.password.new)).toHaveAttribute("type", "text");
  await field(words.password.new).fill(SECOND_PASSWORD);
  await press(words.password.submit);
  await expect(field(words.password.old)).toHaveAccessibleDescription(words.wrong.ownPassword);
  await field(words.password.old).fill(FIRST_PASSWORD);
  await press(words.password.submit);
  await expect(page.getByText(words.password.done)).toBeVisible();
  expect(await statusOf(other)).toBe(401);
  await signOut();
  await enterPassword(FIRST_PASSWORD);
  await expect(field(auth.password)).toHaveAccessibleDescription(auth.wrongPassword);
  await enterPassword(SECOND_PASSWORD);
  await enterRecoveryCode(spares.pop() ?? "");
  await page.goto(`${server.url}/profile`);

  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: words.data.download, exact: true }).click();
  const file = testInfo.outputPath("own.json");
  await (await download).saveAs(file);
  expect((await download).suggestedFilename()).toMatch(/^pipit-ann-[\d-]{10}\.json$/u);
  const own = await readFile(file, "utf8");
  expect(JSON.parse(own)).toMatchObject({ account: { login: "ann", display_name: "Ann of the Birds" } });
  const lastSpare = spares.pop() ?? "";
  for (const hidden of [SECOND_PASSWORD, secret, lastSpare]) expect(own).not.toContain(hidden);

  await press(words.close.action);
  await field(words.proof.password).fill(SECOND_PASSWORD);
  await field(words.proof.code).fill(lastSpare);
  await press(words.close.submit);
  await expect(page).toHaveURL(`${server.url}/login`);
  const closed = { data: { login: "ann", password: SECOND_PASSWORD }, headers: { origin: server.url } };
  expect((await page.request.post(`${server.url}/auth/login`, closed)).status()).toBe(401);
  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  for (const hidden of [SECOND_PASSWORD, secret, spare, lastSpare]) {
    expect(stored).not.toContain(hidden);
    expect(server.output).not.toContain(hidden);
  }
  await field(texts.en.auth.login).waitFor();
});
