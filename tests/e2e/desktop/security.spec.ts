import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "@playwright/test";
import { CONTENT_POLICY } from "#contract/content-policy.ts";
import { mainEntry, processesOf } from "../fixtures/desktop-app.ts";
import { test } from "../fixtures/desktop-test.ts";

/** The page's side, in the words of evaluate. */
interface PageScope {
  readonly pipit: Readonly<
    Record<string, (...args: unknown[]) => Promise<{ ok: boolean; error?: { code: string } }>>
  >;
  inlineRan?: boolean;
}

test("[5.1-1] every web contents is isolated, sandboxed, without Node, with web security", async ({
  standing: { desktop },
}) => {
  const seen = await desktop.electron.evaluate(({ webContents }) =>
    webContents
      .getAllWebContents()
      .map((contents) =>
        (contents as unknown as { getLastWebPreferences(): Record<string, unknown> }).getLastWebPreferences(),
      ),
  );
  expect(seen).toHaveLength(1);
  for (const preferences of seen) {
    expect(preferences).toMatchObject({
      contextIsolation: true,
      nodeIntegration: false,
      sandbox: true,
      webSecurity: true,
    });
  }
  const inPage = await desktop.window.evaluate(() => {
    const scope = globalThis as unknown as Record<string, unknown>;
    return ["require", "process", "module", "Buffer", "electron"].filter((name) => scope[name] !== undefined);
  });
  expect(inPage).toEqual([]);
});

test("[5.1-3] the window's page comes from app://, and no spelling of a walk upwards leaves its folder", async ({
  standing: { desktop },
}) => {
  const address = await desktop.electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.getURL(),
  );
  expect(address).toMatch(/^app:\/\/pipit\//);
  const statuses = await desktop.window.evaluate(
    async (paths) => {
      const answers: number[] = [];
      for (const path of paths) answers.push((await fetch(path)).status);
      return answers;
    },
    ["/..%2f..%2fpackage.json", "/%2e%2e%2fpackage.json", "/assets/..%5c..%5cx", "/%00", "/%252e%252e/x"],
  );
  expect(statuses).toEqual([400, 400, 400, 400, 400]);
  const otherHost = await desktop.electron.evaluate(
    async ({ net }) => (await net.fetch("app://evil/desktop.html")).status,
  );
  expect(otherHost).toBe(400);
});

test("[5.1-4] the content policy is a header, and Chromium obeys it: inline script and eval do not run", async ({
  standing: { desktop },
}) => {
  const seen = await desktop.window.evaluate(async () => {
    const scope = globalThis as unknown as PageScope;
    const policy = (await fetch("/desktop.html")).headers.get("content-security-policy");
    const violated = new Promise<string>((resolve) => {
      addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective), {
        once: true,
      });
    });
    const script = document.createElement("script");
    script.textContent = "globalThis.inlineRan = true";
    document.body.append(script);
    const directive = await violated;
    const foreign = await fetch("https://example.invalid/").then(
      () => "sent",
      (error: Error) => error.name,
    );
    return { policy, directive, ran: scope.inlineRan === true, foreign };
  });
  expect(seen).toEqual({
    policy: CONTENT_POLICY,
    directive: "script-src-elem",
    ran: false,
    foreign: "TypeError",
  });
});

test("[5.1-5] the page cannot be led away, not even to an address that begins like ours", async ({
  shared: { desktop },
}) => {
  const address = () =>
    desktop.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getURL());
  const before = await address();
  for (const target of ["https://example.invalid/", "http://pipit.evil.invalid/", "http://127.0.0.1:9/"]) {
    await desktop.window.evaluate((url) => {
      location.href = url;
    }, target);
    await expect(desktop.chat.composer).toBeVisible();
    expect(await address()).toBe(before);
  }
  await desktop.chat.ask("still here?");
  await expect(desktop.chat.answer("Hello from Pipit.")).toBeVisible();
});

test("[5.1-6] no page opens a window; only https and mailto links reach the system", async ({
  standing: { desktop },
}) => {
  const links = [
    "https://example.org/page",
    "mailto:me@example.org",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "smb://host/share",
    "ms-settings:privacy",
    "http://example.org/",
  ];
  const allowed = ["https://example.org/page", "mailto:me@example.org"];
  const replies = await desktop.window.evaluate(async (urls) => {
    const { pipit } = globalThis as unknown as PageScope;
    const answers: (string | undefined)[] = [];
    for (const url of urls) answers.push((await pipit["openExternal"]?.({ url }))?.error?.code);
    return answers;
  }, links);
  expect(replies).toEqual([undefined, undefined, ...Array<string>(5).fill("NOT_ALLOWED")]);
  await desktop.window.evaluate(() => void window.open("https://example.org/opened"));
  await expect.poll(() => desktop.openedLinks()).toEqual([...allowed, "https://example.org/opened"]);
  await desktop.window.evaluate(() => void window.open("about:blank"));
  await expect.poll(() => desktop.electron.windows().length).toBe(1);
  expect(await desktop.openedLinks()).toHaveLength(3);
});

test("[5.1-7] a webview element is only an element: nothing is attached", async ({
  standing: { desktop },
}) => {
  await desktop.window.evaluate(() => {
    const view = document.createElement("webview");
    view.setAttribute("src", "https://example.invalid/");
    document.body.append(view);
  });
  await expect(desktop.chat.composer).toBeVisible();
  expect(await desktop.electron.evaluate(({ webContents }) => webContents.getAllWebContents().length)).toBe(
    1,
  );
});

test("[5.1-8] every permission is refused, by request and by check", async ({ standing: { desktop } }) => {
  const seen = await desktop.window.evaluate(async () => {
    const refused = (work: Promise<unknown>) =>
      work.then(
        () => "granted",
        (error: Error) => error.name,
      );
    const states: string[] = [];
    for (const name of ["microphone", "camera", "geolocation", "notifications"] as const) {
      states.push((await navigator.permissions.query({ name: name as PermissionName })).state);
    }
    return {
      microphone: await refused(navigator.mediaDevices.getUserMedia({ audio: true })),
      screen: await refused(navigator.mediaDevices.getDisplayMedia()),
      notifications: await Notification.requestPermission(),
      states,
    };
  });
  expect(seen).toEqual({
    microphone: "NotAllowedError",
    screen: expect.stringMatching(/NotAllowedError|InvalidStateError/),
    notifications: "denied",
    states: ["denied", "denied", "denied", "denied"],
  });
});

test("[5.1-9] IPC from a foreign page, and from a frame in it, is refused even with our own preload", async ({
  standing: { desktop },
}) => {
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "text/html");
    response.end(
      `<!doctype html><title>foreign</title>${_request.url === "/" ? '<iframe src="/frame"></iframe>' : ""}`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const preload = join(dirname(mainEntry), "preload.cjs");
    const codes = await desktop.electron.evaluate(
      async ({ BrowserWindow }, given) => {
        const window = new BrowserWindow({
          show: false,
          webPreferences: { preload: given.preload, nodeIntegrationInSubFrames: true },
        });
        await window.loadURL(given.url);
        const ask = "pipit.snapshot().then((reply) => reply.error?.code ?? 'answered')";
        const top = (await window.webContents.executeJavaScript(ask)) as string;
        const frame = (await window.webContents.executeJavaScript(`frames[0].${ask}`)) as string;
        window.destroy();
        return { top, frame };
      },
      { url, preload },
    );
    expect(codes).toEqual({ top: "NOT_ALLOWED", frame: "NOT_ALLOWED" });
  } finally {
    server.close();
  }
});

test("[5.1-9] wrong payloads are refused with the field's name, and change nothing", async ({
  shared: { desktop, model },
}) => {
  const codes = await desktop.window.evaluate(async () => {
    const { pipit } = globalThis as unknown as PageScope;
    const bad: readonly (readonly [string, unknown])[] = [
      ["send", undefined],
      ["send", { text: 5 }],
      ["send", { text: "x", extra: true }],
      ["send", { text: "x", image: { bytes: "not bytes", widthPx: 1, heightPx: 1 } }],
      ["send", { text: "x".repeat(2_000_000) }],
      ["updateSettings", { volume: 7 }],
      ["updateSettings", { nonsense: 1 }],
      ["openChat", { chatId: "" }],
      ["snapshot", { unexpected: 1 }],
      ["signInWithToken", { serverUrl: "", token: "" }],
    ];
    const answers: (string | undefined)[] = [];
    for (const [name, input] of bad) answers.push((await pipit[name]?.(input))?.error?.code);
    return answers;
  });
  expect(codes).toEqual(Array<string>(10).fill("INVALID_REQUEST"));
  await expect(desktop.chat.questions).toHaveCount(0);
  expect(model.requests).toHaveLength(0);
  expect(await desktop.settings()).not.toMatchObject({ volume: 7 });
});

test("[5.1-10] the preload gives exactly these functions, frozen, and nothing of Electron", async ({
  standing: { desktop },
}) => {
  const seen = await desktop.window.evaluate(() => {
    const { pipit } = globalThis as unknown as { readonly pipit: Record<string, unknown> };
    const kinds = new Set(Object.values(pipit).map((value) => typeof value));
    return { names: Object.keys(pipit).toSorted(), kinds: [...kinds], frozen: Object.isFrozen(pipit) };
  });
  expect(seen.kinds).toEqual(["function"]);
  expect(seen.frozen).toBe(true);
  // A new name here is a new way from the page into main: think before adding it.
  const expected = [
    "addMemory",
    "cancel",
    "cancelSignIn",
    "captureScreen",
    "changeChat",
    "changeMemory",
    "checkModel",
    "chooseModel",
    "chooseUpdate",
    "copyText",
    "deleteChat",
    "deleteMessage",
    "discard",
    "discardWaiting",
    "dropSignInLink",
    "earlierSummary",
    "editAndResend",
    "endRegion",
    "exportChats",
    "fitBar",
    "forgetMemory",
    "forgetModel",
    "forkChat",
    "givePrompt",
    "handOver",
    "hideWindow",
    "importChats",
    "listChats",
    "listMemories",
    "listModels",
    "listPrompts",
    "listWindows",
    "lookAtServer",
    "lookForModel",
    "messageFiles",
    "messageImage",
    "modelConnection",
    "newChat",
    "newTemporaryChat",
    "onApp",
    "onAuth",
    "onChat",
    "onIntent",
    "openChat",
    "openExternal",
    "openScreenSettings",
    "park",
    "reconnect",
    "regenerate",
    "regionPicture",
    "regionReady",
    "register",
    "replaceSelection",
    "restoreChat",
    "restoreMemory",
    "retry",
    "saveDraft",
    "saveModel",
    "savePrompts",
    "searchChats",
    "send",
    "shapeWindow",
    "signInByBrowser",
    "signInByDevice",
    "signInByLink",
    "signInLocally",
    "signInWithPassword",
    "signInWithToken",
    "signOut",
    "signOutAccount",
    "snapshot",
    "stopImport",
    "stopModelCheck",
    "stopSpeaking",
    "switchAccount",
    "switchBranch",
    "switchMemories",
    "undoDelete",
    "updateSettings",
    "usedTokens",
    "windowLeft",
  ];
  expect(seen.names).toEqual(expected.toSorted());
});

test("[5.1-11] tokens reach no page, page storage, log, command line or environment", async ({
  start,
  home,
}) => {
  // Without a keychain the tokens are in the credentials file, where this test can read them.
  const app = await start({ env: { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere" } });
  await app.ready();
  await app.chat.ask("hello");
  await expect(app.chat.answer("Hello from Pipit.")).toBeVisible();
  const credentials = await readFile(join(home, "credentials"), "utf8");
  const tokens = [...credentials.matchAll(/^(?:access|refresh)\s*=\s*"([^"]{20,})"/gm)].map(
    (match) => match[1] ?? "",
  );
  expect(tokens.length).toBeGreaterThanOrEqual(2);
  const processes = await processesOf(home);
  expect(processes.length).toBeGreaterThan(2);
  // Else their environments were not read.
  expect(processes.some(({ text }) => text.includes(`PIPIT_HOME=${home}`))).toBe(true);
  const page = await app.window.evaluate(() =>
    JSON.stringify([
      document.documentElement.outerHTML,
      { ...localStorage },
      { ...sessionStorage },
      document.cookie,
      location.href,
      Object.keys(globalThis),
    ]),
  );
  const snapshot = JSON.stringify(await app.command("snapshot"));
  await app.quit();
  const places: [name: string, text: string][] = [
    ["page", page],
    ["snapshot", snapshot],
    ["output of main", app.output],
    ...processes.map(({ text }): [string, string] => [
      `arguments and environment of ${text.slice(0, 80)}`,
      text,
    ]),
    ...(await filesUnder(home)).filter(([name]) => !name.endsWith("/credentials")),
  ];
  expect(places.some(([name]) => name.endsWith("client.log"))).toBe(true);
  const leaks = places.filter(([, text]) => tokens.some((token) => text.includes(token)));
  expect(leaks.map(([name]) => name)).toEqual([]);
  // No other JWT either, of any shape.
  const jwt = places.filter(([, text]) => /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/.test(text));
  expect(jwt.map(([name]) => name)).toEqual([]);
});

/** Every file of the home, logs and the windows' storage included. */
async function filesUnder(folder: string): Promise<[name: string, text: string][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.map(async (path): Promise<[string, string]> => [
      path,
      await readFile(path, "latin1").catch(() => ""),
    ]),
  );
}
