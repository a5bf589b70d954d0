import { expect } from "@playwright/test";
import { closeSample, openSample, real, test } from "../fixtures/sample-app.ts";

test("a link leads away only when will-navigate lets it, and a new window is asked for; a page that crashes is reported, and comes back by reload; quit asks in order, closes the windows, and leaves no process", async ({
  sample,
}) => {
  await sample.window.getByRole("link", { name: "out" }).click();
  await sample.window.getByRole("link", { name: "new" }).click();
  await expect
    .poll(() => sample.log())
    .toEqual(["will-navigate https://example.invalid/out", "open https://example.invalid/new"]);
  await expect.poll(() => sample.app.windows().length).toBe(1);
  await sample.window.getByRole("link", { name: "in", exact: true }).click();
  const addressInMain = () =>
    sample.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getURL());
  await expect.poll(addressInMain).toBe("app://sample/second");

  const { app } = sample;
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer();
  });
  await expect.poll(() => sample.log()).toContainEqual(expect.stringMatching(/^gone (crashed|killed)$/));
  const ask = () =>
    app
      .evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript("sample.echo(4).then((r) => r.args)"),
      )
      .catch(() => undefined);
  await expect.poll(ask).toEqual([4]);

  const child = app.process();
  const said: string[] = [];
  child.stdout?.on("data", (piece) => said.push(String(piece)));
  await app.evaluate(({ app: main }) => {
    for (const name of ["before-quit", "will-quit", "quit", "window-all-closed"] as const) {
      main.on(name as "quit", () => console.log(`event ${name}`));
    }
    setTimeout(() => main.quit(), 0);
  });
  await expect.poll(() => child.exitCode).toBe(0);
  // A process may have ended before all that it said is read.
  await expect
    .poll(() => said.join("").match(/event \S+\n/g))
    .toEqual(["event before-quit\n", "event will-quit\n", "event quit\n"]);
});

test("a window that cannot open, or is closed before it has, takes nothing else of the app with it", async ({
  shared: { app },
}) => {
  test.skip(real, "opens every window");
  const loading = await app.evaluate(async ({ BrowserWindow }) => {
    // The first thing that fails here; a page that is closed meanwhile fails in the same place.
    const window = new BrowserWindow({ webPreferences: { preload: "/nowhere/preload.cjs" } });
    const answer = await window.loadURL("about:blank").then(
      () => "loaded",
      () => "refused",
    );
    window.destroy();
    return answer;
  });
  expect(loading).toBe("refused");
  expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
});

test("a right click tells main of the word and its spelling, and what main does is done in the field", async ({
  shared: sample,
}) => {
  test.skip(real, "names the wrong words itself");
  const { app, window } = sample;
  await app.evaluate(({ BrowserWindow, Menu, session }) => {
    const scope = globalThis as unknown as { sampleLog: unknown[] };
    const contents = BrowserWindow.getAllWindows()[0]?.webContents;
    const { defaultSession } = session;
    defaultSession.setSpellCheckerLanguages(["en-US", "ru"]);
    (defaultSession as unknown as { setWrongWordsForTest(wrong: object): void }).setWrongWordsForTest({
      recieve: ["receive"],
    });
    contents?.on("context-menu", (_event, params) => {
      const { misspelledWord, dictionarySuggestions, isEditable, selectionText, pageURL } = params;
      const { canCopy, canPaste } = params.editFlags;
      scope.sampleLog.push({
        misspelledWord,
        dictionarySuggestions,
        isEditable,
        selectionText,
        pageURL,
        canCopy,
        canPaste,
      });
      const fix = () => contents.replaceMisspelling(dictionarySuggestions[0] ?? "");
      const learn = () => void defaultSession.addWordToSpellCheckerDictionary(misspelledWord);
      const menu = Menu.buildFromTemplate([
        { label: "fix", click: fix },
        { label: "learn", click: learn },
        { role: "selectAll" },
        { role: "cut" },
        { role: "paste" },
      ]);
      menu.popup({ window: BrowserWindow.getAllWindows()[0] as never });
    });
  });
  const item = (at: number) =>
    expect
      .poll(() =>
        app.evaluate(({ Menu }, index) => {
          type Open = { readonly items: readonly { click(): void }[] };
          const open = (Menu as unknown as { openForTest(): Open | undefined }).openForTest();
          open?.items[index]?.click();
          return open !== undefined;
        }, at),
      )
      .toBe(true);
  const last = async () => (await sample.log()).at(-1);
  const field = window.getByRole("textbox");
  await field.fill("I recieve");
  await field.click({ button: "right" });
  await expect.poll(last).toEqual({
    misspelledWord: "recieve",
    dictionarySuggestions: ["receive"],
    isEditable: true,
    selectionText: "",
    pageURL: "app://sample/index.html",
    canCopy: false,
    canPaste: false,
  });
  await item(0);
  await expect(field).toHaveValue("I receive");
  await field.click({ button: "right" });
  await item(2);
  const selected = () =>
    field.evaluate((area: HTMLTextAreaElement) => area.selectionEnd - area.selectionStart);
  await expect.poll(selected).toBe("I receive".length);
  // Inside the selection, which a click beside it would end.
  await field.click({ button: "right", position: { x: 8, y: 8 } });
  await item(3);
  await expect(field).toHaveValue("");
  await field.click({ button: "right" });
  await expect.poll(last).toMatchObject({ misspelledWord: "", canPaste: true });
  await item(4);
  await expect(field).toHaveValue("I receive");
});

test("macOS' rules: the keyboard without the app, occlusion, moves, the screen's picture, the login item", async () => {
  test.skip(real, "makes the system do what no test can");
  const sample = await openSample({
    STAND_IN_PLATFORM: "darwin",
    STAND_IN_PACKAGED: "1",
    STAND_IN_SCREEN_ACCESS: "never-asked",
    STAND_IN_LOGIN_ITEM: "requires-approval",
  });
  const seen = await sample.app.evaluate(async (electron) => {
    const { app, BrowserWindow, desktopCapturer, systemPreferences } = electron;
    type Tools = {
      otherAppTakesFocusForTest(): void;
      setOccludedForTest(occluded: boolean): void;
      setAccessForTest(access: object): void;
    };
    const events: string[] = [];
    const panel = new BrowserWindow({ show: false, type: "panel", x: 0, y: 0 });
    for (const name of ["focus", "blur", "show", "hide", "moved", "resized"] as const)
      panel.on(name as "focus", () => events.push(name));
    /** Events come later than what they tell of. */
    const told = async (): Promise<string> => {
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      return events.splice(0).join(" ");
    };
    const state = () => [panel.isVisible(), panel.isFocused(), app.isActive()].join(" ");
    const steps: string[] = [];
    const step = async (name: string, work: () => void): Promise<void> => {
      work();
      steps.push(`${name}: ${await told()} | ${state()}`);
    };
    const tools = panel as unknown as Tools;
    await step("show", () => panel.show());
    await step("other app", () => (app as unknown as Tools).otherAppTakesFocusForTest());
    await step("focus", () => panel.focus());
    await step("steal", () => app.focus({ steal: true }));
    await step("hide app", () => app.hide());
    await step("show app", () => app.show());
    await step("occluded", () => tools.setOccludedForTest(true));
    await step("seen", () => tools.setOccludedForTest(false));
    await step("setBounds", () => panel.setBounds({ x: 5 }));
    const screenBefore = systemPreferences.getMediaAccessStatus("screen");
    const refused = await desktopCapturer.getSources({ types: ["screen"] }).catch((error: unknown) => error);
    (systemPreferences as unknown as Tools).setAccessForTest({ screen: "granted" });
    const [source] = await desktopCapturer.getSources({
      types: ["screen"],
      thumbnailSize: { width: 128, height: 128 },
    });
    app.setLoginItemSettings({ openAtLogin: true });
    const { openAtLogin, status } = app.getLoginItemSettings();
    return {
      steps,
      screen: [screenBefore, refused, systemPreferences.getMediaAccessStatus("screen")],
      thumbnail: source?.thumbnail.getSize(),
      login: [openAtLogin, status],
      packaged: app.isPackaged,
      platform: process.platform,
    };
  });
  await closeSample(sample);
  expect(seen).toEqual({
    steps: [
      "show: show | true true false",
      "other app:  | true false false",
      "focus:  | true true false",
      "steal: focus | true true true",
      "hide app: blur hide | false false false",
      "show app: show | true false true",
      "occluded: hide | true false true",
      "seen: show | true false true",
      "setBounds: moved | true false true",
    ],
    screen: ["denied", "Failed to get sources.", "granted"],
    thumbnail: { width: 128, height: 80 },
    login: [false, "requires-approval"],
    packaged: true,
    platform: "darwin",
  });
});
