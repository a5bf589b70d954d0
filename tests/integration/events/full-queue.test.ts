import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openEventQueue, queuePath } from "#engine/node/events/event-queue.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { fillDisk, mountSmallDisk } from "#server/testing/small-disk.ts";

test("a full disk takes no event and loses none, and says which of both it is about", async ({ skip }) => {
  const home = await mountSmallDisk(1024 * 1024);
  if (home === undefined) return skip("only root may mount a small disk");
  using queue = await openEventQueue(queuePath(home, undefined), {
    maxEvents: 100,
    logger: createFakeLogger(),
  });
  const event = { eventId: "e1", eventType: "t", data: "{}" };
  queue.add([event], 1);
  const filler = join(home, "filler");
  await fillDisk(filler);
  const long = "x".repeat(512 * 1024);
  const full = (message: RegExp) =>
    expect.objectContaining({ code: "STORAGE_FULL", message: expect.stringMatching(message) });
  expect(() => queue.add([{ ...event, eventId: "e2", data: long }], 2)).toThrow(
    full(/^None of these events was queued in .*: there is no room/),
  );
  const outcome = { success: [], duplicate: [], rejected: new Map([["e1", { why: long, own: true }]]) };
  expect(() => queue.settle(outcome)).toThrow(full(/still holds what was just sent, and sends it again/));
  expect(queue.state()).toMatchObject({ waiting: 1, refused: 0 });
  await rm(filler);
  queue.settle({ success: ["e1"], duplicate: [], rejected: new Map() });
  expect(queue.state().waiting).toBe(0);
});
