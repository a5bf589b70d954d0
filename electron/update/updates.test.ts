import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AppUpdater } from "electron-updater";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createStore, type StoreApi } from "zustand/vanilla";
import { initialChatState, type ChatState } from "#contract/chat-state.ts";
import { writePrivateFile } from "#engine/node/files/private-files.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { openJsonFile } from "../shell/json-file.ts";
import { textsFor } from "../shell/texts.ts";
import { openUpdates, UpdateDialogs } from "./open-updates.ts";
import { signUpdate, type UpdateList } from "./update-signature.ts";
import { Updates, type UpdateMemory, type UpdatesDeps } from "./updates.ts";

/**
 * The real updater of AppImages, as it is in plain Node: its requests go through Node in place of Electron, and its app is
 * an adapter. What it fetches, checks, puts in place and starts is real.
 */
const require = createRequire(import.meta.url);
const builder = createRequire(createRequire(require.resolve("electron-builder")).resolve("app-builder-lib"));
const { AppImageUpdater } = require("electron-updater") as {
  AppImageUpdater: new (feed: undefined, app: object) => AppUpdater & { httpExecutor: unknown };
};
const { ElectronHttpExecutor } = require("electron-updater/out/electronHttpExecutor") as {
  ElectronHttpExecutor: { readonly prototype: { download: unknown } };
};
const { NodeHttpExecutor } = builder("builder-util/out/nodeHttpExecutor") as {
  NodeHttpExecutor: new () => object;
};

const key = generateKeyPairSync("ed25519");
const publicKey = key.publicKey.export({ format: "der", type: "spki" }).toString("base64");
const dayMs = 24 * 60 * 60_000;

let folder: string;
let server: Server;
let answers: Map<string, (response: ServerResponse) => void>;
let asked: { readonly path: string; readonly stagingId: unknown }[];
let nowMs: number;
let quit: number;
let chat: StoreApi<ChatState>;
const opened: Updates[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pipit-updates-"));
  answers = new Map();
  asked = [];
  nowMs = 10 * dayMs;
  quit = 0;
  chat = createStore<ChatState>(() => initialChatState);
  server = createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    asked.push({ path, stagingId: request.headers["x-user-staging-id"] });
    const answer = answers.get(path);
    if (answer === undefined) response.writeHead(404).end();
    else answer(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  await mkdir(join(folder, "app"));
  await writeFile(installed(), "#!/bin/sh\n", { mode: 0o755 });
  vi.stubEnv("APPIMAGE", installed());
  // What the updater emits on Electron's module when it has installed.
  const path = require.resolve("electron");
  require.cache[path] = {
    id: path,
    filename: path,
    loaded: true,
    exports: { autoUpdater: { emit: () => true } },
  } as never;
});
afterEach(async () => {
  for (const one of opened.splice(0)) one[Symbol.dispose]();
  server.closeAllConnections();
  server.close();
  await once(server, "close");
  await rm(folder, { recursive: true, force: true });
});

const installed = () => join(folder, "app/Pipit.AppImage");
const marker = () => join(folder, "started");

/** A version on the server: its program writes down that it was started. */
function publish(version: string, signWith: KeyObject | null = key.privateKey, sent?: Buffer): void {
  const program = Buffer.from(`#!/bin/sh\necho ${version} > '${marker()}'\n`);
  const name = `Pipit-${version}.AppImage`;
  const sha512 = createHash("sha512").update(program).digest("base64");
  const list: UpdateList = { version, files: [{ url: name, sha512 }] };
  const signed = signWith === null ? {} : { pipitSignature: signUpdate(list, signWith) };
  const released = { releaseDate: "2026-11-29T00:00:00.000Z", releaseNotes: "<p>Faster.</p>" };
  const files = [{ url: name, sha512, size: program.length }];
  // JSON is YAML, too.
  answers.set(
    `/latest-linux.yml`,
    (response) => void response.end(JSON.stringify({ ...list, ...released, files, ...signed })),
  );
  answers.set(`/${name}`, (response) => void response.end(sent ?? program));
}

async function open(currentVersion = "1.0.0", more: Partial<UpdatesDeps> = {}): Promise<Updates> {
  const { port } = server.address() as AddressInfo;
  const updater = new AppImageUpdater(undefined, {
    version: currentVersion,
    name: "Pipit",
    isPackaged: true,
    appUpdateConfigPath: join(folder, "app-update.yml"),
    userDataPath: join(folder, "data"),
    baseCachePath: join(folder, "cache"),
    whenReady: () => Promise.resolve(),
    relaunch: () => undefined,
    quit: () => void (quit += 1),
    onQuit: () => undefined,
  });
  const { download } = ElectronHttpExecutor.prototype;
  updater.httpExecutor = Object.assign(new NodeHttpExecutor(), { download });
  updater.setFeedURL({ provider: "generic", url: `http://127.0.0.1:${port}/` });
  await writeFile(join(folder, "app-update.yml"), "updaterCacheDirName: pipit\n");
  const logger = createFakeLogger();
  const memory = await openJsonFile<UpdateMemory>({
    path: join(folder, "updates.json"),
    initial: { checkedAtMs: 0 },
    parse: (value) => value as UpdateMemory,
    logger,
  });
  const updates = new Updates({
    updater,
    currentVersion,
    publicKey,
    memory,
    chat,
    clock: { nowMs: () => nowMs },
    logger,
    stallMs: 60_000,
    ...more,
  });
  opened.push(updates);
  return updates;
}

const remembered = async () =>
  JSON.parse(await readFile(join(folder, "updates.json"), "utf8")) as UpdateMemory;

test("[5.1-20] a newer version is offered with its notes, waits for the answer to end, starts, and is known after the restart", async () => {
  publish("1.1.0");
  const updates = await open();
  expect(await updates.check()).toEqual({ kind: "available", version: "1.1.0", notes: "Faster." });
  chat.setState({ activeMessageId: "m1", speaking: true });
  const installing = updates.install();
  await expect.poll(() => updates.state.getState()).toEqual({ kind: "waiting", version: "1.1.0" });
  // Nothing is asked twice while it is under way, and the running app is as it was.
  expect(await updates.check()).toEqual({ kind: "waiting", version: "1.1.0" });
  expect(await readFile(installed(), "utf8")).toBe("#!/bin/sh\n");
  // An installation would be written down first: there is time for more than that.
  for (let written = 0; written < 3; written += 1) await writePrivateFile(join(folder, "other"), "x");
  expect(await remembered()).not.toHaveProperty("installing");
  expect([quit, existsSync(marker())]).toEqual([0, false]);

  const { activeMessageId: _, ...rest } = chat.getState();
  chat.setState(rest, true);
  expect(updates.state.getState().kind).toBe("waiting");
  chat.setState({ speaking: false });
  await installing;
  await expect.poll(() => existsSync(marker()) && quit).toBe(1);
  expect((await readFile(marker(), "utf8")).trim()).toBe("1.1.0");
  expect(await remembered()).toEqual({ checkedAtMs: nowMs, installing: { from: "1.0.0", to: "1.1.0" } });
  expect(asked.every(({ stagingId }) => stagingId === "none")).toBe(true);

  const next = await open("1.1.0");
  await next.start();
  expect([next.state.getState(), await remembered()]).toEqual([{ kind: "idle" }, { checkedAtMs: nowMs }]);
});

test("[5.1-20] an app that comes back as the old one says so once", async () => {
  await writeFile(
    join(folder, "updates.json"),
    JSON.stringify({ checkedAtMs: nowMs, installing: { from: "1.0.0", to: "1.1.0" } }),
  );
  const updates = await open("1.0.0");
  await updates.start();
  expect(updates.state.getState()).toEqual({ kind: "failed", problem: "not-installed" });
  const again = await open("1.0.0");
  await again.start();
  expect(again.state.getState()).toEqual({ kind: "idle" });
});

test("the server is asked once a day, also by an app that is started often", async () => {
  publish("1.0.0");
  const updates = await open();
  await updates.start();
  await expect.poll(() => updates.state.getState()).toEqual({ kind: "current", offered: "1.0.0" });
  await expect.poll(async () => (await remembered()).checkedAtMs).toBe(nowMs);
  nowMs += dayMs - 1;
  const again = await open();
  await again.start();
  expect(again.state.getState()).toEqual({ kind: "idle" });
  expect(asked.length).toBe(1);
});

describe("[5.1-20] leaves the app as it is, and says why, when", () => {
  const install = async (updates: Updates) => {
    const found = await updates.check();
    return found.kind === "available" ? updates.install() : found;
  };
  const failed = (problem: string) => ({ kind: "failed", problem });
  const stranger = generateKeyPairSync("ed25519").privateKey;

  test.each<[string, () => void, object]>([
    ["the server is gone", () => undefined, failed("unreachable")],
    [
      "the list is none",
      () => answers.set("/latest-linux.yml", (to) => void to.end("<html>")),
      failed("unreachable"),
    ],
    ["the version is older", () => publish("0.9.0"), { kind: "current", offered: "0.9.0" }],
    ["nothing is signed", () => publish("1.1.0", null), failed("unsigned")],
    ["somebody else signed", () => publish("1.1.0", stranger), failed("unsigned")],
    [
      "the file is another",
      () => publish("1.1.0", key.privateKey, Buffer.from("#!/bin/sh\n")),
      failed("corrupt"),
    ],
    [
      "the download breaks off",
      () => {
        publish("1.1.0");
        answers.set("/Pipit-1.1.0.AppImage", (to) => {
          to.writeHead(200, { "content-length": "1000000" });
          to.write("#!/bin/sh\n", () => to.destroy());
        });
      },
      failed("interrupted"),
    ],
    [
      "the download stands still",
      () => {
        publish("1.1.0");
        answers.set("/Pipit-1.1.0.AppImage", (to) => {
          to.writeHead(200, { "content-length": "1000000" });
          to.write("#!/bin/sh\n");
        });
      },
      failed("interrupted"),
    ],
  ])("%s", async (when, prepare, state) => {
    prepare();
    const updates = await open("1.0.0", { stallMs: when.endsWith("still") ? 200 : 60_000 });
    expect(await install(updates)).toEqual(state);
    expect(await readFile(installed(), "utf8")).toBe("#!/bin/sh\n");
    expect([quit, existsSync(marker())]).toEqual([0, false]);
    // A person may try again, and then it works.
    publish("1.2.0");
    expect(await updates.check()).toMatchObject({ kind: "available", version: "1.2.0" });
  });
});

describe("a person who asks", () => {
  const host = (answer: number) => {
    const said: { readonly message: string; readonly detail?: string | undefined }[] = [];
    const pages: string[] = [];
    return {
      said,
      pages,
      host: {
        app: { isPackaged: true, getAppPath: () => folder, getVersion: () => "1.0.0" },
        dialog: {
          showMessageBox: async (box: unknown) => {
            said.push(box as (typeof said)[number]);
            return { response: answer, checkboxChecked: false };
          },
        },
        chat,
        texts: () => textsFor("en", "en"),
        openPage: async (page: string) => void pages.push(page),
        memory: undefined as never,
        logger: createFakeLogger(),
      },
    };
  };
  const dialogs = async (answer: number) => {
    const person = host(answer);
    return { ...person, dialogs: new UpdateDialogs(await open(), person.host, "https://pipit.example/get") };
  };

  test("sees the notes, and gets the version only after a yes", async () => {
    publish("1.1.0");
    const no = await dialogs(1);
    await no.dialogs.choose();
    expect(no.said).toMatchObject([{ message: "Pipit 1.1.0 is there." }]);
    expect(no.said[0]?.detail).toMatch(/^Faster\.\n\nPipit downloads it/u);
    expect(asked.map(({ path }) => path)).toEqual(["/latest-linux.yml"]);
    const yes = await dialogs(0);
    await yes.dialogs.choose();
    await expect.poll(() => existsSync(marker()) && quit).toBe(1);
    expect(yes.said.length).toBe(1);
  });

  test("is told what went wrong, what to do, and where the downloads are", async () => {
    publish("1.1.0", null);
    const { said, pages, dialogs: open_ } = await dialogs(0);
    await open_.choose();
    expect(said.map(({ message }) => message)).toEqual([
      "The newer version that is offered is not signed by those who made this Pipit.",
    ]);
    expect([said[0]?.detail, pages]).toEqual([
      expect.stringContaining("The Pipit that runs stays as it is."),
      ["https://pipit.example/get"],
    ]);
    publish("0.9.0");
    await open_.choose();
    expect(said.at(-1)?.message).toContain("0.9.0, which is older");
  });

  test("of a source tree has no updates to ask for", async () => {
    const { host: asking } = host(0);
    expect(await openUpdates({ ...asking, app: { ...asking.app, isPackaged: false } })).toBeUndefined();
    // A package that was made without a key.
    await writeFile(join(folder, "package.json"), JSON.stringify({ homepage: "https://pipit.example" }));
    expect(await openUpdates(asking)).toBeUndefined();
  });
});
