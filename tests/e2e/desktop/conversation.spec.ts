import { makePdf } from "#engine/testing/make-documents.ts";
import { expect } from "@playwright/test";
import { gate, say, stream } from "#tests/doubles/openai-script.ts";
import { recordSink } from "#engine/node/testing/sink-recorder.ts";
import { startPipitServer } from "../fixtures/pipit-server.ts";
import { driver, processesOf, type DesktopApp } from "../fixtures/desktop-app.ts";
import { test } from "../fixtures/desktop-test.ts";
import { fits } from "../pages/texts.ts";

/** For what waits for a server: the engine's retries and a server's start. */
const recovery = { timeout: 40_000 };

/** On real Electron; elsewhere the figure is only read. */
const COLD_START_MS = 350;

test.describe("a conversation in the desktop app", () => {
  test("a first start explains itself, signs in, and a model that is connected in the window answers the first question", async ({
    start,
    model,
  }) => {
    const app = await start({ env: { PIPIT_MODEL_URL: "", OLLAMA_HOST: "http://127.0.0.1:9" } });
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
  });

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

  test("log out in the tray, while an answer streams, keeps the next question from being sent; log in again sends it", async ({
    shared: { desktop, model },
  }) => {
    test.skip(process.env["DBUS_SESSION_BUS_ADDRESS"] === undefined, "needs a session bus for the tray");
    const held = gate();
    model.script([stream(say("One "), held.step, say("two.")), stream(say("Hello again."))]);
    await desktop.chat.ask("count");
    await expect(desktop.chat.answer("One")).toBeVisible();
    await desktop.clickTray("logout");
    held.open();
    await expect.poll(async () => (await desktop.authState()).kind).toBe("signed-out");
    expect(await desktop.trayItem("logout")).toBeUndefined();
    await desktop.chat.composer.fill("must not leave");
    await desktop.chat.composer.press("Enter");
    await expect(desktop.chat.accountDialog).toBeVisible();
    expect(model.requests).toHaveLength(1);
    const local = desktop.chat.texts.auth.local.action;
    await desktop.chat.accountDialog.getByRole("button", { name: local }).click();
    await expect.poll(async () => (await desktop.authState()).kind).toBe("signed-in");
    await expect.poll(() => desktop.trayItem("logout")).toMatchObject({ enabled: true });
    await expect(desktop.chat.composer).toHaveValue("must not leave");
    await desktop.chat.composer.press("Enter");
    await expect(desktop.chat.answer("Hello again.")).toBeVisible();
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
  expect(await desktop.trayItem("accounts")).toBeUndefined();
  expect(await signedIn()).toEqual(first);
});

test.describe("when things go wrong", () => {
  test("the own server is killed: the next question starts it again and is answered", async ({
    shared: { desktop },
  }) => {
    const server = (await processesOf(desktop.home)).find(({ text }) => text.includes("dist/server/main.js"));
    expect(server).toBeDefined();
    process.kill(server?.pid ?? 0, "SIGKILL");
    await desktop.chat.ask("still there?");
    await expect(desktop.chat.answer("Hello from Pipit.")).toBeVisible(recovery);
  });

  test("a named server goes down: the question waits, and is answered when it is back", async ({
    start,
    model,
  }) => {
    test.setTimeout(120_000);
    await using server = await startPipitServer({
      PIPIT_MODEL_URL: model.url,
      PIPIT_TITLES: "0",
      PIPIT_MEMORIES: "0",
      PIPIT_MODEL: "double",
    });
    // The first start took free ports, which are part of its tokens' issuer; from here on they stay.
    await server.kill();
    await server.start();
    const grpc = /(\S+) \(gRPC\)/.exec(server.output)?.[1] ?? "";
    const app = await start({ env: { PIPIT_SERVER_URL: server.url, PIPIT_GRPC_URL: grpc } });
    await app.chat.reachComposer();
    await app.command("signInWithToken", { serverUrl: "", token: await server.accessToken() });
    await expect.poll(async () => (await app.authState()).kind).toBe("signed-in");
    await server.kill();
    await app.chat.ask("anybody?");
    // By what was lost: the exchange, or the look at the server that the sign-in began.
    const { offline, unreachable } = app.chat.texts.shell.status;
    const lost = new RegExp(`${offline}|${unreachable}`);
    await expect(app.chat.connection).toContainText(lost, recovery);
    await expect(app.chat.question("anybody?")).toBeVisible();
    expect(model.requests).toHaveLength(0);
    await server.start();
    await app.chat.page.evaluate(() => dispatchEvent(new Event("online")));
    await expect(app.chat.answer("Hello from Pipit.")).toBeVisible(recovery);
    await expect(app.chat.connection).not.toContainText(lost);
    expect(model.requests).toHaveLength(1);
  });

  test("the window's process crashes: it comes back, and the answer goes on; quit ends every process", async ({
    desktop,
    home,
    model,
  }) => {
    const held = gate();
    model.script(stream(say("One ", "two "), held.step, say("three.")));
    await desktop.chat.ask("count");
    await expect(desktop.chat.answer("One two")).toBeVisible();
    await desktop.crashPage();
    const text = () => desktop.inPage<string>("document.body.innerText").catch(() => "");
    await expect.poll(text, recovery).toContain("One two");
    held.open();
    await expect.poll(text, recovery).toContain("One two three.");
    expect(model.requests).toHaveLength(1);

    const alive = await processesOf(home);
    expect(alive.some(({ text: command }) => command.includes("dist/server/main.js"))).toBe(true);
    await desktop.clickTray("quit");
    const left = async () => (await processesOf(home)).map(({ text: command }) => command);
    await expect.poll(left, recovery).toEqual([]);
  });
});

test("[5.1-18] settings and keys of prompts survive a restart, a link at a cold start only fills the composer, and of an app that is killed the draft survives and no process", async ({
  desktop,
  home,
  model,
  start,
}) => {
  await desktop.electron.evaluate(({ BrowserWindow }) => {
    const scope = globalThis as unknown as { grounds: string[] };
    scope.grounds = [];
    const [window] = BrowserWindow.getAllWindows();
    if (window !== undefined) window.setBackgroundColor = (colour) => void scope.grounds.push(colour);
  });
  await desktop.chat.openSettings();
  const { themes } = desktop.chat.texts.settings.general;
  await desktop.chat.settings.getByText(themes.dark, { exact: true }).click();
  await expect.poll(async () => (await desktop.settings())["theme"]).toBe("dark");
  await expect
    .poll(() => desktop.electron.evaluate(() => (globalThis as unknown as { grounds: string[] }).grounds))
    .toContain("#1c1c1e");
  const keys = "CommandOrControl+Alt+E";
  await desktop.command("savePrompts", {
    prompts: [{ name: "explain", text: "Explain {input}", hotkey: keys }],
  });
  expect(await desktop.quit()).toBe(0);

  const second = await start({ args: ["pipit://new?text=from%20outside"] });
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
  await expect.poll(async () => (await processesOf(home)).map(({ text }) => text), recovery).toEqual([]);
  const third = await start();
  await third.ready();
  await expect(third.chat.composer).toHaveValue("a thought worth keeping");
  await expect.poll(() => third.pressHotkey(keys)).toBe(true);
});

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
