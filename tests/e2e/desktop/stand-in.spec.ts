import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { _electron, expect, test as base, type ElectronApplication, type Page } from "@playwright/test";
import { repositoryRoot, runCommand } from "#tools/test/command.ts";
import { compiledCode } from "#tools/test/compiled-code.ts";

/**
 * What our code relies on of Electron's API, asked through a sample app. On real Electron the same questions hold
 * (PIPIT_ELECTRON=real); that is how the stand-in is kept honest.
 */
const folder = join(repositoryRoot, "tests", "electron-stand-in");
const sampleApp = join(folder, "sample-app");
const real = process.env["PIPIT_ELECTRON"] === "real";

interface Sample {
  readonly app: ElectronApplication;
  readonly window: Page;
  readonly profile: string;
  log(): Promise<readonly unknown[]>;
}
/** What the page sees of the sample's preload. */
interface SampleApi {
  echo(...args: unknown[]): Promise<{ args: unknown[]; origin: string; url: string; top: boolean }>;
  fail(): Promise<never>;
  onTick(listener: (value: unknown) => void): () => void;
  readonly nested: { same<T>(value: T): T; soon<T>(value: T): Promise<T> };
  throws(): never;
}

const test = base.extend<{ readonly sample: Sample }, { readonly shared: Sample }>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names of the fixtures from it
  sample: async ({}, use) => {
    const sample = await openSample();
    await use(sample);
    await closeSample(sample);
  },
  /** For tests that leave page and main as they found them, and do not read the log as a whole. */
  shared: [
    // oxlint-disable-next-line no-empty-pattern -- as above
    async ({}, use) => {
      const sample = await openSample();
      await use(sample);
      await closeSample(sample);
    },
    { scope: "worker" },
  ],
});

async function openSample(env: Readonly<Record<string, string>> = {}): Promise<Sample> {
  const profile = await mkdtemp(join(tmpdir(), "pipit-sample-"));
  const app = await _electron.launch({
    ...(real ? {} : { executablePath: join(folder, "electron") }),
    args: [`--user-data-dir=${profile}`, sampleApp],
    env: { ...process.env, ...compiledCode, ...env } as Record<string, string>,
  });
  const window = await app.firstWindow();
  await window.getByRole("textbox").waitFor();
  return {
    app,
    window,
    profile,
    log: () => app.evaluate(() => (globalThis as unknown as { sampleLog: unknown[] }).sampleLog),
  };
}

async function closeSample({ app, profile }: Sample): Promise<void> {
  await app.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

test.describe("pages", () => {
  test("a page of our scheme has our origin, a secure context, and the handler's policy", async ({
    shared: sample,
  }) => {
    const seen = await sample.window.evaluate(async () => {
      const { url } = await (globalThis as unknown as { sample: SampleApi }).sample.echo();
      return { url, secure: isSecureContext, title: document.title, external: "external1" in globalThis };
    });
    // What http: has and a custom scheme has not.
    const beyond = await sample.window.evaluate(async () => {
      document.cookie = "kept=1";
      const worker = await navigator.serviceWorker
        .register("/page.js")
        .catch((error: Error) => error.message);
      return { cookie: document.cookie, worker: String(worker) };
    });
    expect(beyond).toEqual({ cookie: "", worker: expect.stringContaining("is not supported") });
    // The inline script would have changed the title.
    expect(seen).toEqual({
      url: "app://sample/index.html",
      secure: true,
      title: "Sample",
      external: true,
    });
  });

  test("the handler's status and body reach fetch, with our address in its request", async ({
    shared: sample,
  }) => {
    const answer = await sample.window.evaluate(async () => {
      const response = await fetch("/data?x=1");
      return { status: response.status, body: (await response.json()) as unknown };
    });
    expect(answer).toEqual({ status: 418, body: { url: "app://sample/data?x=1" } });
  });

  test("a link leads away only when will-navigate lets it, and a new window is asked for", async ({
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
  });

  test("a permission is asked of the session's handlers", async ({ shared: sample }) => {
    const said = await sample.window.evaluate(() =>
      navigator.mediaDevices.getUserMedia({ audio: true }).catch((error: Error) => error.name),
    );
    expect(said).toBe("NotAllowedError");
    expect(await sample.log()).toContain("permission media");
  });

  test("a crashed page is reported, and comes back by reload", async ({ sample }) => {
    const { app } = sample;
    await app.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer();
    });
    await expect.poll(() => sample.log()).toContainEqual(expect.stringMatching(/^gone (crashed|killed)$/));
    const ask = () =>
      app
        .evaluate(({ BrowserWindow }) =>
          BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(
            "sample.echo(4).then((r) => r.args)",
          ),
        )
        .catch(() => undefined);
    await expect.poll(ask).toEqual([4]);
  });
});

test.describe("the border between page and main", () => {
  test("what structured clone copies arrives equal; what it refuses is an error at the caller", async ({
    shared: sample,
  }) => {
    const seen = await sample.window.evaluate(async () => {
      const api = (globalThis as unknown as { sample: SampleApi }).sample;
      const attempt = (work: () => unknown): string => {
        try {
          return String(work());
        } catch (error) {
          return (error as Error).message;
        }
      };
      const shared = { n: 1 };
      const given = [
        new Date(7),
        new Uint8Array([0, 1, 2, 3]).subarray(1, 3),
        new Map([["k", new Set([1n])]]),
        shared,
        shared,
        -0,
        undefined,
      ];
      const { args } = await api.echo(...given);
      const [date, bytes, map, left, right, zero, nothing] = args as [
        Date,
        Uint8Array,
        Map<string, Set<bigint>>,
        object,
        object,
        number,
        undefined,
      ];
      return {
        date: date.getTime(),
        bytes: [bytes instanceof Uint8Array, ...bytes],
        // The memory around a view goes along.
        behindBytes: bytes.buffer.byteLength,
        set: map.get("k")?.has(1n),
        same: left === right,
        zero: Object.is(zero, -0),
        nothing,
        refused: attempt(() => api.echo(Symbol("s"))),
      };
    });
    expect(seen).toMatchObject({
      date: 7,
      bytes: [true, 1, 2],
      behindBytes: 4,
      set: true,
      same: true,
      zero: true,
    });
    expect(seen.nothing).toBeUndefined();
    expect(seen.refused).toMatch(/could not be cloned/i);
  });

  test("a handler's error arrives in Electron's words", async ({ shared: sample }) => {
    const said = await sample.window.evaluate(() =>
      (globalThis as unknown as { sample: SampleApi }).sample.fail().catch((error: Error) => error.message),
    );
    expect(said).toBe("Error invoking remote method 'fail': TypeError: no such thing");
  });

  test("what the preload exposes is frozen, works both ways, and brings no Node", async ({
    shared: sample,
  }) => {
    const seen = await sample.window.evaluate(async () => {
      const scope = globalThis as unknown as { sample: SampleApi; require?: unknown; process?: unknown };
      const api = scope.sample;
      let thrown = "";
      try {
        api.throws();
      } catch (error) {
        thrown = String(error);
      }
      return {
        frozen: [Object.isFrozen(api), Object.isFrozen(api.nested)],
        same: api.nested.same([1, "a"]),
        soon: await api.nested.soon("later"),
        thrown,
        node: [typeof scope.require, typeof scope.process],
      };
    });
    expect(seen).toEqual({
      frozen: [true, true],
      same: [1, "a"],
      soon: "later",
      thrown: expect.stringContaining("too far"),
      node: ["undefined", "undefined"],
    });
  });

  test("main's messages reach the listener until it is removed, in order", async ({ shared: sample }) => {
    await sample.window.evaluate(() => {
      const scope = globalThis as unknown as { sample: SampleApi; ticks: unknown[]; off: () => void };
      scope.ticks = [];
      scope.off = scope.sample.onTick((value) => void scope.ticks.push(value));
    });
    const ticks = () => sample.window.evaluate(() => (globalThis as unknown as { ticks: unknown[] }).ticks);
    const send = (values: readonly number[]) =>
      sample.app.evaluate(({ BrowserWindow }, list) => {
        for (const value of list) BrowserWindow.getAllWindows()[0]?.webContents.send("tick", value);
      }, values);
    await send([1, 2, 3]);
    await expect.poll(ticks).toEqual([1, 2, 3]);
    await sample.window.evaluate(() => (globalThis as unknown as { off: () => void }).off());
    await send([4]);
    await sample.window.evaluate(() => (globalThis as unknown as { sample: SampleApi }).sample.echo());
    expect(await ticks()).toEqual([1, 2, 3]);
  });
});

test.describe("the person at the desktop", () => {
  test("a right click tells main of the word and its spelling, and what main does is done in the field", async ({
    sample,
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

test.describe("the app", () => {
  test("a second start tells the first its arguments and gets no lock", async ({ shared: sample }) => {
    test.skip(real, "needs the launcher's own command line");
    const args = [`--user-data-dir=${sample.profile}`, sampleApp, "pipit://x"];
    const second = await runCommand(join(folder, "electron"), args, {}, AbortSignal.timeout(20_000));
    expect(second.code).toBe(0);
    const log = await sample.log();
    expect(log).toContainEqual(expect.objectContaining({ data: { sample: true }, cwd: repositoryRoot }));
    const told = log.find((entry): entry is { argv: string[] } => typeof entry === "object");
    expect(told?.argv.at(-1)).toBe("pipit://x");
  });

  test("quit asks in order, closes the windows, and leaves no process", async ({ sample }) => {
    const { app } = sample;
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
    expect(said.join("").match(/event \S+/g)).toEqual(["event before-quit", "event will-quit", "event quit"]);
  });

  test("a utility process speaks through its port, is no Node for others, and its end has a code", async ({
    shared: sample,
  }) => {
    const seen = await sample.app.evaluate(
      async ({ utilityProcess }, path) => {
        const child = utilityProcess.fork(path, [], { stdio: "pipe" });
        const ask = (message: unknown): Promise<unknown> => {
          const reply = new Promise((resolve) => child.once("message", resolve));
          child.postMessage(message);
          return reply;
        };
        const first = await ask({ hello: 1 });
        const behindView = await ask(new TextEncoder().encode("public secret").subarray(0, 6));
        const started = await ask("start own binary");
        const end = new Promise((resolve) => child.once("exit", resolve));
        child.postMessage("exit");
        return { first, behindView, started, code: await end };
      },
      join(sampleApp, "child.js"),
    );
    const refused = expect.stringMatching(/own binary, which is no Node/);
    expect(seen).toEqual({
      first: { echo: { hello: 1 }, type: "utility" },
      behindView: "public secret",
      // Electron's development binary has its RunAsNode fuse on.
      started: real ? expect.any(Array) : [refused, refused],
      code: 3,
    });
  });

  test("a window's place, visibility and focus follow what it is told", async ({ shared: sample }) => {
    const shown = await sample.app.evaluate(async ({ BrowserWindow }) => {
      const window = BrowserWindow.getAllWindows()[0];
      if (window === undefined) return undefined;
      const focus = new Promise<void>((resolve) => window.once("focus", () => resolve()));
      const before = [window.isVisible(), window.isFocused()];
      window.setBounds({ x: 100, y: 50, width: 500, height: 600 });
      window.show();
      await focus;
      const after = [window.isVisible(), window.isFocused(), window.getBounds()];
      const hidden = new Promise<void>((resolve) => window.once("hide", () => resolve()));
      window.hide();
      await hidden;
      return { before, after, end: [window.isVisible(), window.isFocused()] };
    });
    expect(shown).toEqual({
      before: [false, false],
      after: [true, true, { x: 100, y: 50, width: 500, height: 600 }],
      end: [false, false],
    });
  });

  test("an API, an option or an event that is not there is an error", async ({ shared: sample }) => {
    test.skip(real, "a property of the stand-in only");
    const errors = await sample.app.evaluate(({ app, BrowserWindow }) => {
      const attempt = (work: () => unknown): string => {
        try {
          return String(work());
        } catch (error) {
          return (error as Error).message;
        }
      };
      const loose = app as unknown as { nonsense(): void; on(name: string, work: () => void): void };
      return [
        attempt(() => loose.nonsense()),
        attempt(() => loose.on("nonsense", () => undefined)),
        attempt(() => new BrowserWindow({ nonsense: 1 } as object)),
        attempt(() => new BrowserWindow({ webPreferences: { sandbox: false } })),
      ];
    });
    for (const error of errors) expect(error).toContain("not in the stand-in:");
  });
});
