import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { waitFor, withTimeout } from "./abort.ts";
import { systemClock } from "./system-clock.ts";
import { createFakeClock, settle } from "./testing/fake-clock.ts";

const never = new AbortController().signal;
const late = () => new PipitError("DEADLINE_EXCEEDED", "Too late.");

describe("systemClock", () => {
  test("tells the time and sleeps", async () => {
    const beforeMs = systemClock.nowMs();
    await systemClock.sleep(5, never);
    expect(systemClock.nowMs() - beforeMs).toBeGreaterThanOrEqual(3);
  });

  test("an abort ends a sleep at once, even one longer than timers can hold", async () => {
    const controller = new AbortController();
    const sleep = systemClock.sleep(Number.MAX_SAFE_INTEGER, controller.signal);
    controller.abort();
    await expect(sleep).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(systemClock.sleep(1, controller.signal)).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("withTimeout", () => {
  test("gives the result and stops its timer", async () => {
    const clock = createFakeClock();
    expect(await withTimeout(clock, 100, never, async () => 7, late)).toBe(7);
    expect(clock.sleeping()).toEqual([]);
  });

  test("aborts work that takes too long and says so, even if the work does not listen", async () => {
    const clock = createFakeClock();
    let limited: AbortSignal | undefined;
    const result = withTimeout(
      clock,
      100,
      never,
      (signal) => ((limited = signal), new Promise(() => {})),
      late,
    );
    await settle();
    clock.advance(100);
    await expect(result).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect(limited?.aborted).toBe(true);
  });

  test("the caller's abort is not a timeout; an error of the work stays itself", async () => {
    const clock = createFakeClock();
    const controller = new AbortController();
    const result = withTimeout(clock, 100, controller.signal, () => new Promise(() => {}), late);
    controller.abort();
    await expect(result).rejects.toMatchObject({ code: "CANCELLED" });
    const failing = withTimeout(clock, 100, never, () => Promise.reject(new RangeError("own")), late);
    await expect(failing).rejects.toBeInstanceOf(RangeError);
  });
});

test("waitFor leaves an aborted caller at once and swallows what comes later", async () => {
  const work = Promise.withResolvers<void>();
  const controller = new AbortController();
  const waiting = waitFor(work.promise, controller.signal);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
  work.reject(new Error("too late to matter"));
  await expect(waitFor(work.promise, controller.signal)).rejects.toMatchObject({ code: "CANCELLED" });
});
