import { readChatFile, timeText, type FiledMessage } from "./chat-file.ts";
import { isSafeId, type MemoryFolder } from "./memory-folder.ts";
import type { FiledTurn, MemoryFileStore } from "./ports.ts";

const BATCH = 100;

/** What was found of one file. "older": in the layout of the original, with the same messages. */
interface Verified {
  /** Inside the folder. */
  readonly path: string;
  readonly fault: "missing" | "different" | "older layout" | "chat is gone" | undefined;
}

/** Reads every file back and compares its messages with the database's. What is to be written soon is no fault. */
export async function* verifyMemoryFiles(
  store: MemoryFileStore,
  folder: MemoryFolder,
  signal: AbortSignal,
): AsyncGenerator<Verified> {
  for await (const { userId, chatIds } of folder.chats()) {
    const live = await store.liveOf(userId, chatIds);
    for (const id of chatIds)
      if (!live.has(id)) yield { path: `chats/${userId}/${id}.md`, fault: "chat is gone" };
  }
  let after: string | undefined;
  for (;;) {
    signal.throwIfAborted();
    const chats = await store.written(BATCH, after);
    for (const { id, userId } of chats) {
      signal.throwIfAborted();
      if (!isSafeId(id) || !isSafeId(userId)) continue;
      const said = await messagesOf(store, id);
      yield { path: `chats/${userId}/${id}.md`, fault: faultOf(await folder.read(userId, id), said) };
    }
    after = chats.at(-1)?.id;
    if (chats.length < BATCH) return;
  }
}

async function messagesOf(store: MemoryFileStore, chatId: string): Promise<readonly FiledMessage[]> {
  const messages: FiledMessage[] = [];
  let index = -1;
  for (;;) {
    const turns = await store.turnsAfter(chatId, index, BATCH);
    messages.push(...turns.flatMap(toMessages));
    index = turns.at(-1)?.index ?? index;
    if (turns.length < BATCH) return messages;
  }
}

function toMessages({ userText, assistantText, askedAtMs, answeredAtMs }: FiledTurn): FiledMessage[] {
  const question: FiledMessage = { role: "user", at: timeText(askedAtMs), text: userText };
  if (assistantText === "") return [question];
  return [question, { role: "assistant", at: timeText(answeredAtMs), text: assistantText }];
}

function faultOf(file: string | undefined, said: readonly FiledMessage[]): Verified["fault"] {
  if (file === undefined) return "missing";
  const read = readChatFile(file);
  if (JSON.stringify(read) !== JSON.stringify(said)) return "different";
  return file.startsWith("# Chat: ") ? "older layout" : undefined;
}
