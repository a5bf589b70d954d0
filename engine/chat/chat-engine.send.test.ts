import { describe, expect, test } from "vitest";
import { PROMPT_MAX_CHARS, SCREENSHOT_MAX_BYTES } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";
import type { OutboxRow } from "#engine/ports.ts";
import { finish, jpeg, text, textFile, turn } from "#engine/testing/chat-engine-kit.ts";
import { createChatHarness } from "#engine/testing/chat-harness.ts";
import { settle } from "#engine/testing/fake-clock.ts";

describe("send", () => {
  test("writes the outbox row first, then shows the bubble, then streams, then removes the row", async () => {
    const steps: string[] = [];
    const memory = createMemoryOutbox();
    const outbox = {
      ...memory,
      add: async (added: OutboxRow, picture?: Uint8Array) => {
        steps.push(`add, ${h.state().messages.length} shown`);
        await memory.add(added, picture);
      },
    };
    const h = createChatHarness({ outbox });
    const id = await h.engine.send({
      text: "Hello?",
      image: jpeg(),
      files: [{ ...textFile, name: "/x/fish.txt" }],
    });
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
    expect(call.call.files).toEqual([textFile]);
    const { text: _text, ...shown } = textFile;
    expect(h.question(id).files).toEqual([{ ...shown, chars: 10 }]);
    expect(call.call.chatId).toBeUndefined();
    expect(h.state().activeMessageId).toBe(id);
    expect(h.question(id).image).toEqual({ widthPx: 4, heightPx: 3, sizeBytes: 16 });
    expect((await h.engine.image(id))?.heightPx).toBe(3);
    finish(call, turn(), text("Hi"), text("!"));
    await h.engine.idle();
    expect(h.text(id)).toBe("Hi!");
    expect(h.state()).toMatchObject({ chatId: "chat", connection: "online", queuedCount: 0 });
    expect(h.question(id).status.kind).toBe("answered");
    expect(await h.queued()).toEqual([]);
  });

  test.each([
    { name: "empty", draft: { text: " \n" }, code: "PROMPT_EMPTY", field: "prompt", says: /Type a question/ },
    {
      name: "of too many files",
      draft: { text: "x", files: Array.from({ length: 11 }, () => textFile) },
      code: "FILES_TOO_MANY",
      field: "files",
      says: /limit is 10/,
    },
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
    first.emit(turn("chat-9", "t1"), text("A"));
    await settle();
    expect(h.transport.calls).toHaveLength(1);
    finish(first);
    const second = await h.transport.call(1);
    expect(second.call).toMatchObject({ clientMessageId: b, chatId: "chat-9" });
    expect((await h.outbox.list("ann")).map((stored) => stored.chatKey)).toEqual(["chat-9"]);
    finish(second, turn("chat-9", "t2"), text("B"));
    await h.engine.idle();
    expect(h.state().messages.map((message) => message.id)).toEqual([a, `${a}/answer`, b, `${b}/answer`]);
  });
});
