import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import type { Outbox } from "#engine/ports.ts";
import { finish, row, text, turn } from "#engine/testing/chat-engine-kit.ts";
import { createChatHarness, type ChatHarness } from "#engine/testing/chat-harness.ts";
import { settle } from "#engine/testing/fake-clock.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";

const shownIds = (h: ChatHarness) => h.state().messages.map(({ id }) => id);

describe("a new chat that turns out to be one that is sent in already", () => {
  /** As after a crash between the name and its rename: one row goes by the old key, the person writes in the named chat. */
  async function twice(outbox = createMemoryOutbox([row("a", "new:x"), row("c", "new:x", 2)])) {
    const h = createChatHarness({ outbox });
    await h.engine.resume();
    const first = await h.transport.call(0);
    h.engine.openChat("chat", []);
    const b = await h.engine.send({ text: "b" });
    const second = await h.transport.call(1);
    first.emit(turn("chat"));
    await settle();
    return { h, b, first, second };
  }

  test("CMR-D6: all of it is on show, what waits goes once, and Stop reaches every call", async () => {
    const { h, b, first, second } = await twice();
    expect(shownIds(h)).toEqual(expect.arrayContaining(["a", "c", b]));
    await h.engine.cancel();
    expect([first.signal.aborted, second.signal.aborted]).toEqual([true, false]);
    finish(second, turn("chat"), text("B"));
    await settle();
    h.clock.advance(1_000);
    const third = await h.transport.call(2);
    expect(third.call).toMatchObject({ clientMessageId: "c", chatId: "chat" });
    finish(third, turn("chat"), text("C"));
    await h.engine.idle();
    expect([await h.queued(), h.transport.calls.length]).toEqual([[], 3]);
  });

  test("CMR-D6: none is asked twice at once, and one that must wait is taken over", async () => {
    const { h, second, first } = await twice();
    finish(second, turn("chat"), text("B"));
    await settle();
    h.clock.advance(1_000);
    await settle();
    expect(h.transport.calls).toHaveLength(2);
    first.close(new PipitError("RATE_LIMITED", "Later.", { retryAfterMs: 90_000 }));
    await settle();
    h.clock.advance(1_000);
    const again = await h.transport.call(2);
    expect(again.call).toMatchObject({ clientMessageId: "a", chatId: "chat" });
    finish(again, turn("chat"), text("A"));
    finish(await h.transport.call(3), turn("chat"), text("C"));
    await h.engine.idle();
    expect(await h.queued()).toEqual([]);
  });

  test("F2: closing Pipit, or another account, ends its call too", async () => {
    const { h, first } = await twice();
    h.session.signIn("bob");
    await settle();
    expect(first.signal.aborted).toBe(true);
    await h.engine[Symbol.asyncDispose]();
  });

  test("CMR-D1: its rows follow, also when the rename fails at first and the other has ended", async () => {
    const memory = createMemoryOutbox([row("a", "new:x"), row("c", "new:x", 2)]);
    let broken = true;
    const renameChat: Outbox["renameChat"] = async (from, to) => {
      if (broken) throw new Error("disk I/O error");
      await memory.renameChat(from, to);
    };
    const { h, first, second } = await twice({ ...memory, renameChat });
    finish(second, turn("chat"), text("B"));
    await settle();
    finish(first, turn("chat"), text("A"));
    await settle();
    expect(await h.queued()).toContain("a");
    broken = false;
    h.clock.advance(1_000);
    finish(await h.transport.call(2), turn("chat"), text("C"));
    await h.engine.idle();
    expect(await h.queued()).toEqual([]);
  });
});

test("CMR-D1: rows behind stay in one chat when the rename fails, and none is removed before it is done", async () => {
  const memory = createMemoryOutbox();
  let broken = true;
  const outbox: Outbox = {
    ...memory,
    async renameChat(from, to) {
      if (broken) throw new Error("disk I/O error");
      await memory.renameChat(from, to);
    },
  };
  const h = createChatHarness({ outbox });
  const a = await h.engine.send({ text: "a" });
  const b = await h.engine.send({ text: "b" });
  finish(await h.transport.call(0), turn("chat"), text("A"));
  const second = await h.transport.call(1);
  expect(second.call).toMatchObject({ clientMessageId: b, chatId: "chat" });
  expect(await h.queued()).toEqual([a, b]);
  broken = false;
  finish(second, turn("chat"), text("B"));
  await h.engine.idle();
  expect(await h.queued()).toEqual([]);
});

test("CMR-D1: a rename that keeps failing is repeated when all is answered", async () => {
  const memory = createMemoryOutbox();
  let broken = true;
  const renameChat: Outbox["renameChat"] = async (from, to) => {
    if (broken) throw new Error("disk I/O error");
    await memory.renameChat(from, to);
  };
  const h = createChatHarness({ outbox: { ...memory, renameChat } });
  const a = await h.engine.send({ text: "a" });
  finish(await h.transport.call(0), turn("chat"), text("A"));
  await h.engine.idle();
  expect(await h.queued()).toEqual([a]);
  broken = false;
  h.clock.advance(1_000);
  await settle();
  expect(await h.queued()).toEqual([]);
});

test("CMR-D1: a message that the server has in another chat does not draw the rows of its chat there", async () => {
  const h = createChatHarness({ outbox: createMemoryOutbox([row("m1", "chat"), row("m2", "chat")]) });
  h.engine.openChat("chat", []);
  await h.engine.resume();
  finish(await h.transport.call(0), turn("other"), text("1"));
  expect((await h.transport.call(1)).call).toMatchObject({ clientMessageId: "m2", chatId: "chat" });
  expect([h.state().chatId, h.text("m1")]).toEqual(["chat", "1"]);
});
