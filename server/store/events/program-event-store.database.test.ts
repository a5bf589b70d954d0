import { expect, test } from "vitest";
import { describe } from "vitest";
import type { ProgramEvent } from "#contract/events/program-events.ts";
import { databases } from "#server/testing/databases.ts";

const eventOf = (n: number): ProgramEvent => ({
  eventId: `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`,
  eventType: "t",
  aggregateId: "a",
  nodeId: "n",
  lamportClock: n,
  data: "{}",
});
const many = (from: number, count: number) => Array.from({ length: count }, (_, at) => eventOf(from + at));
const never = new AbortController().signal;

describe.each(databases)("events of programs on $name", ({ open }) => {
  test("are kept as long as is said, and no shorter when the clock steps back", async () => {
    await using temporary = await open();
    const { store, clock } = temporary;
    const { programEvents: events } = store;
    await events.add("ann", many(0, 1_000));
    clock.advance(-3_600_000);
    await events.add("ann", many(1_000, 1_000));
    await events.add("bob", many(0, 700));
    expect((await events.add("ann", many(1_999, 2))).size).toBe(1);
    clock.advance(3_600_000 + 9_999);
    await events.removeOlder(3_610_000, never);
    const kept = async () =>
      Number((await temporary.query('select count(*) as "count" from events'))[0]?.["count"]);
    expect(await kept()).toBe(2_701);
    clock.advance(1);
    await events.removeOlder(3_610_000, never);
    expect(await kept()).toBe(1_000);
    await events.removeOlder(0, AbortSignal.abort());
    expect(await kept()).toBe(1_000);
    await events.removeOlder(0, never);
    expect(await kept()).toBe(0);
  });
});
