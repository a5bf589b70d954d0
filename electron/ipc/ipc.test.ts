import type { IpcMain, IpcMainInvokeEvent } from "electron";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { ipcCommands, type IpcHandlers, type Reply } from "#contract/commands/ipc-schema.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { APP_ORIGIN, APP_PAGE } from "../windows/app-origin.ts";
import { registerIpc } from "./ipc.ts";

vi.mock("electron", () => ({ ipcMain: {} }));

type Handler = (event: IpcMainInvokeEvent, input: unknown) => Promise<Reply<unknown>>;
interface Frame {
  readonly url: string;
  readonly origin: string;
  readonly parent: object | null;
}

const OWN_WINDOW = 7;
const ownFrame: Frame = { url: APP_PAGE, origin: APP_ORIGIN, parent: null };
let handlers: Map<string, Handler>;
let calls: (readonly [name: string, input: unknown])[];
let logger: ReturnType<typeof createFakeLogger>;
/** What the next command does. */
let run: () => Promise<unknown>;

beforeEach(() => {
  handlers = new Map();
  calls = [];
  logger = createFakeLogger();
  run = async () => "done";
  const commands = Object.fromEntries(
    Object.keys(ipcCommands).map((name) => [
      name,
      (input?: unknown) => {
        calls.push([name, input]);
        return run();
      },
    ]),
  ) as unknown as IpcHandlers;
  const receiver: Pick<IpcMain, "handle"> = {
    handle: (channel, handler) => void handlers.set(channel, handler as Handler),
  };
  registerIpc({ commandsFor: (id) => (id === OWN_WINDOW ? commands : undefined), logger }, receiver);
});

function invoke(
  name: string,
  input?: unknown,
  from: { readonly frame?: Frame | null; readonly window?: number } = {},
): Promise<Reply<unknown>> {
  const { frame = ownFrame, window = OWN_WINDOW } = from;
  const event = { senderFrame: frame, sender: { id: window } } as unknown as IpcMainInvokeEvent;
  const handler = handlers.get(`pipit:${name}`);
  if (handler === undefined) throw new Error(`nobody serves ${name}`);
  return handler(event, input);
}

test("serves every command of the schema, and no other channel", () => {
  expect([...handlers.keys()].toSorted()).toEqual(
    Object.keys(ipcCommands)
      .map((name) => `pipit:${name}`)
      .toSorted(),
  );
});

describe("[5.1-9] who may ask", () => {
  test("the top frame of a window of ours", async () => {
    expect(await invoke("newChat")).toEqual({ ok: true, value: "done" });
  });

  test.each<[string, { readonly frame?: Frame | null; readonly window?: number }]>([
    ["a frame that is gone", { frame: null }],
    ["a sub-frame of our own page", { frame: { ...ownFrame, parent: {} } }],
    [
      "a foreign origin",
      { frame: { ...ownFrame, url: "https://evil.example/", origin: "https://evil.example" } },
    ],
    [
      "an origin that only begins like ours",
      { frame: { ...ownFrame, url: "app://pipit.evil/", origin: "app://pipit.evil" } },
    ],
    ["an opaque origin at our address", { frame: { ...ownFrame, origin: "null" } }],
    ["a local file", { frame: { ...ownFrame, url: "file:///etc/passwd", origin: "file://" } }],
    ["a window that is not ours", { window: 8 }],
  ])("not %s", async (_, from) => {
    const reply = await invoke("newChat", undefined, from);
    expect(reply).toEqual({ ok: false, error: { code: "NOT_ALLOWED", message: expect.any(String) } });
    expect(calls).toEqual([]);
    expect(logger.lines.map((line) => line.event)).toEqual(["ipc.refused_sender"]);
  });
});

describe("[5.1-9] what is asked", () => {
  test.each<[string, string, unknown]>([
    ["no text", "send", {}],
    ["a number for text", "send", { text: 5 }],
    ["a field that nobody knows", "send", { text: "hi", prototype: 1 }],
    ["a text without end", "send", { text: "x".repeat(2_000_000) }],
    ["an image that is no bytes", "send", { text: "hi", image: { bytes: "AAAA", widthPx: 1, heightPx: 1 } }],
    [
      "an image of negative width",
      "send",
      { text: "", image: { bytes: new Uint8Array(1), widthPx: -1, heightPx: 1 } },
    ],
    ["input where there is none", "cancel", { force: true }],
    ["an unknown setting", "updateSettings", { shell: "rm" }],
    ["a setting out of range", "updateSettings", { volume: 5 }],
    ["no message id", "retry", undefined],
  ])("%s is refused before any command runs", async (_, name, input) => {
    const reply = await invoke(name, input);
    expect(reply).toMatchObject({ ok: false, error: { code: "INVALID_REQUEST" } });
    expect(calls).toEqual([]);
  });

  test("the field at fault is named", async () => {
    expect(await invoke("updateSettings", { volume: 5 })).toMatchObject({ error: { field: "volume" } });
  });

  test("what the schema lets through arrives as it was", async () => {
    const image = { bytes: new Uint8Array([1, 2]), widthPx: 2, heightPx: 1 };
    await invoke("send", { text: "hi", image });
    expect(calls).toEqual([["send", { text: "hi", image }]]);
  });
});

describe("[5.1-9] what comes back", () => {
  test("an error of ours with its code, field and wait", async () => {
    run = () =>
      Promise.reject(
        new PipitError("RATE_LIMITED", "Wait.", { field: "text", retryAfterMs: 5, detail: "secret" }),
      );
    expect(await invoke("cancel")).toEqual({
      ok: false,
      error: { code: "RATE_LIMITED", message: "Wait.", field: "text", retryAfterMs: 5 },
    });
  });

  test("a fault of ours without its inside, which goes to the log", async () => {
    run = () => Promise.reject(new Error("/home/me/secret"));
    const reply = await invoke("cancel");
    expect(reply).toMatchObject({ ok: false, error: { code: "INTERNAL" } });
    expect(JSON.stringify(reply)).not.toContain("secret");
    expect(logger.lines.map((line) => line.event)).toEqual(["ipc.failed"]);
  });
});

test("the page is given bytes without the memory of main around them", async () => {
  const pool = Buffer.from("a token of main, and a picture");
  run = async () => ({ bytes: pool.subarray(23), widthPx: 1, heightPx: 1 });
  const reply = (await invoke("captureScreen", { area: "screen" })) as {
    readonly value: { readonly bytes: Uint8Array };
  };
  const { bytes } = structuredClone(reply.value);
  expect([Buffer.from(bytes).toString(), bytes.buffer.byteLength]).toEqual(["picture", 7]);
});
