import { randomInt } from "node:crypto";
import { expect } from "@playwright/test";
import { generateSync } from "otplib";
import { DESKTOP_CLIENT_ID } from "#contract/auth-wire.ts";
import { createFormBrowser } from "#tests/testing/auth/form-browser.ts";
import { runCommand } from "#tools/test/command.ts";
import { startPipitServer } from "../fixtures/pipit-server.ts";
import { test } from "../fixtures/desktop-test.ts";

/** For what waits for a server: the engine's retries and a server's start. */
const recovery = { timeout: 40_000 };

const account = { login: "ann", password: "Correct-horse-1", display_name: "Ann Other" };

test("U1: a new account at a server of others, and every way in to it: password and code, recovery code, browser, and another device after one has ended the sign-in; while it is down a question waits, and is answered when it is back", async ({
  desktop,
  model,
}, testInfo) => {
  test.slow();
  // Settings name a server by its web address; its gRPC port, which is not the usual one, it tells itself.
  const host = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(2, 255)}`;
  await using server = await startPipitServer(
    { PIPIT_MODEL_URL: model.url, PIPIT_TITLES: "0", PIPIT_MEMORIES: "0", PIPIT_MODEL: "double" },
    // Both are part of its tokens' issuer, which is the same after a restart.
    { http: `${host}:50050`, grpc: `${host}:50052` },
  );
  const { chat } = desktop;
  const { auth } = chat.texts;
  const dialog = chat.accountDialog;
  const field = (label: string) => dialog.getByLabel(label, { exact: true });
  const press = (name: string) => dialog.getByRole("button", { name, exact: true }).click();
  await chat.signOut();

  await chat.account.click();
  await dialog.getByText(auth.remote.label).click();
  await field(auth.server.label).fill(new URL(server.url).host);
  await press(auth.register.action);
  await field(auth.login).fill(account.login);
  await field(auth.register.displayName).fill(account.display_name);
  await field(auth.password).fill(account.password);
  await press(auth.register.action);
  await expect(dialog).toBeHidden();
  await expect(chat.account).toContainText(account.display_name);
  // Which signs all other devices out.
  const { secret, recoveryCodes, otherDevice } = await protect(server.url);
  const why = desktop.window.getByRole("status").filter({ hasText: auth.reason.refused });
  const signInAgain = why.getByRole("button", { name: auth.signIn, exact: true });

  await signInAgain.click();
  await field(auth.login).fill(account.login);
  await field(auth.password).fill("Wrong-horse-1");
  await press(auth.signIn);
  await expect(field(auth.password)).toHaveAccessibleDescription(auth.wrongPassword);
  await field(auth.password).fill(account.password);
  await press(auth.signIn);
  await field(auth.code.app.label).fill(codeOfNextStep(secret));
  await expect(dialog).toBeHidden();
  await expect(chat.account).toContainText(account.display_name);
  await expect.poll(async () => (await desktop.settings())["serverUrl"]).toBe(server.url);
  await chat.ask("where am I?");
  await expect(chat.answer("Hello from Pipit.")).toBeVisible();

  await chat.signOut();
  await expect(chat.questions).toHaveCount(0);
  await chat.account.click();
  await field(auth.login).fill(account.login);
  await field(auth.password).fill(account.password);
  await press(auth.signIn);
  await press(auth.code.app.other);
  await field(auth.code.recovery.label).fill(recoveryCodes[0] ?? "");
  await press(auth.signIn);
  await expect(dialog).toBeHidden();

  await chat.signOut();
  await chat.account.click();
  await press(auth.browser.action);
  await expect.poll(() => desktop.openedLinks()).toHaveLength(1);
  const [address = ""] = await desktop.openedLinks();
  await desktop.hide();
  const browser = createFormBrowser(server.url);
  const asked = await browser.send(await browser.open(address), account);
  const back = browser.leftTo(await browser.send(asked, { otp: recoveryCodes[1] ?? "" }));
  expect(await (await fetch(back)).text()).toContain("You can close this page");
  // The window comes up again by itself.
  await expect.poll(() => desktop.isVisible()).toBe(true);
  await expect(dialog).toBeHidden();
  await expect(chat.account).toContainText(account.display_name);

  await chat.composer.fill("half a thought");
  await endDesktopSessions(server.url, otherDevice);
  await signInAgain.click();
  await press(auth.device.action);
  const qr = testInfo.outputPath("qr.png");
  await dialog.getByRole("img", { name: auth.device.qr }).screenshot({ path: qr });
  const deviceAddress = await readQr(qr);
  const userCode = new URL(deviceAddress).searchParams.get("user_code") ?? "";
  await expect(dialog.getByText(userCode, { exact: true })).toBeVisible();
  // Where the person is signed in already.
  const confirm = await browser.send(await browser.open(deviceAddress), { user_code: userCode });
  expect((await browser.send(confirm, {}, ["confirm", "yes"])).text).toContain("The device is signed in.");
  await expect(dialog).toBeHidden();
  await expect(chat.composer).toHaveValue("half a thought");
  await chat.composer.press("Enter");
  await expect(chat.endedAnswers).toHaveText([/Hello from Pipit\./u, /Hello from Pipit\./u]);

  await server.kill();
  model.forget();
  await chat.newChat();
  await chat.ask("anybody?");
  // By what was lost: the exchange, or the look at the server that is in the background.
  const { offline, unreachable } = chat.texts.shell.status;
  const lost = new RegExp(`${offline}|${unreachable}`);
  await expect(chat.connection).toContainText(lost, recovery);
  await expect(chat.question("anybody?")).toBeVisible();
  expect(model.requests).toHaveLength(0);
  await server.start();
  await chat.page.evaluate(() => dispatchEvent(new Event("online")));
  await expect(chat.answer("Hello from Pipit.")).toBeVisible(recovery);
  await expect(chat.connection).not.toContainText(lost);
  expect(model.requests).toHaveLength(1);
});

/** Ends every sign-in of desktops, as a person does in the list of them. */
async function endDesktopSessions(serverUrl: string, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${serverUrl}/oauth/sessions`, { headers });
  const { sessions } = (await answer.json()) as {
    sessions: { session_id: string; client_id: string; current: boolean }[];
  };
  const desktops = sessions.filter((one) => one.client_id === DESKTOP_CLIENT_ID && !one.current);
  expect(desktops).not.toEqual([]);
  for (const { session_id } of desktops) {
    const ended = await fetch(`${serverUrl}/oauth/sessions/${session_id}`, { method: "DELETE", headers });
    expect(ended.status).toBe(200);
  }
}

/** As a phone's camera does. */
async function readQr(file: string): Promise<string> {
  const { code, stdout } = await runCommand(
    "zbarimg",
    ["--quiet", "--raw", file],
    {},
    AbortSignal.timeout(60_000),
  );
  expect(code).toBe(0);
  return stdout.trim();
}

/** Sets the second factor of the account up on another device, which stays signed in. */
async function protect(serverUrl: string): Promise<{
  readonly secret: string;
  readonly recoveryCodes: readonly string[];
  readonly otherDevice: string;
}> {
  const post = async (path: string, init: RequestInit): Promise<Record<string, unknown>> => {
    const answer = await fetch(serverUrl + path, { method: "POST", ...init });
    const text = await answer.text();
    expect(answer.ok, `${path}: ${text}`).toBe(true);
    return JSON.parse(text) as Record<string, unknown>;
  };
  const { login: username, password } = account;
  const form = { grant_type: "password", client_id: DESKTOP_CLIENT_ID, username, password };
  const granted = await post("/oauth/token", { body: new URLSearchParams(form) });
  const otherDevice = String(granted["access_token"]);
  const headers = { "content-type": "application/json", authorization: `Bearer ${otherDevice}` };
  const postJson = (path: string, body: object) => post(path, { headers, body: JSON.stringify(body) });
  const secret = String((await postJson("/auth/otp/init", { password }))["secret"]);
  const confirmed = await postJson("/auth/otp/confirm", { otp: generateSync({ secret }) });
  return { secret, recoveryCodes: confirmed["recovery_codes"] as string[], otherDevice };
}

/** The server takes it early, and the one of now it has had. */
function codeOfNextStep(secret: string): string {
  return generateSync({ secret, epoch: Math.floor(Date.now() / 1000) + 30 });
}
