import { expect, test } from "vitest";
import type { ChatEvent } from "#contract/chat-event.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { AskServer, StreamCall } from "#engine/ports.ts";
import type { HistoryEntry } from "./history-file.ts";
import { keepHistory } from "./keep-history.ts";

const call: StreamCall = { prompt: "Hi?", clientMessageId: "m", hardwareId: "h", speak: false, chatKey: "k" };
const turn = { type: "turn", chatId: "chat", turnId: "turn", replayed: false } as const;
const text = (said: string): ChatEvent => ({ type: "text", text: said });

function setup(events: readonly (ChatEvent | PipitError)[], fault?: PipitError) {
  const kept: HistoryEntry[] = [];
  const server: AskServer = async function* ask(_call, _signal, onSignIn) {
    onSignIn?.({ accountId: "ann", token: "a secret" });
    for (const event of events) {
      if (event instanceof PipitError) throw event;
      yield event;
    }
  };
  const ask = keepHistory(server, {
    file: { add: async (account, entry) => (kept.push({ ...entry, chat_id: account }), fault) },
    isWanted: () => true,
    isTemporary: async (chatId) => {
      if (chatId === "unknown") throw new PipitError("SERVER_UNREACHABLE", "Away.");
      return chatId === "short-lived";
    },
    nowMs: () => 0,
    locale: "ru-RU",
  });
  return { kept, ask };
}
const live = new AbortController().signal;

test("an answer is kept once it is whole, without its reasoning, and a fault of the file is said before its end", async () => {
  const fault = new PipitError("STORAGE_FULL", "The disk is full.");
  const hidden = { type: "reasoning", text: "Hm.", takesText: true } as const;
  const { kept, ask } = setup([turn, text("So "), hidden, text("Hello."), { type: "end" }], fault);
  const seen = await Array.fromAsync(ask({ ...call, files: [] }, live));
  expect(kept).toEqual([
    {
      at: "1970-01-01T00:00:00.000Z",
      chat_id: "ann",
      turn_id: "turn",
      status: "done",
      question: "Hi?",
      answer: "Hello.",
    },
  ]);
  expect(seen.slice(-2)).toEqual([
    { type: "notice", code: "STORAGE_FULL", text: expect.stringMatching(/^Файл истории не записан/) },
    { type: "end" },
  ]);
});

test("what was stopped is kept as far as it came; what broke is not, since it is asked again", async () => {
  const broken = setup([turn, text("Hel"), new PipitError("SERVER_UNREACHABLE", "Away.")]);
  await expect(Array.fromAsync(broken.ask(call, live))).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
  expect(broken.kept).toEqual([]);
  const stop = new AbortController();
  const stopped = setup([turn, text("Hel"), new PipitError("CANCELLED", "Cancelled.")]);
  const reading = Array.fromAsync(stopped.ask(call, stop.signal));
  stop.abort();
  await expect(reading).rejects.toMatchObject({ code: "CANCELLED" });
  expect(stopped.kept).toMatchObject([{ status: "stopped", answer: "Hel" }]);
});

test("nothing of a temporary chat is kept, wherever it was begun, nor of one that is not known", async () => {
  const { kept, ask } = setup([{ ...turn, chatId: "short-lived" }, { type: "end" }]);
  await Array.fromAsync(ask({ ...call, temporary: true }, live));
  await Array.fromAsync(ask({ ...call, chatId: "short-lived" }, live));
  const elsewhere = setup([{ ...turn, chatId: "short-lived" }, { type: "end" }]);
  await Array.fromAsync(elsewhere.ask({ ...call, chatId: "short-lived" }, live));
  const unknown = setup([{ ...turn, chatId: "unknown" }, { type: "end" }]);
  await Array.fromAsync(unknown.ask({ ...call, chatId: "unknown" }, live));
  expect([kept, elsewhere.kept, unknown.kept]).toEqual([[], [], []]);
});
