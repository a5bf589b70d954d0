import type { Failure, Message, UserMessage } from "#contract/chat-state.ts";

type FailedMessage = UserMessage & { readonly status: { readonly kind: "failed" } };

/**
 * Of the questions that follow one another and failed for one and the same cause (a refused key, say), those from this
 * one up to the first, oldest first; none when the next one has that cause, too: there it is told for all of them.
 */
export function failedAlike(messages: readonly Message[], id: string): readonly string[] {
  const at = messages.findLastIndex((message) => message.id === id);
  const own = messages[at];
  if (!isFailed(own)) return [];
  const next = messages[at + 1];
  if (isFailed(next) && isSame(own.status.failure, next.status.failure)) return [];
  const before = messages.slice(0, at);
  const other = before.findLastIndex(
    (message) => !isFailed(message) || !isSame(message.status.failure, own.status.failure),
  );
  return messages.slice(other + 1, at + 1).map((message) => message.id);
}

function isFailed(message: Message | undefined): message is FailedMessage {
  return message?.role === "user" && message.status.kind === "failed";
}

function isSame(one: Failure, other: Failure): boolean {
  return one.code === other.code && one.message === other.message;
}
