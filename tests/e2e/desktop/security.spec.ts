import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "@playwright/test";
import { mainEntry, processesOf } from "../fixtures/desktop-app.ts";
import { test } from "../fixtures/desktop-test.ts";

/** The page's side, in the words of evaluate. */
interface PageScope {
  readonly pipit: Readonly<
    Record<string, (...args: unknown[]) => Promise<{ ok: boolean; error?: { code: string } }>>
  >;
}

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
    "addProject",
    "cancel",
    "cancelSignIn",
    "captureScreen",
    "changeChat",
    "changeMemory",
    "changeProject",
    "checkModel",
    "chooseModel",
    "chooseUpdate",
    "closeRoom",
    "copyText",
    "createRoom",
    "deleteChat",
    "deleteInRoom",
    "deleteMessage",
    "deleteProject",
    "discard",
    "discardInRoom",
    "discardWaiting",
    "dropSignInLink",
    "earlierSummary",
    "editAndResend",
    "editInRoom",
    "endRegion",
    "exportChat",
    "exportChats",
    "fitBar",
    "forgetMemory",
    "forgetModel",
    "forkChat",
    "givePrompt",
    "handOver",
    "hideWindow",
    "importChats",
    "inviteToRoom",
    "joinRoom",
    "leaveRoom",
    "listChats",
    "listMemories",
    "listModels",
    "listProjects",
    "listPrompts",
    "listRoomMembers",
    "listRooms",
    "listWindows",
    "lookAtServer",
    "lookForModel",
    "messageFiles",
    "messageImage",
    "modelConnection",
    "newChat",
    "newChatInProject",
    "newTemporaryChat",
    "olderInRoom",
    "onApp",
    "onAuth",
    "onChat",
    "onIntent",
    "onRooms",
    "openChat",
    "openExternal",
    "openRoom",
    "openScreenSettings",
    "park",
    "readRoom",
    "reconnect",
    "regenerate",
    "regionPicture",
    "regionReady",
    "register",
    "removeFromRoom",
    "replaceSelection",
    "restoreChat",
    "restoreMemory",
    "retry",
    "retryInRoom",
    "roomPicture",
    "saveDraft",
    "saveModel",
    "savePrompts",
    "searchChats",
    "send",
    "sendToRoom",
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
    "stopAnswerInRoom",
    "typeInRoom",
    "askPresenceInRoom",
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
