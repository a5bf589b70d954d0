import type { AttachedFile } from "#contract/attached-file.ts";
import type { ChatEvent } from "#contract/chat-event.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { OutboxRow } from "#engine/ports.ts";
import type { FakeCall } from "./fake-transport.ts";

// What a server says and what a person sends, in as few words as a test of the chat engine can bear.

export function turn(
  chatId = "chat",
  turnId: string = crypto.randomUUID(),
  replayed = false,
  parentTurnId?: string,
): ChatEvent {
  return { type: "turn", chatId, turnId, replayed, ...(parentTurnId === undefined ? {} : { parentTurnId }) };
}

export function text(value: string): ChatEvent {
  return { type: "text", text: value };
}

/** Two bytes of sound, known by the first. */
export function audio(first: number): ChatEvent {
  return { type: "audio", pcm: Uint8Array.of(first, 0) };
}

const end: ChatEvent = { type: "end" };

/** Says these last events and the end, and closes the stream. */
export function finish(call: FakeCall, ...events: readonly ChatEvent[]): void {
  call.emit(...events, end);
  call.close();
}

/** A small text file. */
export const textFile: AttachedFile = {
  name: "fish.txt",
  mediaType: "text/plain",
  sizeBytes: 12,
  text: "Fish swim.",
  cut: false,
};

/** A picture that begins like a JPEG. */
export function jpeg(sizeBytes = 16): ScreenImage {
  const bytes = new Uint8Array(sizeBytes);
  bytes.set([0xff, 0xd8, 0xff]);
  return { bytes, widthPx: 4, heightPx: 3 };
}

/** A row of ann's that an earlier run left in the outbox. */
export function row(id: string, chatKey: string, createdAtMs = 1): OutboxRow {
  return {
    clientMessageId: id,
    accountId: "ann",
    chatKey,
    text: `text of ${id}`,
    speak: false,
    createdAtMs,
    attempts: 0,
    state: { kind: "waiting" },
  };
}

/** What the history has of an answer, without the ids. */
export const storedAnswer = {
  role: "assistant",
  turnId: "t1",
  parts: [{ kind: "text", text: "A" }],
  status: "done",
  replayed: true,
  createdAtMs: 1,
} as const;
