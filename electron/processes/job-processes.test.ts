import { fork, type ChildProcess } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { fileURLToPath } from "node:url";
import type { UtilityProcess } from "electron";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";
import { aboutJobProcess } from "#contract/processes/job-process.ts";
import { Pictures } from "#server/domain/pictures/pictures.ts";
import { packMessage, unpackMessage } from "#tests/electron-stand-in/child/whole-clone.ts";
import { serveJobProcesses } from "./job-processes.ts";

const parentPort = fileURLToPath(
  new URL("../../tests/electron-stand-in/child/parent-port.ts", import.meta.url),
);
const { signal } = new AbortController();

/** The server's end of its port to main; messages are cloned on their way, as Electron does. */
class Port extends EventEmitter {
  readonly server = Object.assign(new EventEmitter(), {
    postMessage: (message: unknown) =>
      queueMicrotask(() => this.emit("message", { data: structuredClone(message) })),
  }) as unknown as UtilityProcess;
  readonly sent: { readonly message?: unknown }[] = [];
  postMessage(message: unknown): void {
    this.sent.push(message as object);
    queueMicrotask(() => this.server.emit("message", structuredClone(message)));
  }
}

let port: Port;
let started: {
  readonly program: string;
  readonly options: unknown;
  readonly child: ChildProcess;
  readonly utility: EventEmitter;
}[];
let pictures: Pictures;
beforeEach(() => {
  port = new Port();
  started = [];
  Object.defineProperty(process, "parentPort", { value: port, configurable: true });
  serveJobProcesses(port.server, fileURLToPath(new URL("../../server/domain/pictures", import.meta.url)), {
    fork(path, _args, options) {
      const execArgv = ["--import", parentPort];
      const program = path.replace(/\.js$/u, ".ts");
      const child = fork(program, [], {
        execArgv,
        env: {},
        stdio: ["ignore", "ignore", "ignore", "ipc"],
        serialization: "advanced",
      });
      const utility = Object.assign(new EventEmitter(), {
        pid: child.pid,
        postMessage: (message: unknown) => child.send(packMessage(message)),
        kill: () => child.kill(),
      });
      started.push({ program: path, options, child, utility });
      child.on("message", (packed: Uint8Array) => utility.emit("message", unpackMessage(packed)));
      child.once("exit", (code) => utility.emit("exit", code));
      return utility as unknown as UtilityProcess;
    },
  });
  pictures = new Pictures();
});
afterEach(async () => {
  await pictures[Symbol.asyncDispose]();
  Reflect.deleteProperty(process, "parentPort");
});

test("[D1] in a utility process the picture decoder is started by main, and works", async () => {
  const png = await sharp({ create: { width: 40, height: 30, channels: 3, background: "teal" } })
    .png()
    .toBuffer();
  // As a Buffer of Node often is: a small part of a memory that others use, too.
  const pool = Buffer.concat([Buffer.alloc(500, 1), png, Buffer.alloc(500, 1)]);
  const scaled = await pictures.scale(pool.subarray(500, 500 + png.length), "ann", signal);
  expect(await sharp(scaled.jpeg).metadata()).toMatchObject({ format: "jpeg", width: 40, height: 30 });
  expect(started).toMatchObject([
    { program: expect.stringMatching(/picture-process\.js$/u), options: { env: {} } },
  ]);
  const bytes = port.sent.flatMap(({ message }) => (message instanceof Uint8Array ? [message] : []));
  expect(bytes.map((view) => view.buffer.byteLength)).toEqual([png.length]);
});

test("a decoder that runs out of memory ends no app", () => {
  port.server.emit("message", aboutJobProcess("a", { kind: "start", program: "picture-process" }));
  expect(started[0]?.utility.emit("error", "FatalError", "Reached heap limit", "{}")).toBe(true);
});

test("a decoder that says what cannot be carried on is ended, and ends no app", async () => {
  port.server.emit("message", aboutJobProcess("a", { kind: "start", program: "picture-process" }));
  const own: unknown[] = [];
  own.push(own);
  const [one] = started;
  if (one === undefined) throw new Error("none was started");
  const ended = once(one.child, "exit");
  one.utility.emit("message", own);
  const [, killedBy] = await ended;
  expect(killedBy).toMatch(/^SIG(?:TERM|KILL)$/u);
});

test("[D1] one that is killed in its work is replaced, and all end with the server", async () => {
  const create = { width: 3_000, height: 3_000, channels: 3, background: "teal" } as const;
  const large = await sharp({ create }).png().toBuffer();
  const stop = new AbortController();
  const aborted = pictures.scale(large, "ann", stop.signal);
  stop.abort(new Error("left"));
  await expect(aborted).rejects.toThrow("left");
  await pictures.scale(
    await sharp({ create: { ...create, height: 2 } })
      .png()
      .toBuffer(),
    "ann",
    signal,
  );
  expect(started).toHaveLength(2);
  const ended = started.map(({ child }) => new Promise((resolve) => child.once("close", resolve)));
  port.server.emit("exit", 9);
  await ended[1];
  expect(
    started.map(({ child }) => child.signalCode === "SIGKILL" || child.signalCode === "SIGTERM"),
  ).toEqual([true, true]);
});

test("[D1] main starts nothing but the server's own programs", () => {
  const request = { type: "pipit:job-process", id: "1", kind: "start", program: "../../../bin/sh" };
  port.server.emit("message", request);
  expect(started).toEqual([]);
});
