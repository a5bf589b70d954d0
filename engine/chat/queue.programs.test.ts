import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import type { Outbox } from "#engine/ports.ts";
import { finish, row, storedAnswer, text, turn } from "#engine/testing/chat-engine-kit.ts";
import { createChatHarness, type ChatHarness } from "#engine/testing/chat-harness.ts";
import { settle } from "#engine/testing/fake-clock.ts";
import { json, unreachable } from "#engine/testing/fake-http.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";

const shownIds = (h: ChatHarness) => h.state().messages.map(({ id }) => id);

/** Two programs on one home: the claims of each are its own. */
function shared(outbox: Outbox, claims: Map<string, string>, me: string): Outbox {
  return {
    ...outbox,
    async claim(chatKey) {
      if ((claims.get(chatKey) ?? me) !== me) return false;
      claims.set(chatKey, me);
      return true;
    },
    async release(chatKey) {
      if (claims.get(chatKey) === me) claims.delete(chatKey);
    },
  };
}

describe("two programs on one home", () => {
  function programs() {
    const memory = createMemoryOutbox();
    const claims = new Map<string, string>();
    const [one, two] = ["one", "two"].map((me) =>
      createChatHarness({
        outbox: shared(memory, claims, me),
        newId: () => `${me}-${crypto.randomUUID()}`,
      }),
    );
    if (one === undefined || two === undefined) throw new Error("there are two");
    for (const h of [one, two]) h.engine.openChat("chat", []);
    return { memory, claims, one, two };
  }

  test("CMR-D4, CMR-D6: one sends for a chat, in order, whoever wrote; the other one sees it go", async () => {
    const { one, two } = programs();
    const a = await one.engine.send({ text: "a" });
    const first = await one.transport.call(0);
    const b = await two.engine.send({ text: "b" });
    await two.engine.resume();
    await two.engine.idle();
    expect(two.question(a).status).toEqual({ kind: "queued", elsewhere: true });
    expect(two.question(b).status).toEqual({ kind: "queued" });
    finish(first, turn("chat"), text("A"));
    const second = await one.transport.call(1);
    expect(second.call.clientMessageId).toBe(b);
    two.clock.advance(1_000);
    await settle();
    expect(shownIds(two)).toEqual([b]);
    finish(second, turn("chat"), text("B"));
    await one.engine.idle();
    two.clock.advance(1_000);
    await settle();
    expect([two.transport.calls.length, shownIds(two)]).toEqual([0, []]);
  });

  test("CMR-D4: what the one was answered is shown by the other", async () => {
    const memory = createMemoryOutbox();
    const claims = new Map<string, string>();
    const one = createChatHarness({ outbox: shared(memory, claims, "one") });
    const two = createChatHarness({ outbox: shared(memory, claims, "two") });
    two.http.answer(({ path }) => {
      const stored = { id: "1", client_message_id: "id-1", role: "user", content: path, created_at: 1 };
      return json(200, { data: [stored] });
    });
    for (const h of [one, two]) h.engine.openChat("chat", []);
    await one.engine.send({ text: "a" });
    const call = await one.transport.call(0);
    await two.engine.resume();
    await two.engine.idle();
    finish(call, turn("chat"), text("A"));
    await one.engine.idle();
    two.clock.advance(1_000);
    await settle();
    expect(two.state().messages).toMatchObject([{ id: "id-1", text: "/v1/chats/chat/messages" }]);
  });

  test("CMR-D8: a message that the one still hears is not taken from it by the other, which finds it answered", async () => {
    const { one, two, memory } = programs();
    const a = await one.engine.send({ text: "a" });
    const call = await one.transport.call(0);
    call.emit(turn("chat"), text("A"));
    await two.engine.resume();
    await two.engine.idle();
    const asked = { role: "user", id: a, turnId: "t1", text: "a", createdAtMs: 1 } as const;
    const answer = { ...storedAnswer, id: `${a}/answer`, replyTo: a };
    two.engine.openChat("chat", [{ ...asked, status: { kind: "answered" } }, answer]);
    await settle();
    // The server goes before it has spoken to the end.
    call.close(unreachable());
    await one.engine.send({ text: "b" });
    await one.engine.resume();
    await settle();
    expect([await memory.list("ann"), one.question(a).id]).toMatchObject([
      [{ clientMessageId: a }, { text: "b" }],
      a,
    ]);
    expect(two.state().messages).toMatchObject([{ id: a, status: { kind: "answered" } }, { id: answer.id }]);
  });

  test("F2: a message that could not be stored does not keep its chat from the other program", async () => {
    const memory = createMemoryOutbox();
    const claims = new Map<string, string>();
    const full = async () => Promise.reject(new PipitError("STORAGE_FULL", "The disk is full."));
    const one = createChatHarness({ outbox: { ...shared(memory, claims, "one"), add: full } });
    const two = createChatHarness({ outbox: shared(memory, claims, "two") });
    for (const h of [one, two]) h.engine.openChat("chat", []);
    await expect(one.engine.send({ text: "a" })).rejects.toThrow("full");
    const b = await two.engine.send({ text: "b" });
    expect((await two.transport.call(0)).call.clientMessageId).toBe(b);
  });

  test("CMR-D4: the other takes over when the one has died", async () => {
    const { claims, one, two } = programs();
    const a = await one.engine.send({ text: "a" });
    await one.transport.call(0);
    await two.engine.resume();
    await two.engine.idle();
    // As by kill -9: its lock is gone, its row is not.
    claims.clear();
    two.clock.advance(1_000);
    finish(await two.transport.call(0), turn("chat"), text("A"));
    await two.engine.idle();
    expect([two.text(a), await two.queued()]).toEqual(["A", []]);
  });

  test("CMR-D4: the other takes over when the one is closed in the middle of an answer", async () => {
    const { claims, one, two } = programs();
    const a = await one.engine.send({ text: "a" });
    const first = await one.transport.call(0);
    await two.engine.resume();
    await two.engine.idle();
    await one.engine[Symbol.asyncDispose]();
    expect(first.signal.aborted).toBe(true);
    expect(claims.size).toBe(0);
    two.clock.advance(1_000);
    const second = await two.transport.call(0);
    expect(second.call.clientMessageId).toBe(a);
    finish(second, turn("chat"), text("A"));
    await two.engine.idle();
    expect([two.text(a), await two.queued()]).toEqual(["A", []]);
  });

  test("CMR-D4: of two that wait for the end of a third, one alone takes over", async () => {
    const { memory, claims, one, two } = programs();
    const three = createChatHarness({ outbox: shared(memory, claims, "three") });
    three.engine.openChat("chat", []);
    const a = await one.engine.send({ text: "a" });
    await one.transport.call(0);
    for (const h of [two, three]) {
      await h.engine.resume();
      await h.engine.idle();
      expect(h.question(a).status).toEqual({ kind: "queued", elsewhere: true });
    }
    claims.clear();
    for (const h of [two, three]) h.clock.advance(1_000);
    finish(await two.transport.call(0), turn("chat"), text("A"));
    await two.engine.idle();
    three.clock.advance(1_000);
    await settle();
    expect([two.text(a), three.transport.calls.length, await two.queued()]).toEqual(["A", 0, []]);
  });

  test("CMR-D6: the other takes over in the order in which both wrote", async () => {
    const { claims, one, two } = programs();
    await two.engine.resume();
    const a = await one.engine.send({ text: "a" });
    await one.transport.call(0);
    const b = await one.engine.send({ text: "b" });
    const c = await two.engine.send({ text: "c" });
    await settle();
    claims.clear();
    two.clock.advance(1_000);
    for (const [index, id] of [a, b, c].entries()) {
      const call = await two.transport.call(index);
      expect(call.call.clientMessageId).toBe(id);
      finish(call, turn("chat"), text("A"));
    }
  });

  test("CMR-D6: a chat that is named by the one is followed by the other", async () => {
    const { memory, claims } = programs();
    await memory.add(row("m1", "new:x"));
    await memory.add(row("m2", "new:x"));
    const [one, two] = ["one", "two"].map((me) => createChatHarness({ outbox: shared(memory, claims, me) }));
    await one?.engine.resume();
    const first = await one?.transport.call(0);
    await two?.engine.resume();
    if (first !== undefined) finish(first, turn("chat-x"), text("1"));
    await settle();
    claims.set("chat-x", "one");
    two?.clock.advance(1_000);
    await settle();
    expect(two === undefined ? [] : shownIds(two)).toEqual(["m2"]);
    claims.clear();
    two?.clock.advance(1_000);
    expect((await two?.transport.call(0))?.call).toMatchObject({ clientMessageId: "m2", chatId: "chat-x" });
  });

  test("CMR-D4: what the one was answered in a new chat is shown by the other, which goes on in that chat", async () => {
    const { memory, claims } = programs();
    await memory.add(row("m1", "new:x"));
    const [one, two] = ["one", "two"].map((me) => createChatHarness({ outbox: shared(memory, claims, me) }));
    if (one === undefined || two === undefined) throw new Error("there are two");
    two.http.answer(({ path }) => {
      const stored = { id: "1", client_message_id: "m1", role: "user", content: path, created_at: 1 };
      return json(200, { data: [stored] });
    });
    await one.engine.resume();
    const first = await one.transport.call(0);
    await two.engine.resume();
    await two.engine.idle();
    finish(first, turn("chat-x"), text("1"));
    await one.engine.idle();
    two.clock.advance(1_000);
    await settle();
    expect(two.state()).toMatchObject({
      chatId: "chat-x",
      messages: [{ id: "m1", text: "/v1/chats/chat-x/messages" }],
    });
    await two.engine.send({ text: "2" });
    expect((await two.transport.call(0)).call).toMatchObject({ chatId: "chat-x" });
  });

  test.each<[string, (two: ChatHarness, id: string) => Promise<unknown>, readonly string[]]>([
    ["CMR-D3: edited", (two, id) => two.engine.editAndResend(id, "b"), ["b"]],
    ["CMR-D5: removed", (two, id) => two.engine.discard(id), []],
    ["F2: set aside", (two, id) => two.engine.park(id), []],
  ])(
    "a message that is %s in one while it is answered to the other is asked no further",
    async (_, act, next) => {
      const { one, two } = programs();
      const id = await one.engine.send({ text: "a" });
      const call = await one.transport.call(0);
      call.emit(turn("chat"), text("half"));
      await two.engine.resume();
      await two.engine.idle();
      await act(two, id);
      one.clock.advance(1_000);
      await settle();
      expect(call.signal.aborted).toBe(true);
      expect(one.transport.calls.slice(1).map(({ call: { prompt } }) => prompt)).toEqual(next);
      if (next.length > 0) finish(await one.transport.call(1), turn("chat"), text("B"));
      await one.engine.idle();
      expect(two.transport.calls).toEqual([]);
    },
  );
});
