import { array, assert as assertProperty, asyncProperty, constantFrom, nat, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { answerText, type Message, type UserMessage } from "#contract/chat-state.ts";
import { createHistoryClient } from "#engine/history/history-client.ts";
import { finish, row, text, textFile, turn } from "#engine/testing/chat-engine-kit.ts";
import { createChatHarness, type ChatHarness } from "#engine/testing/chat-harness.ts";
import { settle } from "#engine/testing/fake-clock.ts";
import { json, unreachable } from "#engine/testing/fake-http.ts";
import { createMemoryOutbox } from "./memory-outbox.ts";
import { createTreeServer } from "#engine/testing/tree-server.ts";

/** An engine and a server that keeps its chat as a tree. */
function setup() {
  const server = createTreeServer();
  const h = createChatHarness({ answer: server.answer });
  h.http.answer((request) => server.http(request));
  return { h, server };
}

async function asked(h: ChatHarness, prompt: string): Promise<string> {
  const id = await h.engine.send({ text: prompt });
  await h.engine.idle();
  return id;
}

const questions = (h: ChatHarness) =>
  h.state().messages.filter((message): message is UserMessage => message.role === "user");
const answers = (messages: readonly Message[]) =>
  messages.flatMap((message) => (message.role === "assistant" ? [answerText(message)] : []));
/** What the server has, as a program that opens the chat gets it. */
const stored = (h: ChatHarness) => createHistoryClient(h.http).messages("chat", new AbortController().signal);
/** Messages without what only this run knows. */
const standing = (messages: readonly Message[]) =>
  messages.map(({ createdAtMs: _at, ...message }) => ({ ...message, replayed: undefined }));
/** "a 2/3": the question, and which of the branches at its place. */
const places = (h: ChatHarness) =>
  questions(h).map(({ text: asking, branch }) =>
    branch === undefined ? asking : `${asking} ${branch.index + 1}/${branch.count}`,
  );

test("U8: after a start without the server, the chat of a message that waits is whole once it is back", async () => {
  const { h, server } = setup();
  await asked(h, "before");
  let isAway = true;
  const late = createChatHarness({
    outbox: createMemoryOutbox([row("m1", "chat")]),
    async *answer(call) {
      if (isAway) throw unreachable();
      yield* server.answer(call);
    },
  });
  late.http.answer((request) => {
    if (isAway) throw unreachable();
    return server.http(request);
  });
  await late.engine.resume();
  await settle();
  expect(questions(late).map(({ id }) => id)).toEqual(["m1"]);
  isAway = false;
  late.clock.advance(5_000);
  await late.engine.idle();
  await settle();
  expect(answers(late.state().messages)).toEqual(answers(await stored(late)));
  expect(questions(late).map(({ text: asking }) => asking)).toEqual(["before", "text of m1"]);
});

test("U6: what is edited after a beginning that was never heard stands beside it, and is no turn of its own", async () => {
  const server = createTreeServer();
  let isHeard = true;
  const h = createChatHarness({
    async *answer(call) {
      const events = await Array.fromAsync(server.answer(call));
      if (!isHeard) throw new PipitError("MODEL_REFUSED", "Not this one.");
      yield* events;
    },
  });
  h.http.answer((request) => server.http(request));
  await asked(h, "before");
  isHeard = false;
  const id = await asked(h, "lost");
  expect(questions(h).map(({ turnId }) => turnId !== undefined)).toEqual([true, false]);
  isHeard = true;
  await h.engine.editAndResend(id, "changed");
  await h.engine.idle();
  await settle();
  expect(places(h)).toEqual(["before", "changed 2/2"]);
  expect(standing(await stored(h))).toEqual(standing(h.state().messages));
});

describe("a question with a picture that only the server has", () => {
  const question: UserMessage = {
    role: "user",
    id: "q",
    turnId: "t",
    parentTurnId: "",
    text: "What is this?",
    image: { widthPx: 4, heightPx: 3, sizeBytes: 3 },
    createdAtMs: 1,
    status: { kind: "answered" },
  };
  function opened() {
    const h = createChatHarness();
    h.engine.openChat("chat", [question]);
    return h;
  }

  test.each([
    ["regenerate", (h: ChatHarness) => h.engine.regenerate("q")],
    ["editAndResend", (h: ChatHarness) => h.engine.editAndResend("q", "And this?")],
  ])("U6: %s after a reload takes it from there", async (_, again) => {
    const h = opened();
    h.http.answer(({ path, headers }) => {
      expect([path, headers?.["accept"]]).toEqual(["/v1/chats/chat/turns/t/picture", "application/json"]);
      return json(200, { width: 4, height: 3, jpeg: "/9j/" });
    });
    await again(h);
    const { call } = await h.transport.call(0);
    const bytes = new Uint8Array([0xff, 0xd8, 0xff]);
    expect(call).toMatchObject({ parentTurnId: "", image: { bytes, widthPx: 4, heightPx: 3 } });
  });

  test("with files only: they are taken from there too", async () => {
    const h = createChatHarness();
    const { text: _text, ...listed } = textFile;
    const { image: _image, ...bare } = question;
    h.engine.openChat("chat", [{ ...bare, files: [{ ...listed, chars: 10 }] }]);
    h.http.answer(({ path }) => {
      expect(path).toBe("/v1/chats/chat/turns/t/files");
      const { mediaType: media_type, sizeBytes: bytes, name, text: said, cut } = textFile;
      return json(200, { data: [{ name, media_type, bytes, pages: null, chars: 10, cut, text: said }] });
    });
    await h.engine.regenerate("q");
    expect((await h.transport.call(0)).call).toMatchObject({ prompt: question.text, files: [textFile] });
  });

  test.each([
    ["the server is away", unreachable(), "SERVER_UNREACHABLE"],
    ["it is gone there too", new PipitError("CHAT_NOT_FOUND", "There is no such picture"), "INVALID_REQUEST"],
  ])("U6: while %s it is not asked without, and the chat stays as it is", async (_, reason, code) => {
    const h = opened();
    h.http.answer(() => {
      throw reason;
    });
    await expect(h.engine.regenerate("q")).rejects.toMatchObject({ code });
    expect([h.state().messages, h.transport.calls.length]).toEqual([[question], 0]);
  });
});

describe("a chat is a tree", () => {
  test("U6: regenerated twice, edited, switched back: each time the path is shown, and reopening shows the same", async () => {
    const { h, server } = setup();
    await asked(h, "a");
    const b = await asked(h, "b");
    const again = await h.engine.regenerate(`${b}/answer`);
    // At once, before the server has said a word.
    expect(places(h)).toEqual(["a", "b 2/2"]);
    await h.engine.idle();
    const third = await h.engine.regenerate(again);
    await h.engine.idle();
    await asked(h, "c");
    expect(places(h)).toEqual(["a", "b 3/3", "c"]);
    expect(server.shown()).toEqual(["a: t1", "b: t4", "c: t5"]);
    const first = questions(h)[0]?.id ?? "";
    await h.engine.editAndResend(first, "A");
    await h.engine.idle();
    expect(places(h)).toEqual(["A 2/2"]);
    expect(server.shown()).toEqual(["A: t6"]);
    await h.engine.switchBranch(questions(h)[0]?.id ?? "", 0);
    expect(places(h)).toEqual(["a 1/2", "b 3/3", "c"]);
    await h.engine.switchBranch(third, 0);
    expect(places(h)).toEqual(["a 1/2", "b 1/3"]);
    await asked(h, "d");
    expect(server.shown()).toEqual(["a: t1", "b: t2", "d: t7"]);
    expect(answers(h.state().messages)).toEqual(server.shown());
    const before = standing(h.state().messages);
    h.engine.newChat();
    h.engine.openChat("chat", await stored(h));
    expect(standing(h.state().messages)).toEqual(before);
  });

  test("U7: what is deleted is gone on the server too, and can be brought back", async () => {
    const { h, server } = setup();
    await asked(h, "a");
    const b = await asked(h, "b");
    await asked(h, "c");
    expect(await h.engine.deleteMessage(b)).toBe(true);
    expect(places(h)).toEqual(["a", "c"]);
    expect(server.shown()).toEqual(["a: t1", "c: t3"]);
    await h.engine.undoDelete();
    expect(places(h)).toEqual(["a", "b", "c"]);
    expect(server.shown()).toEqual(["a: t1", "b: t2", "c: t3"]);
    await expect(h.engine.undoDelete()).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  test("deleting a branch shows the one beside it", async () => {
    const { h } = setup();
    const a = await asked(h, "a");
    const edited = await h.engine.editAndResend(a, "A");
    await h.engine.idle();
    await h.engine.deleteMessage(edited);
    expect(places(h)).toEqual(["a"]);
  });

  test("a branch that was set aside before it reached the server is not what the next question follows", async () => {
    const h = createChatHarness();
    const a = await h.engine.send({ text: "a" });
    finish(await h.transport.call(0), turn("chat", "t1", false, ""), text("A"));
    await h.engine.idle();
    const b = await h.engine.send({ text: "b" });
    finish(await h.transport.call(1), turn("chat", "t2", false, "t1"), text("B"));
    await h.engine.idle();
    const again = await h.engine.regenerate(b);
    expect((await h.transport.call(2)).call.parentTurnId).toBe("t1");
    await h.engine.cancel();
    expect(h.question(again).status.kind).toBe("cancelled");
    await h.engine.send({ text: "c" });
    expect((await h.transport.call(3)).call.parentTurnId).toBe("t1");
    expect(h.question(a).turnId).toBe("t1");
  });

  test("CMR-D8: a stored answer whose message still waits in the outbox is shown once, in its place", async () => {
    const { h, server } = setup();
    await h.outbox.add(row("m1", "chat"));
    for (const [clientMessageId, prompt] of [
      ["m1", "text of m1"],
      ["m2", "later"],
    ] as const) {
      const call = { prompt, clientMessageId, hardwareId: "hw", speak: false };
      await Array.fromAsync(server.answer(call));
    }
    h.engine.openChat("chat", await stored(h));
    await h.engine.resume();
    await h.engine.idle();
    await settle();
    expect(answers(h.state().messages)).toEqual(["text of m1: t1", "later: t2"]);
    expect(h.state().messages.map(({ id }) => id)).toEqual(["m1", "m1/answer", "m2", "m2/answer"]);
    expect(await h.queued()).toEqual([]);
  });

  test("no branch is switched to while an answer is on its way, and none that is not there", async () => {
    const h = createChatHarness();
    h.http.answer(() => json(200, { data: [] }));
    const a = await h.engine.send({ text: "a" });
    const call = await h.transport.call(0);
    call.emit(turn("chat", "t1"));
    await settle();
    await expect(h.engine.switchBranch(a, 0)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    expect(h.http.requests).toEqual([]);
  });
});

/** What a person does next, of the question at this place on the path. */
const deed = record({
  kind: constantFrom("send", "regenerate", "edit", "switch", "delete", "undo"),
  at: nat(9),
  index: nat(3),
});

test("after any deeds, what is shown is the path that the server has", async () => {
  await assertProperty(
    asyncProperty(array(deed, { minLength: 1, maxLength: 20 }), async (deeds) => {
      const { h, server } = setup();
      await asked(h, "first");
      for (const { kind, at, index } of deeds) {
        const on = questions(h);
        const question = on[at % Math.max(on.length, 1)];
        if (kind === "send" || question === undefined) await asked(h, `q${at}`);
        else if (kind === "regenerate") await h.engine.regenerate(question.id);
        else if (kind === "edit") await h.engine.editAndResend(question.id, `e${index}`);
        else if (kind === "delete") await h.engine.deleteMessage(question.id);
        else if (kind === "undo") await h.engine.undoDelete().catch(() => undefined);
        else if (question.branch !== undefined)
          await h.engine.switchBranch(question.id, index % question.branch.count);
        await h.engine.idle();
        expect(answers(h.state().messages)).toEqual(server.shown());
        expect(standing(h.state().messages)).toEqual(standing(await stored(h)));
      }
      await h.engine[Symbol.asyncDispose]();
    }),
    { numRuns: 100 },
  );
});
