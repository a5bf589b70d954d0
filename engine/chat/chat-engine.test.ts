import { describe, expect, test } from "vitest";
import type { ChatEvent } from "#contract/chat-event.ts";
import { PROMPT_MAX_CHARS, SCREENSHOT_MAX_BYTES } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { createMemoryOutbox } from "#engine/outbox/memory-outbox.ts";
import type { OutboxRow, ScreenImage } from "#engine/ports.ts";
import { createChatHarness } from "#engine/testing/chat-harness.ts";
import { settle } from "#engine/testing/fake-clock.ts";
import { createFakeSession } from "#engine/testing/fake-session.ts";
import { createFakeSpeaker } from "#engine/testing/fake-speaker.ts";

const turn = (chatId = "chat", turnId: string = crypto.randomUUID(), replayed = false): ChatEvent => ({
  type: "turn",
  chatId,
  turnId,
  replayed,
});
const text = (value: string): ChatEvent => ({ type: "text", text: value });
const audio = (first: number): ChatEvent => ({ type: "audio", pcm: Uint8Array.of(first, 0) });
const end: ChatEvent = { type: "end" };
const unreachable = () => new PipitError("SERVER_UNREACHABLE", "The server cannot be reached.");
const jpeg = (sizeBytes = 16): ScreenImage => {
  const bytes = new Uint8Array(sizeBytes);
  bytes.set([0xff, 0xd8, 0xff]);
  return { bytes, widthPx: 4, heightPx: 3 };
};
const row = (id: string, chatKey: string, createdAtMs = 1): OutboxRow => ({
  clientMessageId: id,
  accountId: "ann",
  chatKey,
  text: `text of ${id}`,
  speak: false,
  createdAtMs,
  attempts: 0,
});

describe("send", () => {
  test("writes the outbox row first, then shows the bubble, then streams, then removes the row", async () => {
    const steps: string[] = [];
    const memory = createMemoryOutbox();
    const outbox = {
      ...memory,
      add: async (added: OutboxRow) => {
        steps.push(`add, ${h.state().messages.length} shown`);
        await memory.add(added);
      },
    };
    const h = createChatHarness({ outbox });
    const id = await h.engine.send({ text: "Hello?", image: jpeg() });
    expect(steps).toEqual(["add, 0 shown"]);
    const call = await h.transport.call(0);
    expect(call.call).toMatchObject({
      prompt: "Hello?",
      clientMessageId: id,
      hardwareId: "hw",
      locale: "en",
      speak: true,
    });
    expect(call.call.image?.widthPx).toBe(4);
    expect(call.call.chatId).toBeUndefined();
    expect(h.state().activeMessageId).toBe(id);
    expect(h.question(id).image).toEqual({ widthPx: 4, heightPx: 3, sizeBytes: 16 });
    expect(h.engine.image(id)?.heightPx).toBe(3);
    call.emit(turn(), text("Hi"), text("!"), end);
    call.close();
    await h.engine.idle();
    expect(h.text(id)).toBe("Hi!");
    expect(h.state()).toMatchObject({ chatId: "chat", connection: "online", queuedCount: 0 });
    expect(h.question(id).status.kind).toBe("answered");
    expect(await h.queued()).toEqual([]);
  });

  test.each([
    { name: "empty", draft: { text: " \n" }, code: "PROMPT_EMPTY", field: "prompt", says: /Type a question/ },
    {
      name: "too long",
      draft: { text: "x".repeat(PROMPT_MAX_CHARS + 1) },
      code: "PROMPT_TOO_LONG",
      field: "prompt",
      says: /262145.*262144.*parts/,
    },
    {
      name: "too large a picture",
      draft: { text: "x", image: jpeg(SCREENSHOT_MAX_BYTES + 1) },
      code: "SCREENSHOT_TOO_LARGE",
      field: "screenshot",
      says: /8 MiB/,
    },
    {
      name: "no picture",
      draft: { text: "x", image: { ...jpeg(), bytes: new Uint8Array(9) } },
      code: "SCREENSHOT_INVALID",
      field: "screenshot",
      says: /JPEG/,
    },
  ])("refuses a message that is $name, before anything is stored", async ({ draft, code, field, says }) => {
    const h = createChatHarness();
    const error = await h.engine.send(draft).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, field });
    expect((error as PipitError).message).toMatch(says);
    expect(h.state().messages).toEqual([]);
    expect(await h.queued()).toEqual([]);
  });

  test("takes the longest message and replaces what UTF-8 cannot carry", async () => {
    const h = createChatHarness();
    await h.engine.send({ text: "x".repeat(PROMPT_MAX_CHARS) });
    const id = await h.engine.send({ text: "bad \ud800 half" });
    expect(h.question(id).text).toBe("bad \ufffd half");
  });

  test("is refused with SIGNED_OUT while nobody is signed in; nothing is stored", async () => {
    const h = createChatHarness();
    h.session.signOut();
    await expect(h.engine.send({ text: "x" })).rejects.toMatchObject({ code: "SIGNED_OUT" });
    expect(await h.queued()).toEqual([]);
    expect(h.state().messages).toEqual([]);
  });

  test("shows and sends nothing when the outbox cannot store it", async () => {
    const outbox = createMemoryOutbox();
    const full = async () => {
      throw new PipitError("STORAGE_FULL", "The disk is full.");
    };
    const h = createChatHarness({ outbox: { ...outbox, add: full } });
    await expect(h.engine.send({ text: "x" })).rejects.toMatchObject({ code: "STORAGE_FULL" });
    expect(h.state().messages).toEqual([]);
    await h.engine.idle();
    expect(h.transport.calls).toEqual([]);
  });

  test("keeps the order of calls, one answer at a time, and later ones follow into the named chat", async () => {
    const h = createChatHarness();
    const [a, b] = await Promise.all([h.engine.send({ text: "a" }), h.engine.send({ text: "b" })]);
    await settle();
    expect(h.transport.calls).toHaveLength(1);
    expect(h.state().queuedCount).toBe(1);
    const first = await h.transport.call(0);
    first.emit(turn("chat-9", "t1"), text("A"), end);
    await settle();
    expect(h.transport.calls).toHaveLength(1);
    first.close();
    const second = await h.transport.call(1);
    expect(second.call).toMatchObject({ clientMessageId: b, chatId: "chat-9" });
    expect((await h.outbox.list("ann")).map((stored) => stored.chatKey)).toEqual(["chat-9"]);
    second.emit(turn("chat-9", "t2"), text("B"), end);
    second.close();
    await h.engine.idle();
    expect(h.state().messages.map((message) => message.id)).toEqual([a, `${a}/answer`, b, `${b}/answer`]);
  });

  test("closes a stream that the server leaves open after the end", async () => {
    const h = createChatHarness();
    const id = await h.engine.send({ text: "a" });
    const call = await h.transport.call(0);
    call.emit(turn(), text("A"), end);
    await settle();
    expect(h.question(id).status.kind).toBe("answered");
    expect(call.left()).toBe(false);
    h.clock.advance(2000);
    await h.engine.idle();
    expect(call.signal.aborted).toBe(true);
    expect(await h.queued()).toEqual([]);
  });
});

describe("faults", () => {
  test("three attempts, then the message waits; the next one stays behind it; time brings it back", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    const b = await h.engine.send({ text: "b" });
    for (const [index, delayMs] of [1200, 2400].entries()) {
      (await h.transport.call(index)).close(unreachable());
      await settle();
      expect(h.clock.sleeping()).toEqual([delayMs]);
      expect(h.question(a).status.kind).toBe("sending");
      h.clock.advance(delayMs);
    }
    (await h.transport.call(2)).close(unreachable());
    await h.engine.idle();
    expect(h.state()).toMatchObject({ connection: "offline", queuedCount: 2 });
    expect(h.question(a).status).toMatchObject({
      kind: "queued",
      reason: { code: "SERVER_UNREACHABLE", retryable: true },
      nextTryAtMs: h.clock.nowMs() + 4800,
    });
    expect(h.state().activeMessageId).toBeUndefined();
    expect(await h.queued()).toEqual([a, b]);
    h.clock.advance(4800);
    const again = await h.transport.call(3);
    expect(again.call.clientMessageId).toBe(a);
    again.emit(turn(), text("A"), end);
    again.close();
    const next = await h.transport.call(4);
    expect(next.call.clientMessageId).toBe(b);
    next.emit(turn(), text("B"), end);
    next.close();
    await h.engine.idle();
    expect(h.state()).toMatchObject({ connection: "online", queuedCount: 0 });
  });

  test("resume and retry do not wait for the pause to end", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    for (const index of [0, 1, 2]) {
      (await h.transport.call(index)).close(unreachable());
      await settle();
      if (index < 2) h.clock.advance(2600);
    }
    await h.engine.idle();
    await h.engine.resume();
    let isIdle = false;
    void h.engine.idle().then(() => (isIdle = true));
    await settle();
    expect(isIdle).toBe(false);
    (await h.transport.call(3)).close(new PipitError("RATE_LIMITED", "Slow down.", { retryAfterMs: 90_000 }));
    await h.engine.idle();
    expect(h.question(a).status).toMatchObject({ kind: "queued", reason: { code: "RATE_LIMITED" } });
    expect(h.state().connection).toBe("online");
    await h.engine.retry(a);
    const call = await h.transport.call(4);
    call.emit(turn(), text("A"), end);
    call.close();
    await h.engine.idle();
    expect(h.text(a)).toBe("A");
  });

  test("a refusal marks that message failed and goes on; retry asks again under the same id, at the end", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a", image: jpeg() });
    const b = await h.engine.send({ text: "b" });
    (await h.transport.call(0)).close(new PipitError("NOT_ALLOWED", "Your plan is used up."));
    const second = await h.transport.call(1);
    expect(second.call.clientMessageId).toBe(b);
    second.emit(turn(), text("B"), end);
    second.close();
    await h.engine.idle();
    expect(h.question(a).status).toEqual({
      kind: "failed",
      failure: { code: "NOT_ALLOWED", message: "Your plan is used up.", retryable: false },
    });
    expect(await h.queued()).toEqual([]);
    await h.engine.retry(a);
    const again = await h.transport.call(2);
    expect(again.call).toMatchObject({ clientMessageId: a, prompt: "a" });
    expect(again.call.image).toBeDefined();
    again.emit(turn(), text("A"), end);
    again.close();
    await h.engine.idle();
    expect(h.state().messages.map((message) => message.id)).toEqual([b, `${b}/answer`, a, `${a}/answer`]);
    await expect(h.engine.retry(a)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  test("a break in mid-stream keeps the partial text, then the repeated answer replaces it, spoken only once", async () => {
    const speaker = createFakeSpeaker();
    const h = createChatHarness({ speaker });
    const a = await h.engine.send({ text: "a" });
    const first = await h.transport.call(0);
    first.emit(turn("chat", "t"), text("One. "), audio(1));
    await settle();
    first.close();
    await h.engine.idle();
    expect(h.text(a)).toBe("One. ");
    expect(h.answer(a)?.status).toBe("interrupted");
    expect(h.state().connection).toBe("offline");
    expect(await h.queued()).toEqual([a]);
    h.clock.advance(1200);
    const second = await h.transport.call(1);
    expect(second.call).toMatchObject({ clientMessageId: a, chatId: "chat", speak: false });
    expect(h.text(a)).toBe("One. ");
    second.emit(turn("chat", "t", true), text("One. Two."), audio(2), end);
    second.close();
    await h.engine.idle();
    expect(h.text(a)).toBe("One. Two.");
    expect(h.answer(a)).toMatchObject({ status: "done", replayed: true });
    expect(speaker.heard).toEqual([1]);
    expect(h.state().messages).toHaveLength(2);
  });

  test("a break before any sound asks for speech again", async () => {
    const h = createChatHarness();
    await h.engine.send({ text: "a" });
    const first = await h.transport.call(0);
    first.emit(turn(), text("One"));
    first.close(unreachable());
    await h.engine.idle();
    h.clock.advance(1200);
    expect((await h.transport.call(1)).call.speak).toBe(true);
  });

  test("a model that breaks off half way is not run again unbidden", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    const call = await h.transport.call(0);
    call.emit(turn(), text("half"));
    call.close(new PipitError("MODEL_FAILED", "The model stopped."));
    await h.engine.idle();
    expect(h.question(a).status).toMatchObject({ kind: "failed", failure: { retryable: true } });
    expect(h.answer(a)).toMatchObject({ status: "failed", parts: [{ text: "half" }] });
    expect(h.clock.sleeping()).toEqual([]);
  });

  test("an outbox that fails later is logged and does not stop the answers", async () => {
    const outbox = createMemoryOutbox();
    const broken = async () => {
      throw new Error("disk I/O error");
    };
    const h = createChatHarness({
      outbox: { ...outbox, recordAttempt: broken, remove: broken, renameChat: broken },
    });
    const a = await h.engine.send({ text: "a" });
    const call = await h.transport.call(0);
    call.emit(turn(), text("A"), end);
    call.close();
    await h.engine.idle();
    expect(h.text(a)).toBe("A");
    expect(h.logger.lines.filter((line) => line.event === "outbox.write_failed")).toHaveLength(3);
  });
});

describe("sign-in", () => {
  const expired = () => new PipitError("TOKEN_EXPIRED", "Expired.");

  test("UNAUTHENTICATED renews the very token that was refused, once, and tries again at once", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    (await h.transport.call(0)).close(expired());
    const second = await h.transport.call(1);
    expect(h.session.renewals).toEqual(["token-1"]);
    second.emit(turn(), text("A"), end);
    second.close();
    await h.engine.idle();
    expect(h.text(a)).toBe("A");
  });

  test("a second refusal signs out; the message waits and goes when the same account is back", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    (await h.transport.call(0)).close(expired());
    (await h.transport.call(1)).close(new PipitError("TOKEN_INVALID", "Invalid."));
    await h.engine.idle();
    expect(h.session.refusals).toEqual(["token-2"]);
    expect(h.session.store.getState()).toEqual({ kind: "signed-out", reason: "refused" });
    expect(h.question(a).status).toMatchObject({ kind: "queued", reason: { code: "SIGNED_OUT" } });
    expect(h.clock.sleeping()).toEqual([]);
    expect(await h.queued()).toEqual([a]);
    h.session.signIn("ann");
    const call = await h.transport.call(2);
    call.emit(turn(), text("A"), end);
    call.close();
    await h.engine.idle();
    expect(h.question(a).status.kind).toBe("answered");
  });

  test("a renewal that cannot be made because the server is away counts as being offline", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    h.session.failWith(unreachable());
    (await h.transport.call(0)).close(expired());
    await settle();
    expect(h.state().connection).toBe("offline");
    expect(h.question(a).status.kind).toBe("sending");
    h.session.failWith(undefined);
    h.clock.advance(1300);
    const call = await h.transport.call(1);
    call.emit(turn(), text("A"), end);
    call.close();
    await h.engine.idle();
    expect(h.text(a)).toBe("A");
  });

  test("a locked keychain keeps the message waiting without blaming it", async () => {
    const h = createChatHarness();
    h.session.failWith(new PipitError("KEYCHAIN_LOCKED", "Unlock the keychain."));
    const a = await h.engine.send({ text: "a" });
    await h.engine.idle();
    expect(h.question(a).status).toMatchObject({ kind: "queued", reason: { code: "KEYCHAIN_LOCKED" } });
    expect(await h.queued()).toEqual([a]);
  });

  test("signing out stops the answer and keeps the message; another account sees and sends nothing of it", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    const call = await h.transport.call(0);
    call.emit(turn(), text("secret"));
    await settle();
    h.session.signOut();
    await h.engine.idle();
    expect(call.signal.aborted).toBe(true);
    expect(h.question(a).status).toMatchObject({ kind: "queued", reason: { code: "SIGNED_OUT" } });
    h.session.signIn("bob");
    await h.engine.idle();
    expect(h.state()).toMatchObject({ messages: [], queuedCount: 0 });
    expect(h.transport.calls).toHaveLength(1);
    expect(await h.queued()).toEqual([a]);
    h.session.signIn("ann");
    await h.engine.resume();
    const again = await h.transport.call(1);
    expect(again.call).toMatchObject({ clientMessageId: a, chatId: "chat" });
  });

  test("is restored for the first message if the host has not done so", async () => {
    const session = createFakeSession();
    const restore = async () => {
      session.signIn("ann");
      return session.store.getState();
    };
    const h = createChatHarness({ session: { ...session, restore } });
    const a = await h.engine.send({ text: "x" });
    expect((await h.transport.call(0)).call.clientMessageId).toBe(a);
  });
});

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
    first.emit(turn("chat-x"), text("1"), end);
    first.close();
    second.emit(turn("chat-b"), text("2"), end);
    second.close();
    const third = await h.transport.call(2);
    expect(third.call).toMatchObject({ clientMessageId: "m3", chatId: "chat-x" });
    third.emit(turn("chat-x"), text("3"), end);
    third.close();
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

describe("what a person can do", () => {
  async function answered() {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a", image: jpeg() });
    const call = await h.transport.call(0);
    call.emit(turn("chat", "t1"), text("A"), end);
    call.close();
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
    expect(h.question(a).status.kind).toBe("cancelled");
    call.emit(text(" too late"));
    await cancelled;
    expect(h.text(a)).toBe("half");
    expect(h.answer(a)?.status).toBe("cancelled");
    expect(speaker.stops).toBe(1);
    expect((await h.transport.call(1)).call.clientMessageId).toBe(b);
    expect(await h.queued()).toEqual([b]);
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

  test("deleteMessage takes an answered exchange out of the view", async () => {
    const { h, a } = await answered();
    await h.engine.deleteMessage(a);
    expect(h.state().messages).toEqual([]);
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
    other.emit(turn("chat-2"), text("B"), end);
    other.close();
    call.emit(end);
    call.close();
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
    call.emit(turn("chat"), text("A"), audio(1), end);
    call.close();
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

describe("speech", () => {
  test("a full speaker does not delay the text", async () => {
    const speaker = createFakeSpeaker();
    speaker.hold(true);
    const h = createChatHarness({ speaker });
    const a = await h.engine.send({ text: "a" });
    const call = await h.transport.call(0);
    call.emit(turn(), audio(1), audio(2), text("text"), end);
    call.close();
    await h.engine.idle();
    expect(h.text(a)).toBe("text");
    expect(speaker.heard).toEqual([1]);
    speaker.hold(false);
    await h.engine.spoken(new AbortController().signal);
    expect(speaker.heard).toEqual([1, 2]);
  });

  test("a speaker that fails is announced once, speech goes off, the text goes on", async () => {
    const speaker = createFakeSpeaker();
    speaker.breakDown();
    const h = createChatHarness({ speaker });
    const a = await h.engine.send({ text: "a" });
    const call = await h.transport.call(0);
    call.emit(turn(), text("one "), audio(1));
    await settle();
    call.emit(audio(2), text("two"), audio(3), end);
    call.close();
    await h.engine.idle();
    expect(h.state().speak).toBe(false);
    expect(h.text(a)).toBe("one two");
    const notices = h.answer(a)?.parts.filter((part) => part.kind === "notice");
    expect(notices).toEqual([
      { kind: "notice", code: "NO_SOUND_DEVICE", text: "The sound device went away. Answers go on as text." },
    ]);
    await h.engine.send({ text: "b" });
    expect((await h.transport.call(1)).call.speak).toBe(false);
  });

  test("stop silences this answer to its end, not the next one; switching off silences waiting ones", async () => {
    const speaker = createFakeSpeaker();
    const h = createChatHarness({ speaker });
    await h.engine.send({ text: "a" });
    await h.engine.send({ text: "b" });
    const first = await h.transport.call(0);
    first.emit(turn(), text("A"), audio(1));
    await settle();
    await h.engine.stopSpeaking();
    first.emit(audio(2), end);
    first.close();
    const second = await h.transport.call(1);
    expect(second.call.speak).toBe(true);
    second.emit(turn(), text("B"), audio(3));
    await settle();
    expect(speaker.heard).toEqual([1, 3]);
    await h.engine.send({ text: "c" });
    h.engine.setSpeak(false);
    second.emit(audio(4), end);
    second.close();
    const third = await h.transport.call(2);
    expect(third.call.speak).toBe(false);
    expect(speaker.heard).toEqual([1, 3]);
    h.engine.setSpeak(true);
    h.engine.setSearchAllChats(true);
    await h.engine.send({ text: "d" });
    third.emit(turn(), text("C"), end);
    third.close();
    expect((await h.transport.call(3)).call).toMatchObject({ speak: true, searchAllChats: true });
  });

  test("only the shown chat speaks", async () => {
    const speaker = createFakeSpeaker();
    const h = createChatHarness({ speaker });
    await h.engine.send({ text: "a" });
    const call = await h.transport.call(0);
    call.emit(turn(), text("A"), audio(1));
    await settle();
    h.engine.newChat();
    call.emit(audio(2), end);
    call.close();
    await h.engine.idle();
    expect(speaker.heard).toEqual([1]);
  });
});
