import { setImmediate as nextLoopTurn, setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { JobQueue } from "./job-queue.ts";
import type { JobRunner } from "./job-runner.ts";
import { READY } from "./serve-jobs.ts";

const never = new AbortController().signal;
const options = { name: "the work", limitMs: 60_000 };

/** A program that does what the test says, when the test says so. */
class FakeRunner implements JobRunner {
  readonly jobs: unknown[] = [];
  readonly #gone = Promise.withResolvers<string>();
  readonly ended = this.#gone.promise;
  isKilled = false;
  #listener: (message: unknown) => void = () => {};

  send(job: unknown): void {
    this.jobs.push(job);
  }
  onMessage(listener: (message: unknown) => void): void {
    this.#listener = listener;
  }
  setBusy(): void {}
  kill(): void {
    this.isKilled = true;
  }
  say(message: unknown): void {
    this.#listener(message);
  }
  go(): void {
    this.#gone.resolve("has gone");
  }
}

function createRunners() {
  const started: FakeRunner[] = [];
  const start = (): FakeRunner => {
    const runner = new FakeRunner();
    started.push(runner);
    return runner;
  };
  return { started, start };
}

test.each([
  ["be started", "start"],
  ["be given the job", "send"],
] as const)("a program that cannot %s fails that job only", async (_what, where) => {
  const { started, start } = createRunners();
  let isBroken = true;
  const runnerThatFails = (): JobRunner => {
    if (!isBroken) return start();
    if (where === "start") throw new Error("no more threads");
    const runner = start();
    return Object.assign(runner, {
      send: () => {
        throw new Error("no channel");
      },
    });
  };
  const queue = new JobQueue<string, string>({ ...options, start: runnerThatFails });
  const failed = { kind: "not-started" };
  await expect(queue.run("a", never)).rejects.toMatchObject(failed);
  const waiting = ["b", "c"].map((job) => queue.run(job, never));
  for (const job of waiting) await expect(job).rejects.toMatchObject(failed);
  isBroken = false;
  const next = queue.run("d", never);
  started.at(-1)?.say({ result: "done" });
  expect(await next).toBe("done");
});

test("a job that takes too long is over when its program has gone, and the next one begins then", async () => {
  const { started, start } = createRunners();
  const queue = new JobQueue<string, string>({ ...options, limitMs: 0, start });
  let isOver = false;
  const long = queue.run("long", never).finally(() => (isOver = true));
  const failed = expect(long).rejects.toMatchObject({ kind: "too-long" });
  const next = queue.run("next", never);
  const [first] = started;
  first?.say(READY);
  await expect.poll(() => first?.isKilled).toBe(true);
  // Too late to count.
  first?.say({ result: "late" });
  await nextLoopTurn();
  expect([isOver, started.length]).toEqual([false, 1]);
  first?.go();
  await failed;
  expect(started[1]?.jobs).toEqual(["next"]);
  started[1]?.say({ result: "done" });
  expect(await next).toBe("done");
});

test("a program that is held does not end for want of work", async () => {
  const { started, start } = createRunners();
  const queue = new JobQueue<string, string>({ ...options, idleMs: 0, start });
  {
    using held = new DisposableStack();
    held.use(queue.hold());
    for (const job of ["a", "b"]) {
      const done = queue.run(job, never);
      started[0]?.say({ result: job });
      expect(await done).toBe(job);
      await sleep(5);
    }
    expect(started[0]?.isKilled).toBe(false);
  }
  await expect.poll(() => started[0]?.isKilled).toBe(true);
  expect(started).toHaveLength(1);
});
