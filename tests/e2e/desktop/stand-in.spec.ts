import { join } from "node:path";
import { expect } from "@playwright/test";
import { repositoryRoot, runCommand } from "#tools/test/command.ts";
import { real, sampleApp, standInFolder, test, type SampleApi } from "../fixtures/sample-app.ts";

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

  test("'self' is the scheme's own host: workers with modules, fonts and storage are there, what is foreign is not", async ({
    shared: sample,
  }) => {
    const seen = await sample.window.evaluate(async () => {
      const worker = await new Promise<unknown>((resolve) => {
        const own = new Worker("/worker.js", { type: "module" });
        own.addEventListener("message", ({ data }) => resolve(data));
        own.addEventListener("error", () => resolve("no worker"));
      });
      const loaded = (url: string) =>
        new FontFace("Sample", `url("${url}")`).load().then(
          ({ status }) => status,
          (error: Error) => error.name,
        );
      localStorage.setItem("kept", "1");
      return {
        worker,
        fonts: [await loaded("/font.woff2"), await loaded("https://example.invalid/font.woff2")],
        storage: localStorage.getItem("kept"),
        foreign: await fetch("https://example.invalid/").catch((error: Error) => error.name),
      };
    });
    expect(seen).toEqual({
      worker: "a module worker",
      fonts: ["loaded", "NetworkError"],
      storage: "1",
      foreign: "TypeError",
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

  test("a permission is asked of the session's handlers", async ({ shared: sample }) => {
    const said = await sample.window.evaluate(() =>
      navigator.mediaDevices.getUserMedia({ audio: true }).catch((error: Error) => error.name),
    );
    expect(said).toBe("NotAllowedError");
    await expect.poll(() => sample.log()).toContain("permission media");
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

test.describe("the app", () => {
  test("a second start tells the first its arguments and gets no lock", async ({ shared: sample }) => {
    test.skip(real, "needs the launcher's own command line");
    const args = [`--user-data-dir=${sample.profile}`, sampleApp, "pipit://x"];
    const second = await runCommand(join(standInFolder, "electron"), args, {}, AbortSignal.timeout(60_000));
    expect(second.code).toBe(0);
    // The first may hear of it when the second has ended already.
    await expect
      .poll(() => sample.log())
      .toContainEqual(expect.objectContaining({ data: { sample: true }, cwd: repositoryRoot }));
    const told = (await sample.log()).find(
      (entry): entry is { argv: string[] } => typeof entry === "object" && entry !== null && "argv" in entry,
    );
    expect(told?.argv.at(-1)).toBe("pipit://x");
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
