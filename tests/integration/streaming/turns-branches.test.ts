import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Question } from "#server/domain/assistant/turn-types.ts";
import { chatOf, openTurnStage, question, type Reader, type TurnStage } from "./turn-stage.ts";

// What a chat that branches shows, and what the model gets of it, against the real store.

let stage: TurnStage;

beforeEach(async () => {
  stage = await openTurnStage();
});
afterEach(() => stage[Symbol.asyncDispose]());

let messages = 0;

/** Asks a message of its own. */
function ask(prompt: string, answer: string, changes: Partial<Question> = {}): Promise<Reader> {
  messages += 1;
  const clientMessageId = `0190f5d0-0000-7000-8000-${String(messages).padStart(12, "0")}`;
  return stage.ask({ prompt, clientMessageId, ...changes }, answer);
}

function turnOf(reader: Reader): string {
  const turn = reader.events.find((event) => event.type === "turn");
  if (turn === undefined) throw new Error("no turn event");
  return turn.turnId;
}

/** What the model got last, besides the system's words. */
function seen(): readonly string[] {
  return (stage.model.asked.at(-1)?.request.messages ?? []).slice(1).map(({ text }) => text);
}

describe("the model gets the shown path and nothing else", () => {
  test("regenerated twice, edited once, switched back, and reopened", async () => {
    const first = await ask("One?", "1.");
    const chatId = chatOf(first);
    const [root, two] = [turnOf(first), turnOf(await ask("Two?", "2.", { chatId }))];
    const again = await ask("Two?", "2 again.", { chatId, parentTurnId: root });
    expect(seen()).toEqual(["One?", "1.", "Two?"]);
    expect(again.events[0]).toMatchObject({ type: "turn", chatId, parentTurnId: root });
    await ask("Two?", "2 once more.", { chatId, parentTurnId: root });
    expect(seen()).toEqual(["One?", "1.", "Two?"]);
    await ask("Three?", "3.", { chatId });
    expect(seen()).toEqual(["One?", "1.", "Two?", "2 once more.", "Three?"]);
    const edited = await ask("Uno?", "I.", { chatId, parentTurnId: "" });
    expect(seen()).toEqual(["Uno?"]);
    expect(edited.events[0]).toMatchObject({ parentTurnId: "" });
    await ask("Due?", "II.", { chatId });
    expect(seen()).toEqual(["Uno?", "I.", "Due?"]);
    await stage.store.chats.update("ann", chatId, { shownTurnId: two });
    await ask("Tre?", "III.", { chatId });
    expect(seen()).toEqual(["One?", "1.", "Two?", "2.", "Tre?"]);
    const path = (await stage.store.turns.history("ann", chatId, 100)).toReversed();
    expect(path.map(({ turn }) => `${turn.userText} ${turn.assistantText}`)).toEqual([
      "One? 1.",
      "Two? 2.",
      "Tre? III.",
    ]);
    expect(path.map(({ siblings }) => siblings.length)).toEqual([2, 3, 1]);
  });

  test("a deleted exchange is not in it", async () => {
    const chatId = chatOf(await ask("One?", "1."));
    const two = turnOf(await ask("Two?", "2.", { chatId }));
    await ask("Three?", "3.", { chatId });
    await stage.store.turns.remove("ann", chatId, two);
    await ask("Four?", "4.", { chatId });
    expect(seen()).toEqual(["One?", "1.", "Three?", "3.", "Four?"]);
  });

  test("CMR-D7: a message of a deleted chat that comes late makes no chat and asks no model", async () => {
    const clientMessageId = "0190f5d0-0000-7000-8000-00000000d701";
    const chatId = chatOf(await ask("One?", "1.", { clientMessageId }));
    const second = "0190f5d0-0000-7000-8000-00000000d702";
    await ask("Two?", "2.", { chatId, clientMessageId: second });
    const other = chatOf(await ask("Other?", "3."));
    await stage.store.chats.remove("ann", chatId);
    for (const late of [
      question({ prompt: "One?", clientMessageId }),
      question({ prompt: "Two?", clientMessageId: second, chatId }),
      question({ prompt: "Two?", clientMessageId: second }),
      question({ prompt: "Two?", clientMessageId: second, chatId: other }),
      question({ prompt: "New?", clientMessageId: undefined, chatId }),
    ]) {
      const reader = stage.read(late);
      expect([await reader.done, reader.events]).toMatchObject([{ code: "CHAT_NOT_FOUND" }, []]);
    }
    expect(stage.model.asked).toHaveLength(3);
    expect(await stage.store.chats.list("ann", 5)).toMatchObject([{ id: other }]);
  });

  test("CMR-D7: a message that comes again without its chat makes no other, nor when it was deleted", async () => {
    const clientMessageId = "0190f5d0-0000-7000-8000-00000000d703";
    const chatId = chatOf(await ask("One?", "1."));
    const two = turnOf(await ask("Two?", "2.", { chatId, clientMessageId }));
    const late = question({ prompt: "Two?", clientMessageId });
    const again = stage.read(late);
    await again.done;
    expect(again.events[0]).toMatchObject({ chatId, turnId: two, replayed: true });
    await stage.store.turns.remove("ann", chatId, two);
    expect(await stage.read(late).done).toMatchObject({ code: "CHAT_NOT_FOUND" });
    expect(await stage.store.chats.list("ann", 5)).toMatchObject([{ id: chatId }]);
  });
});

describe("what is kept of an answer", () => {
  test("U6: one that was stopped keeps its text and its mark", async () => {
    const reader = stage.read(question());
    const asked = await stage.model.question(0);
    asked.parts.push({ type: "tool", callId: "1", name: "clock", state: "started", summary: "" });
    asked.parts.push({ type: "tool", callId: "1", name: "clock", state: "done", summary: "12:00" });
    asked.say("Half an ans");
    await reader.until(({ text }) => text === "Half an ans");
    expect(stage.service.interrupt("ann", "mac")).toHaveLength(1);
    await reader.done;
    expect(await stage.newestTurn()).toMatchObject({
      status: "cancelled",
      failure: undefined,
      parts: [
        { kind: "tool", callId: "1", name: "clock", state: "done", summary: "12:00" },
        { kind: "text", text: "Half an ans" },
      ],
    });
  });

  test("U8: one that failed keeps its text, the code and the message", async () => {
    const reader = stage.read(question());
    const asked = await stage.model.question(0);
    asked.say("Half");
    await reader.until(({ text }) => text === "Half");
    await stage.service.drain(AbortSignal.abort());
    const failure = await reader.done;
    expect(failure).toMatchObject({ code: "SERVER_STOPPING" });
    expect(await stage.newestTurn()).toMatchObject({
      status: "failed",
      failure: { code: "SERVER_STOPPING", message: failure?.message },
      assistantText: "Half",
    });
  });

  test("a repeated message hears all of it again, in order", async () => {
    const reader = stage.read(question());
    const asked = await stage.model.question(0);
    asked.say("Let me see.");
    asked.parts.push({ type: "tool", callId: "1", name: "clock", state: "done", summary: "12:00" });
    asked.parts.push({ type: "notice", code: "CONTEXT_TRIMMED", text: "Shortened." });
    asked.say("Noon.");
    asked.end();
    await reader.done;
    const again = stage.read(question());
    await again.done;
    const said = (of: Reader) => of.events.filter(({ type }) => type !== "turn");
    expect(said(again)).toEqual(said(reader));
  });
});
