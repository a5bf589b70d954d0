import { expect, test } from "vitest";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { ServerClock } from "./server-clock.ts";

const START_MS = 1_800_000_000_000;
const MINUTE_MS = 60_000;
const YEAR_MS = 365 * 24 * 60 * MINUTE_MS;

/** A server, its database, and the clocks of both: `at` moves time, `machineAheadMs` sets the machine's. */
function openStage() {
  const at = { elapsedMs: 0, machineAheadMs: 0, databaseAheadMs: 0, looks: 0, isDown: false };
  const logger = createRecordingLogger();
  const clock = new ServerClock({
    machine: { nowMs: () => START_MS + at.elapsedMs + at.machineAheadMs },
    logger,
    elapsedMs: () => at.elapsedMs,
  });
  const ask = async (): Promise<number> => {
    at.looks += 1;
    if (at.isDown) throw new Error("The database is down.");
    return START_MS + at.elapsedMs + at.databaseAheadMs;
  };
  return { at, logger, clock, ask, events: () => logger.lines.map(({ event }) => event) };
}

test("a clock without a database is the machine's own", () => {
  const { at, clock } = openStage();
  at.machineAheadMs = YEAR_MS;
  expect(clock.nowMs()).toBe(START_MS + YEAR_MS);
  expect([clock.state, clock.aheadSeconds]).toEqual(["own", undefined]);
  expect(clock.requireRight).not.toThrow();
});

test.each([
  [0, "right", undefined],
  [4_999, "right", undefined],
  [-5_000, "off", "clock.off"],
  [59_999, "off", "clock.off"],
  [60_000, "wrong", "clock.wrong"],
  [-20 * MINUTE_MS, "wrong", "clock.wrong"],
  [2 * YEAR_MS, "wrong", "clock.wrong"],
] as const)(
  "a machine's clock %i ms ahead is %s, and the time is the database's",
  async (aheadMs, state, told) => {
    const { at, clock, ask, events } = openStage();
    at.machineAheadMs = aheadMs;
    await clock.follow(ask);
    expect([clock.nowMs(), clock.state, clock.aheadSeconds]).toEqual([START_MS, state, aheadMs / 1000]);
    expect(events()).toEqual(told === undefined ? [] : [told]);
    if (state === "wrong")
      expect(clock.requireRight).toThrow(expect.objectContaining({ code: "CLOCK_WRONG" }) as Error);
    else expect(clock.requireRight).not.toThrow();
    await clock[Symbol.asyncDispose]();
  },
);

test("a clock that is set while the server runs changes nothing but what is told, and what is set right is told too", async () => {
  const { at, clock, ask, events } = openStage();
  await clock.follow(ask);
  at.elapsedMs += 1_000;
  at.machineAheadMs = 2 * YEAR_MS;
  expect(clock.nowMs()).toBe(START_MS + 1_000);
  await expect.poll(() => clock.state).toBe("wrong");
  at.elapsedMs += 1_000;
  at.machineAheadMs = 0;
  expect(clock.nowMs()).toBe(START_MS + 2_000);
  await expect.poll(() => clock.state).toBe("right");
  expect(events()).toEqual(["clock.wrong", "clock.right"]);
  expect(at.looks).toBe(3);
  await clock[Symbol.asyncDispose]();
});

test("while the database is away the time goes on, and a slow answer proves nothing", async () => {
  const { at, clock, ask } = openStage();
  await clock.follow(ask);
  at.isDown = true;
  at.elapsedMs += 10 * MINUTE_MS;
  at.machineAheadMs = MINUTE_MS;
  expect(clock.nowMs()).toBe(START_MS + 10 * MINUTE_MS);
  await expect.poll(() => at.looks).toBe(2);
  expect(clock.state).toBe("right");
  await clock[Symbol.asyncDispose]();
  const slow = openStage();
  slow.at.machineAheadMs = 4_000;
  await slow.clock.follow(async () => {
    const askedMs = await slow.ask();
    slow.at.elapsedMs += 8_000;
    return askedMs;
  });
  expect(slow.clock.state).toBe("right");
  await slow.clock[Symbol.asyncDispose]();
});
