import { describe, expect, test } from "vitest";
import { audio, finish, text, turn } from "#engine/testing/chat-engine-kit.ts";
import { createChatHarness } from "#engine/testing/chat-harness.ts";
import { settle } from "#engine/testing/fake-clock.ts";
import { createFakeSpeaker } from "#engine/testing/fake-speaker.ts";

describe("speech", () => {
  test("a full speaker does not delay the text", async () => {
    const speaker = createFakeSpeaker();
    speaker.hold(true);
    const h = createChatHarness({ speaker });
    const a = await h.engine.send({ text: "a" });
    const call = await h.transport.call(0);
    finish(call, turn(), audio(1), audio(2), text("text"));
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
    finish(call, audio(2), text("two"), audio(3));
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
    finish(first, audio(2));
    const second = await h.transport.call(1);
    expect(second.call.speak).toBe(true);
    second.emit(turn(), text("B"), audio(3));
    await settle();
    expect(speaker.heard).toEqual([1, 3]);
    await h.engine.send({ text: "c" });
    h.engine.setSpeak(false);
    finish(second, audio(4));
    const third = await h.transport.call(2);
    expect(third.call.speak).toBe(false);
    expect(speaker.heard).toEqual([1, 3]);
    h.engine.setSpeak(true);
    h.engine.setSearchAllChats(true);
    await h.engine.send({ text: "d" });
    finish(third, turn(), text("C"));
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
    finish(call, audio(2));
    await h.engine.idle();
    expect(speaker.heard).toEqual([1]);
  });
});
