import type { Message } from "#contract/chat-state.ts";
import { describe, expect, test } from "vitest";
import { createMemoryOutbox } from "./memory-outbox.ts";
import { audio, finish, jpeg, text, turn } from "#engine/testing/chat-engine-kit.ts";
import { createChatHarness } from "#engine/testing/chat-harness.ts";
import { settle } from "#engine/testing/fake-clock.ts";
import { json, unreachable } from "#engine/testing/fake-http.ts";
import { createFakeSpeaker } from "#engine/testing/fake-speaker.ts";

describe("what a person can do", () => {
  async function answered() {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a", image: jpeg() });
    const call = await h.transport.call(0);
    finish(call, turn("chat", "t1"), text("A"));
    await h.engine.idle();
    return { h, a };
  }

  test("cancel stops the call, keeps the partial text, empties the outbox and goes on with the next", async () => {
    const speaker = createFakeSpeaker();
    const h = createChatHarness({ speaker });
    const a = await h.engine.send({ text: "a" });
    const b = await h.engine.send({ text: "b" });
    const call = await h.transport.call(0);
    call.emit(turn(), text("half"));
    await settle();
    const cancelled = h.engine.cancel();
    expect(call.signal.aborted).toBe(true);
    call.emit(text(" too late"));
    await cancelled;
    expect(h.question(a).status.kind).toBe("cancelled");
    expect(h.text(a)).toBe("half");
    expect(h.answer(a)?.status).toBe("cancelled");
    expect(speaker.stops).toBe(1);
    expect((await h.transport.call(1)).call.clientMessageId).toBe(b);
    expect(await h.queued()).toEqual([b]);
  });

  test("discarding a message that waits behind another takes it out of the count at once", async () => {
    const outbox = createMemoryOutbox();
    const removed = Promise.withResolvers<void>();
    const h = createChatHarness({ outbox: { ...outbox, remove: () => removed.promise } });
    await h.engine.send({ text: "a" });
    const b = await h.engine.send({ text: "b" });
    await h.transport.call(0);
    expect(h.state().queuedCount).toBe(1);
    const discarded = h.engine.discard(b);
    expect(h.state().queuedCount).toBe(0);
    removed.resolve();
    await discarded;
    expect(h.transport.calls).toHaveLength(1);
  });

  test("cancel during the pause between two attempts ends the series; with nothing running it is harmless", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    (await h.transport.call(0)).close(unreachable());
    await settle();
    await h.engine.cancel();
    await h.engine.idle();
    expect(h.question(a).status.kind).toBe("cancelled");
    expect(h.clock.sleeping()).toEqual([]);
    await h.engine.cancel();
    expect(await h.queued()).toEqual([]);
  });

  test("regenerate asks the same question under a new id in place of the old exchange, picture included", async () => {
    const { h, a } = await answered();
    const again = await h.engine.regenerate(`${a}/answer`);
    expect(again).not.toBe(a);
    const call = await h.transport.call(1);
    expect(call.call).toMatchObject({ prompt: "a", clientMessageId: again, chatId: "chat" });
    expect(call.call.image).toBeDefined();
    expect(h.state().messages.map((message) => message.id)).toEqual([again]);
  });

  test("edit and resend checks the new text before the old exchange goes", async () => {
    const { h, a } = await answered();
    await expect(h.engine.editAndResend(a, "  ")).rejects.toMatchObject({ code: "PROMPT_EMPTY" });
    expect(h.state().messages).toHaveLength(2);
    const id = await h.engine.editAndResend(a, "better");
    expect((await h.transport.call(1)).call).toMatchObject({ prompt: "better", clientMessageId: id });
  });

  test("discard takes a waiting message out of outbox and view, a running one too", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    const b = await h.engine.send({ text: "b" });
    const call = await h.transport.call(0);
    await h.engine.discard(b);
    expect(await h.queued()).toEqual([a]);
    await h.engine.discard(a);
    expect(call.signal.aborted).toBe(true);
    await h.engine.idle();
    expect(h.state()).toMatchObject({ messages: [], queuedCount: 0 });
    expect(await h.queued()).toEqual([]);
    await expect(h.engine.discard(a)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  test("discardWaiting drops what waits in every chat, sends none of it, and leaves what is on its way", async () => {
    const h = createChatHarness();
    const sent = await h.engine.send({ text: "a" });
    await h.engine.send({ text: "b" });
    await h.engine.send({ text: "c" });
    const call = await h.transport.call(0);
    expect(h.state().queuedCount).toBe(2);
    await h.engine.discardWaiting();
    expect(h.state().queuedCount).toBe(0);
    expect(await h.queued()).toEqual([sent]);
    expect(call.signal.aborted).toBe(false);
  });

  test("deleteMessage takes an answered exchange out of the view", async () => {
    const { h, a } = await answered();
    h.http.answer(() => json(204, undefined));
    await h.engine.deleteMessage(a);
    expect(h.state().messages).toEqual([]);
    expect(h.http.requests[0]).toMatchObject({ method: "DELETE", path: "/v1/chats/chat/turns/t1" });
  });

  test("a chat that is begun in a project is asked for as one, and is in it until it is moved", async () => {
    const h = createChatHarness();
    h.engine.newChat({ projectId: "p1" });
    expect(h.state()).toMatchObject({ projectId: "p1", messages: [] });
    await h.engine.send({ text: "a" });
    const call = await h.transport.call(0);
    expect(call.call).toMatchObject({ projectId: "p1", chatKey: expect.not.stringContaining(":") });
    call.emit(turn("chat-1", "t9"), text("Hi"));
    await settle();
    expect(h.state()).toMatchObject({ chatId: "chat-1", projectId: "p1" });
    h.engine.describeChat({ id: "chat-1", title: "Birds", projectId: "p2" });
    expect(h.state()).toMatchObject({ title: "Birds", projectId: "p2" });
    h.engine.describeChat({ id: "chat-1", title: "Birds" });
    expect(h.state()).not.toHaveProperty("projectId");
    // Read again as the server has it now.
    h.engine.openChat("chat-1", [], "Birds", { projectId: "p3" });
    h.engine.openChat("chat-1", [], "Birds", { projectId: undefined });
    expect(h.state()).not.toHaveProperty("projectId");
  });

  test("a new chat leaves the running answer alone; coming back shows it below the stored messages", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    const call = await h.transport.call(0);
    call.emit(turn("chat-1", "t9"), text("begun"));
    await settle();
    h.engine.newChat();
    expect(h.state()).toMatchObject({ messages: [] });
    expect(h.state().chatId).toBeUndefined();
    const b = await h.engine.send({ text: "b" });
    const other = await h.transport.call(1);
    expect(other.call.chatId).toBeUndefined();
    call.emit(text(" and more"));
    await settle();
    h.engine.openChat(
      "chat-1",
      [
        { role: "user", id: "41", turnId: "t8", text: "old", createdAtMs: 1, status: { kind: "answered" } },
        { role: "user", id: "43", turnId: "t9", text: "a", createdAtMs: 2, status: { kind: "answered" } },
      ],
      "Title",
    );
    expect(h.state()).toMatchObject({ chatId: "chat-1", title: "Title", activeMessageId: a });
    expect(h.state().messages.map((message) => message.id)).toEqual(["41", a, `${a}/answer`]);
    expect(h.text(a)).toBe("begun and more");
    finish(other, turn("chat-2"), text("B"));
    finish(call);
    await h.engine.idle();
    expect(h.answer(a)?.status).toBe("done");
    expect(h.state().messages.some((message) => message.id === b)).toBe(false);
  });

  test("listeners get every raw event with message, chat and attempt; one that throws harms nobody", async () => {
    const h = createChatHarness();
    const events: unknown[] = [];
    h.engine.onEvent(() => {
      throw new Error("listener bug");
    });
    const stop = h.engine.onEvent(({ messageId, chatId, attempt, event }) => {
      events.push([messageId, chatId, attempt, event.type]);
    });
    const a = await h.engine.send({ text: "a" });
    const call = await h.transport.call(0);
    finish(call, turn("chat"), text("A"), audio(1));
    await h.engine.idle();
    expect(events).toEqual(["turn", "text", "audio", "end"].map((type) => [a, "chat", 1, type]));
    stop();
    expect(h.text(a)).toBe("A");
  });

  test("disposing stops the call, keeps the row and refuses new messages", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    const call = await h.transport.call(0);
    await h.engine[Symbol.asyncDispose]();
    expect(call.signal.aborted).toBe(true);
    expect(await h.queued()).toEqual([a]);
    await expect(h.engine.send({ text: "b" })).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

test("a smaller limit takes the oldest messages out at once, but never an unsent one", async () => {
  const { engine, state } = createChatHarness();
  const answered = (id: string): Message => ({
    role: "user",
    id,
    text: id,
    createdAtMs: 1,
    status: { kind: "answered" },
  });
  engine.openChat("c", ["1", "2", "3", "4"].map(answered));
  engine.setMaxMessages(2);
  expect(state().messages.map(({ id }) => id)).toEqual(["3", "4"]);
  const id = await engine.send({ text: "waits" });
  engine.setMaxMessages(0);
  expect(state().messages.map((message) => message.id)).toEqual([id]);
  engine.setMaxMessages(3);
  engine.openChat("d", ["5", "6", "7", "8"].map(answered));
  expect(state().messages.map((message) => message.id)).toEqual(["6", "7", "8"]);
});
