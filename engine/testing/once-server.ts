import type { ChatEvent } from "#contract/chat-event.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { StreamCall } from "#engine/ports.ts";

/** `once`: one answer, then away; `unheard`: it takes the message, and is away before it can say so. */
export type Fault = "none" | "once" | "unreachable" | "unheard" | "broken" | "model" | "refused";

/** A model server behind ours: answers each message once, and two of one chat never at once. */
export class OnceServer {
  fault: Fault = "none";
  /** Chat of each message that has been answered, in the order of the answers. */
  readonly done = new Map<string, string>();
  readonly wrong: string[] = [];
  readonly #chats = new Map<string, string>();
  readonly #running = new Set<string>();

  async *answer(call: StreamCall, signal: AbortSignal): AsyncGenerator<ChatEvent> {
    const id = call.clientMessageId;
    if (this.fault === "unreachable") throw new PipitError("SERVER_UNREACHABLE", "Away.");
    if (this.fault === "refused") throw new PipitError("MODEL_REFUSED", "Never.");
    if (this.fault === "model") throw new PipitError("MODEL_FAILED", "500.");
    const chatId = this.#chatOf(call);
    if (this.fault === "unheard") throw new PipitError("SERVER_UNREACHABLE", "Away.");
    if (this.#running.has(chatId)) this.wrong.push(`two at once in ${chatId}`);
    this.#running.add(chatId);
    try {
      yield { type: "turn", chatId, turnId: `turn-of-${id}`, replayed: this.done.has(id) };
      await Promise.resolve();
      if (signal.aborted) throw new PipitError("CANCELLED", "Cancelled.");
      if (this.fault === "broken") throw new PipitError("SERVER_UNREACHABLE", "Broken.");
      yield { type: "text", text: `Answer to ${call.prompt}` };
      if (!this.done.has(id)) this.done.set(id, chatId);
      if (this.fault === "once") this.fault = "unreachable";
      yield { type: "end" };
    } finally {
      this.#running.delete(chatId);
    }
  }

  /** A message that it knows stays where it is. */
  #chatOf({ clientMessageId: id, chatId: named, chatKey = id }: StreamCall): string {
    const chatId = this.#chats.get(id) ?? named ?? `chat-of-${chatKey}`;
    this.#chats.set(id, chatId);
    return chatId;
  }
}
