import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";
import { audio, finish, jpeg, text, textFile, turn } from "#engine/testing/chat-engine-kit.ts";
import { createChatHarness } from "#engine/testing/chat-harness.ts";
import { settle } from "#engine/testing/fake-clock.ts";
import { unreachable } from "#engine/testing/fake-http.ts";
import { createFakeSpeaker } from "#engine/testing/fake-speaker.ts";

describe("faults", () => {
  test("three attempts, then the message waits; the next one stays behind it; time brings it back", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    const b = await h.engine.send({ text: "b" });
    for (const [index, delayMs] of [1200, 2400].entries()) {
      (await h.transport.call(index)).close(unreachable());
      await settle();
      expect(h.clock.sleeping()).toContain(delayMs);
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
    finish(again, turn(), text("A"));
    const next = await h.transport.call(4);
    expect(next.call.clientMessageId).toBe(b);
    finish(next, turn(), text("B"));
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
    finish(call, turn(), text("A"));
    await h.engine.idle();
    expect(h.text(a)).toBe("A");
  });

  test("a resume that comes just before the connection breaks is not lost: no pause follows", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    const first = await h.transport.call(0);
    first.emit(turn(), text("half"));
    await h.engine.resume();
    first.close(unreachable());
    await settle();
    // Only what looks whether another program changes the message.
    expect(h.clock.sleeping()).toEqual([1_000]);
    finish(await h.transport.call(1), turn(), text("A"));
    await h.engine.idle();
    expect(h.text(a)).toBe("A");
  });

  test("F2, CMR-D2: a refusal parks that message, and the next goes; retry asks again under the same id, at the end", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a", image: jpeg(), files: [textFile] });
    const b = await h.engine.send({ text: "b" });
    (await h.transport.call(0)).close(new PipitError("NOT_ALLOWED", "Your plan is used up."));
    const second = await h.transport.call(1);
    expect(second.call.clientMessageId).toBe(b);
    finish(second, turn(), text("B"));
    await h.engine.idle();
    expect(h.question(a).status).toEqual({
      kind: "failed",
      failure: { code: "NOT_ALLOWED", message: "Your plan is used up.", retryable: false },
    });
    expect(await h.queued()).toEqual([a]);
    await h.engine.retry(a);
    const again = await h.transport.call(2);
    expect(again.call).toMatchObject({ clientMessageId: a, prompt: "a", files: [textFile] });
    expect(again.call.image).toBeDefined();
    finish(again, turn(), text("A"));
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
    finish(second, turn("chat", "t", true), text("One. Two."), audio(2));
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
      outbox: { ...outbox, recordAttempt: broken, remove: broken },
    });
    const a = await h.engine.send({ text: "a" });
    const call = await h.transport.call(0);
    finish(call, turn(), text("A"));
    await h.engine.idle();
    expect(h.text(a)).toBe("A");
    // The attempt, and twice the removal, which goes on while the lane rests.
    expect(h.logger.lines.filter((line) => line.event === "outbox.write_failed")).toHaveLength(3);
  });
});
