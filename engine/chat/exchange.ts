import { PipitError } from "#contract/pipit-error.ts";
import type { Draft } from "./chat-engine-api.ts";
import type { ImageShelf } from "./image-shelf.ts";
import type { Message, UserMessage } from "#contract/chat-state.ts";

/**
 * The question of an exchange, by its own id or that of its answer.
 *
 * @throws PipitError INVALID_REQUEST
 */
export function questionOf(messages: readonly Message[], messageId: string): UserMessage {
  const message = messages.find(({ id }) => id === messageId);
  const id = message?.role === "assistant" ? message.replyTo : messageId;
  const question = messages.find((other) => other.role === "user" && other.id === id);
  if (question?.role !== "user") throw invalidRequest("This message is not in the chat any more.");
  return question;
}

/**
 * A question as it was asked.
 *
 * @throws PipitError INVALID_REQUEST when it had a picture that is no longer in memory: without it, it is another question
 */
export function draftOf(question: UserMessage, images: ImageShelf): Draft {
  if (question.image === undefined) return { text: question.text };
  const image = images.get(question.id);
  if (image === undefined) {
    throw invalidRequest("The picture of this message is no longer at hand. Attach it again and send.");
  }
  return { text: question.text, image };
}

export function invalidRequest(message: string): PipitError {
  return new PipitError("INVALID_REQUEST", message);
}
