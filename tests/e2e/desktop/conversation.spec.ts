import { globSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { makePdf } from "#engine/testing/make-documents.ts";
import { expect } from "@playwright/test";
import { gate, say, stream } from "#tests/doubles/openai-script.ts";
import type { OpenAiDouble } from "#tests/doubles/openai-server.ts";
import { recordSink } from "#engine/node/testing/sink-recorder.ts";
import { driver, processesOf, type DesktopApp } from "../fixtures/desktop-app.ts";
import { test } from "../fixtures/desktop-test.ts";
import { fits } from "../pages/texts.ts";

/** For what waits for a server: the engine's retries and a server's start. */
const recovery = { timeout: 40_000 };

/** On real Electron; elsewhere the figure is only read. */
const COLD_START_MS = 350;

test.describe("a conversation in the desktop app", () => {
  test("an answer streams in while the model still speaks, and can be stopped", async ({
    shared: { desktop, model },
  }) => {
    const held = gate();
    model.script(stream(say("One ", "two "), held.step, say("never")));
    await desktop.chat.ask("count");
    await expect(desktop.chat.answer("One two")).toBeVisible();
    await desktop.chat.stopButton.click();
    const request = await model.request(0);
    expect(await request.over).toBe("aborted");
    await expect(desktop.chat.stopButton).toBeHidden();
    await expect(desktop.chat.answer("never")).toHaveCount(0);
    held.open();
  });

  test("a PDF is read in the window, and its text goes with the question", async ({
    shared: { desktop, model },
  }) => {
    const buffer = Buffer.from(makePdf(["Fish swim."]));
    const chips = desktop.window.getByRole("list", { name: desktop.chat.texts.chat.files });
    await desktop.window
      .locator("input[type=file]")
      .setInputFiles({ name: "fish.pdf", mimeType: "application/pdf", buffer });
    await desktop.chat.ask("what is this about?");
    await expect(desktop.chat.answer("Hello from Pipit.")).toBeVisible(recovery);
    await expect(chips).toContainText("fish.pdf");
    const { messages } = await model.request(0);
    expect(JSON.stringify(messages.at(-1)?.content)).toMatch(/Fish swim\.[^]*what is this about\?"$/u);
  });

  test("a picture of the screen is shown, can be removed, and goes with the question", async ({
    shared: { desktop, model },
  }) => {
    test.skip(process.env["DISPLAY"] === undefined, "needs a display");
    const picture = desktop.window.getByRole("img", { name: fits(desktop.chat.texts.chat.pictureOf) });
    await desktop.chat.takeScreenshot();
    await expect(picture).toBeVisible();
    await desktop.chat.removePictureButton.click();
    await expect(picture).toBeHidden();
    await desktop.chat.takeScreenshot();
    await expect(picture).toBeVisible();
    await expect(desktop.chat.screenshotButton).toBeEnabled();
    await desktop.chat.ask("what is this?");
    await expect(desktop.chat.answer("Hello from Pipit.")).toBeVisible(recovery);
    const { images } = await model.request(0);
    expect(images).toHaveLength(1);
    expect(images[0]?.byteLength).toBeGreaterThan(500);
  });

  test("an answer is read aloud: its sound reaches the sound device", async ({
    shared: { desktop, speech },
  }) => {
    test.skip(process.env["PULSE_SERVER"] === undefined, "needs a sound server");
    const signal = AbortSignal.timeout(30_000);
    await using sink = await recordSink(signal);
    await desktop.chat.speakButton.click();
    await desktop.chat.ask("say it");
    await sink.until((samples) => samples.some((sample) => Math.abs(sample) > 3_000), signal);
    expect(speech.requests.length).toBeGreaterThan(0);
    await desktop.chat.speakButton.click();
    await expect.poll(async () => (await desktop.settings())["speak"]).toBe(false);
  });

  test("log out in the tray cuts the answer that streams and keeps the next question from being sent; log in again asks the cut one anew, once, then the next", async ({
    shared: { desktop, model },
  }) => {
    test.skip(process.env["DBUS_SESSION_BUS_ADDRESS"] === undefined, "needs a session bus for the tray");
    // Never opened: an answer that ended before the sign-out came through would not be cut.
    const held = gate();
    const cut = stream(say("One "), held.step);
    model.script([cut, stream(say("One two.")), stream(say("Hello again."))]);
    await desktop.chat.ask("count");
    await expect(desktop.chat.answer("One")).toBeVisible();
    await desktop.clickTray("logout");
    await expect.poll(async () => (await desktop.authState()).kind).toBe("signed-out");
    expect(await (await model.request(0)).over).toBe("aborted");
    await expect.poll(() => desktop.trayItem("logout")).toBeUndefined();
    await desktop.chat.composer.fill("must not leave");
    await desktop.chat.composer.press("Enter");
    await expect(desktop.chat.accountDialog).toBeVisible();
    expect(model.requests).toHaveLength(1);
    const local = desktop.chat.texts.auth.local.action;
    await desktop.chat.accountDialog.getByRole("button", { name: local }).click();
    await expect.poll(async () => (await desktop.authState()).kind).toBe("signed-in");
    await expect.poll(() => desktop.trayItem("logout")).toMatchObject({ enabled: true });
    await expect(desktop.chat.answer("One two.")).toBeVisible();
    await expect(desktop.chat.composer).toHaveValue("must not leave");
    await desktop.chat.composer.press("Enter");
    await expect(desktop.chat.answer("Hello again.")).toBeVisible();
    expect(model.requests.map(({ prompt }) => prompt)).toEqual(["count", "count", "must not leave"]);
    // This computer's own server is told that one was tried twice, and nothing of what it said.
    await expect.poll(() => reportsOf(desktop.home)).toContainEqual(expect.stringContaining('"attempts":2'));
    expect(reportsOf(desktop.home).join()).not.toContain("count");
  });
});

test("another account is added, and nothing of it stays in the window when the first is back", async ({
  shared: { desktop },
}) => {
  const { account } = desktop.chat.texts.auth;
  const signedIn = async () =>
    (await desktop.authState()) as { readonly kind: string; readonly accountId: string };
  const first = await signedIn();
  await desktop.command("register", {
    serverUrl: "",
    login: "bob",
    password: "Correct-horse-1",
    displayName: "Bob",
  });
  await expect.poll(signedIn).toMatchObject({ kind: "signed-in", accountName: "Bob" });
  const bob = await signedIn();
  await desktop.chat.ask("hello");
  await expect(desktop.chat.answer("Hello from Pipit.")).toBeVisible();
  await desktop.chat.composer.fill("of bob");
  await desktop.window.getByRole("contentinfo").getByRole("button", { name: "Bob" }).click();
  const others = desktop.chat.accountDialog.getByRole("list", { name: account.switchTo });
  await others.getByRole("button", { name: desktop.chat.texts.auth.local.label }).first().click();
  await expect.poll(signedIn).toEqual(first);
  await expect(desktop.chat.accountDialog).toBeHidden();
  await expect(desktop.chat.questions).toHaveCount(0);
  await expect(desktop.chat.composer).toHaveValue("");
  await desktop.command("signOutAccount", { serverUrl: "", accountId: bob.accountId });
  await expect.poll(() => desktop.trayItem("accounts")).toBeUndefined();
  expect(await signedIn()).toEqual(first);
});

test("the own server is killed: the next question starts it again and is answered", async ({
  shared: { desktop },
}) => {
  const server = (await processesOf(desktop.home)).find(({ text }) => text.includes("dist/server/main.js"));
  expect(server).toBeDefined();
  process.kill(server?.pid ?? 0, "SIGKILL");
  await desktop.chat.ask("still there?");
  await expect(desktop.chat.answer("Hello from Pipit.")).toBeVisible(recovery);
});

test("[5.1-18] one home from its first start on: a model is connected in the window, settings and keys of prompts survive a restart, a link at a cold start only fills the composer, of an app that is killed the draft survives and no process, and a crash of the window's process ends no answer", async ({
  home,
  model,
  start,
}) => {
  // Three starts of the app.
  test.slow();
  // Only what was connected in the window names a model.
  const begin = (args: readonly string[] = []) => start({ args, env: { PIPIT_MODEL_URL: "" } });
  const first = await begin();
  await connectInFirstWindow(first, model);
  await confirmHotkey(first);
  await chooseDarkTheme(first);
  const keys = "CommandOrControl+Alt+E";
  await first.command("savePrompts", {
    prompts: [{ name: "explain", text: "Explain {input}", hotkey: keys }],
  });
  expect(await first.quit()).toBe(0);

  model.forget();
  const second = await begin(["pipit://new?text=from%20outside"]);
  await second.ready();
  await expect(second.window.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(second.chat.composer).toHaveValue("from outside");
  await expectColdStartInTime(second);
  await expect(second.chat.questions).toHaveCount(0);
  expect(model.requests).toHaveLength(0);

  await second.chat.ask("hello");
  await expect(second.chat.answer("Hello from Pipit.")).toBeVisible();
  await second.chat.composer.fill("a thought worth keeping");
  await expect.poll(() => second.fileText("desktop/draft.json")).toContain("worth keeping");
  expect((await processesOf(home)).length).toBeGreaterThan(1);
  await second.kill();
  await expectNoProcess(home);

  const third = await begin();
  await third.ready();
  await expect(third.chat.composer).toHaveValue("a thought worth keeping");
  await expect.poll(() => third.pressHotkey(keys)).toBe(true);
  await expect(third.chat.composer).toHaveValue("Explain a thought worth keeping");
  model.forget();
  await crashWhileAnswering(third, model);
  expect((await processesOf(home)).some(({ text }) => text.includes("dist/server/main.js"))).toBe(true);
  await third.clickTray("quit");
  await expectNoProcess(home);
});

async function connectInFirstWindow(app: DesktopApp, model: OpenAiDouble): Promise<void> {
  await expect.poll(() => app.isVisible()).toBe(true);
  await expect(app.chat.skipFirstRunButton).toBeVisible();
  await app.ready();
  await app.window.getByRole("button", { name: "Connect a model" }).click();
  const dialog = app.window.getByRole("dialog");
  await dialog.getByText("Other").click();
  await dialog.getByLabel("Address").fill(model.url);
  await dialog.getByLabel("Key").fill("sk-of-the-person");
  await dialog.getByRole("button", { name: "Connect" }).click();
  await expect(dialog).toBeHidden();
  await app.chat.ask("hello");
  await expect(app.chat.answer("Hello from Pipit.")).toBeVisible();
  expect(model.requests[0]?.authorization).toBe("Bearer sk-of-the-person");
}

/** It counts as working only after it has fired. Leaves the settings open. */
async function confirmHotkey(app: DesktopApp): Promise<void> {
  const { registered, confirmed } = app.chat.texts.settings.hotkey;
  await app.chat.openSettings();
  await expect(app.chat.settings).toContainText(registered);
  await app.hide();
  await app.pressHotkey();
  await expect.poll(() => app.isVisible()).toBe(true);
  await expect(app.chat.settings).toContainText(confirmed);
}

/** In the open settings; the ground behind the page follows. */
async function chooseDarkTheme(app: DesktopApp): Promise<void> {
  await app.electron.evaluate(({ BrowserWindow }) => {
    const scope = globalThis as unknown as { grounds: string[] };
    scope.grounds = [];
    const [window] = BrowserWindow.getAllWindows();
    if (window !== undefined) window.setBackgroundColor = (colour) => void scope.grounds.push(colour);
  });
  await app.chat.settings.getByText(app.chat.texts.settings.general.themes.dark, { exact: true }).click();
  await expect.poll(async () => (await app.settings())["theme"]).toBe("dark");
  await expect
    .poll(() => app.electron.evaluate(() => (globalThis as unknown as { grounds: string[] }).grounds))
    .toContain("#1c1c1e");
}

/** The window comes back, and the answer goes on; Playwright has lost its page. */
async function crashWhileAnswering(app: DesktopApp, model: OpenAiDouble): Promise<void> {
  const held = gate();
  model.script(stream(say("One ", "two "), held.step, say("three.")));
  await app.chat.ask("count");
  await expect(app.chat.answer("One two")).toBeVisible();
  await app.crashPage();
  const text = () => app.inPage<string>("document.body.innerText").catch(() => "");
  await expect.poll(text, recovery).toContain("One two");
  held.open();
  await expect.poll(text, recovery).toContain("One two three.");
  expect(model.requests).toHaveLength(1);
}

const expectNoProcess = (home: string) =>
  expect.poll(async () => (await processesOf(home)).map(({ text }) => text), recovery).toEqual([]);

/** From main's first moment to a composer that takes text: both are read from the running program. */
async function expectColdStartInTime(app: DesktopApp): Promise<void> {
  const startedMs = await app.electron.evaluate(() => performance.timeOrigin);
  const interactiveMs = await app.window.evaluate(() => {
    const [mark] = performance.getEntriesByName("composer");
    return mark === undefined ? Number.NaN : performance.timeOrigin + mark.startTime;
  });
  const coldMs = interactiveMs - startedMs;
  expect(coldMs).toBeGreaterThan(0);
  if (driver === "electron") expect(coldMs).toBeLessThanOrEqual(COLD_START_MS);
}

/** The reports of the app that wait in its home, and those that its own server has. */
function reportsOf(home: string): readonly string[] {
  const queues = globSync("queues/*.db", { cwd: home }).map((name) => [name, "queue"] as const);
  return [...queues, ["server/pipit.db", "events"] as const].flatMap(([name, table]) => {
    const database = new Database(join(home, name), { readonly: true });
    try {
      return database
        .prepare<[], string>(`SELECT data FROM ${table} WHERE event_type = 'DeliveryReported'`)
        .pluck()
        .all();
    } finally {
      database.close();
    }
  });
}
