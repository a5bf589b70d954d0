import { describe, expect, test } from "vitest";
import { createMemoryOutbox } from "./memory-outbox.ts";
import { finish, row, text, turn } from "#engine/testing/chat-engine-kit.ts";
import { createChatHarness } from "#engine/testing/chat-harness.ts";
import { settle } from "#engine/testing/fake-clock.ts";

describe("resume", () => {
  test("sends what an earlier run left, oldest first per chat, and shows the newest chat", async () => {
    const outbox = createMemoryOutbox([row("m1", "new:x"), row("m2", "chat-b", 2), row("m3", "new:x", 3)]);
    const h = createChatHarness({ outbox });
    await h.engine.resume();
    expect(h.state().messages.map((message) => message.id)).toEqual(["m1", "m3"]);
    const [first, second] = [await h.transport.call(0), await h.transport.call(1)];
    expect([first.call.clientMessageId, second.call.clientMessageId]).toEqual(["m1", "m2"]);
    expect(first.call.chatId).toBeUndefined();
    expect(second.call.chatId).toBe("chat-b");
    finish(first, turn("chat-x"), text("1"));
    finish(second, turn("chat-b"), text("2"));
    const third = await h.transport.call(2);
    expect(third.call).toMatchObject({ clientMessageId: "m3", chatId: "chat-x" });
    finish(third, turn("chat-x"), text("3"));
    await h.engine.idle();
    expect(await h.queued()).toEqual([]);
    expect(h.state().messages.map((message) => message.id)).toEqual(["m1", "m1/answer", "m3", "m3/answer"]);
  });

  test("twice sends nothing twice", async () => {
    const h = createChatHarness({ outbox: createMemoryOutbox([row("m1", "chat")]) });
    await Promise.all([h.engine.resume(), h.engine.resume()]);
    await settle();
    expect(h.transport.calls).toHaveLength(1);
    expect(h.state().messages).toHaveLength(1);
  });

  test("that begins while a message is being stored waits for it, and neither sends nor shows it twice", async () => {
    const outbox = createMemoryOutbox();
    const stored = Promise.withResolvers<void>();
    const h = createChatHarness({
      outbox: {
        ...outbox,
        // The row is there, as another reader of the file would see it, before the writer knows.
        async add(added) {
          await outbox.add(added);
          await stored.promise;
        },
      },
    });
    const sent = h.engine.send({ text: "a" });
    await settle();
    const resumed = h.engine.resume();
    await settle();
    expect(h.transport.calls).toEqual([]);
    stored.resolve();
    const [a] = await Promise.all([sent, resumed]);
    await settle();
    expect(h.transport.calls.map(({ call }) => call.clientMessageId)).toEqual([a]);
    expect(h.state().messages.map(({ id }) => id)).toEqual([a]);
    finish(await h.transport.call(0), turn(), text("A"));
    await h.engine.idle();
    expect(await h.queued()).toEqual([]);
  });

  test("does not move a person to another chat whose first message here is just being stored", async () => {
    const outbox = createMemoryOutbox([row("m1", "chat-b")]);
    const stored = Promise.withResolvers<void>();
    const listed = Promise.withResolvers<void>();
    const h = createChatHarness({
      outbox: {
        ...outbox,
        add: async (...given) => {
          await stored.promise;
          await outbox.add(...given);
        },
        list: async (accountId) => {
          const rows = await outbox.list(accountId);
          await listed.promise;
          return rows;
        },
      },
    });
    const resumed = h.engine.resume();
    const first = h.engine.send({ text: "first" });
    listed.resolve();
    await resumed;
    const second = h.engine.send({ text: "second" });
    stored.resolve();
    const ids = await Promise.all([first, second]);
    expect(h.state().messages.map(({ id }) => id)).toEqual(ids);
  });

  test("before the sign-in happens as soon as there is one", async () => {
    const h = createChatHarness({ outbox: createMemoryOutbox([row("m1", "chat")]) });
    h.session.signOut("expired");
    const fresh = createChatHarness({ outbox: h.outbox, session: h.session });
    await fresh.engine.resume();
    expect(fresh.state().messages).toEqual([]);
    h.session.signIn("ann");
    const call = await fresh.transport.call(0);
    expect(call.call.clientMessageId).toBe("m1");
  });

  test("is not needed for older messages of the same chat to go first", async () => {
    const h = createChatHarness({ outbox: createMemoryOutbox([row("m1", "chat-b"), row("m2", "other")]) });
    h.engine.openChat("chat-b", []);
    await h.engine.send({ text: "newer" });
    expect((await h.transport.call(0)).call.clientMessageId).toBe("m1");
    expect(h.state().messages).toHaveLength(2);
    await settle();
    expect(h.transport.calls).toHaveLength(1);
  });
});
