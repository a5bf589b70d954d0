import { EventEmitter } from "node:events";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { UtilityProcess } from "electron";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LEAVE } from "#contract/processes/leave-message.ts";
import type { ChildLauncher } from "#engine/node/processes/child-launcher.ts";
import type { Forker } from "./utility-child.ts";
import { createUtilityLauncher } from "./utility-launcher.ts";

interface FakeChild extends EventEmitter {
  readonly sent: unknown[];
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  killed: number;
}

let child: FakeChild;
let forks: Parameters<Forker["fork"]>[];
let lost: number;
let launcher: ChildLauncher;
beforeEach(() => {
  forks = [];
  lost = 0;
  const sent: unknown[] = [];
  child = Object.assign(new EventEmitter(), {
    pid: undefined,
    sent,
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    killed: 0,
    postMessage: (message: unknown) => void sent.push(message),
    kill: () => {
      child.killed += 1;
      return true;
    },
  });
  launcher = createUtilityLauncher(
    {
      fork(...args) {
        forks.push(args);
        return child as unknown as UtilityProcess;
      },
    },
    () => (lost += 1),
  );
});
afterEach(() => vi.useRealTimers());

test("a helper has no standard input, and talks by messages", async () => {
  const helper = launcher.startHelper({ program: "/app/helper.js", stderr: "pipe" });
  expect(forks).toEqual([
    ["/app/helper.js", [], { stdio: ["ignore", "ignore", "pipe"], serviceName: "Pipit Helper" }],
  ]);
  const heard: unknown[] = [];
  helper.onMessage((message) => heard.push(message));
  helper.send({ a: 1 });
  child.emit("message", { b: 2 });
  expect([child.sent, heard]).toEqual([[{ a: 1 }], [{ b: 2 }]]);
  helper.leave();
  child.emit("exit", 0);
  expect(await helper.ended).toBe("0");
  helper.send("too late");
  expect(child.sent).toEqual([{ a: 1 }, LEAVE]);
});

test("one that says it is done is ended, because it does not end by itself", () => {
  vi.useFakeTimers();
  const helper = launcher.startHelper({ program: "/app/helper.js", stderr: "ignore" });
  const heard: unknown[] = [];
  helper.onMessage((message) => heard.push(message));
  child.emit("message", LEAVE);
  vi.advanceTimersByTime(1_000);
  expect([heard, child.killed]).toEqual([[], 1]);
});

test("a service is asked to stop by a message, and its log is written for it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pipit-service-"));
  await using log = await open(join(folder, "server.log"), "a");
  const service = launcher.startService({
    program: "/app/server.js",
    args: ["--embedded"],
    stderrFd: log.fd,
  });
  expect(forks[0]?.[2]?.stdio).toEqual(["ignore", "pipe", "pipe"]);
  child.stderr.write("it said this\n");
  await expect.poll(() => readFile(join(folder, "server.log"), "utf8")).toBe("it said this\n");
  service.stop();
  expect(child.sent).toEqual([LEAVE]);
  child.emit("exit", 0);
  await service.ended;
  expect(lost).toBe(0);
  await rm(folder, { recursive: true });
});

test("a helper that runs out of memory ends, and the app does not", async () => {
  const helper = launcher.startHelper({ program: "/app/helper.js", stderr: "ignore" });
  child.emit("error", "FatalError", "Reached heap limit", "{}");
  child.emit("exit", 134);
  expect(await helper.ended).toBe("134");
});

test("a service that ends without having been asked to is reported", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pipit-service-"));
  await using log = await open(join(folder, "server.log"), "a");
  const service = launcher.startService({ program: "/app/server.js", args: [], stderrFd: log.fd });
  child.emit("exit", 9);
  expect(await service.ended).toBe("9");
  expect(lost).toBe(1);
  await rm(folder, { recursive: true });
});
