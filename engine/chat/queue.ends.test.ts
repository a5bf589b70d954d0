import { expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import type { Outbox } from "#engine/ports.ts";
import { turn } from "#engine/testing/chat-engine-kit.ts";
import { createChatHarness } from "#engine/testing/chat-harness.ts";
import { settle } from "#engine/testing/fake-clock.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";

/** Takes new messages, but can neither mark nor remove any while it is full. */
function fillable() {
  const memory = createMemoryOutbox();
  const disk = { isFull: false };
  const check = () => {
    if (disk.isFull) throw new PipitError("STORAGE_FULL", "The disk is full.");
  };
  const outbox: Outbox = {
    ...memory,
    async setState(id, state) {
      check();
      await memory.setState(id, state);
    },
    async remove(id) {
      check();
      await memory.remove(id);
    },
  };
  return { memory, disk, h: createChatHarness({ outbox }) };
}

test.each([
  ["cancel", "cancelled"],
  ["discard", undefined],
] as const)(
  "CMR-D5: %s on a full disk stops the message, and says that it is gone only when no crash brings it back",
  async (how, end) => {
    const { memory, disk, h } = fillable();
    h.engine.openChat("chat", []);
    const id = await h.engine.send({ text: "a" });
    const call = await h.transport.call(0);
    disk.isFull = true;
    await (how === "cancel" ? h.engine.cancel() : h.engine.discard(id));
    const failure = { code: "STORAGE_FULL" };
    expect([call.signal.aborted, h.question(id).status]).toMatchObject([true, { kind: "failed", failure }]);
    expect([h.state().activeMessageId, await memory.list("ann")]).toMatchObject([undefined, [{ text: "a" }]]);
    // It is not forgotten with its chat out of sight.
    h.engine.openChat("other", []);
    h.engine.openChat("chat", []);
    expect(h.question(id).status.kind).toBe("failed");
    await settle();
    disk.isFull = false;
    h.clock.advance(1_000);
    await settle();
    const shown = h.state().messages.map((m) => m.role === "user" && m.status.kind);
    expect([await memory.list("ann"), shown]).toEqual([[], end === undefined ? [] : [end]]);
    expect(h.transport.calls).toHaveLength(1);
  },
);

test("CMR-D5: one that could not be stopped for good can be asked again, and is kept then", async () => {
  const { disk, h } = fillable();
  const id = await h.engine.send({ text: "a" });
  (await h.transport.call(0)).emit(turn());
  disk.isFull = true;
  await h.engine.cancel();
  disk.isFull = false;
  await h.engine.retry(id);
  h.clock.advance(1_000);
  await settle();
  expect((await h.transport.call(1)).call.clientMessageId).toBe(id);
  expect([h.question(id).status.kind, await h.queued()]).toEqual(["sending", [id]]);
});
