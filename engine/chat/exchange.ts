import { PROMPT_MAX_CHARS, SCREENSHOT_MAX_BYTES } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { OutboxRow } from "#engine/ports.ts";
import type { Draft } from "./chat-engine-api.ts";
import type { ImageShelf } from "./image-shelf.ts";
import type { Message, UserMessage } from "#contract/chat-state.ts";

const MIB = 1024 * 1024;

/** The bubble of a row that has just been queued. */
export function messageOf(row: OutboxRow): UserMessage {
  const { image } = row;
  const shown = image && {
    widthPx: image.widthPx,
    heightPx: image.heightPx,
    sizeBytes: image.bytes.byteLength,
  };
  return {
    role: "user",
    id: row.clientMessageId,
    text: row.text,
    createdAtMs: row.createdAtMs,
    status: { kind: "queued" },
    ...(shown === undefined ? {} : { image: shown }),
  };
}

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

/**
 * Checks a question before anything is stored, so that what the server would refuse anyway never enters the outbox.
 *
 * @returns the text as it will be sent: lone surrogates, which UTF-8 cannot carry, become U+FFFD
 * @throws PipitError PROMPT_EMPTY, PROMPT_TOO_LONG, SCREENSHOT_TOO_LARGE, SCREENSHOT_INVALID, each naming field, limit and cure
 */
export function checkDraft(draft: Draft): string {
  const text = draft.text.toWellFormed();
  if (text.trim() === "") {
    throw new PipitError("PROMPT_EMPTY", "The message is empty. Type a question first.", { field: "prompt" });
  }
  if (text.length > PROMPT_MAX_CHARS) {
    const message = `The message is ${text.length} characters long; the limit is ${PROMPT_MAX_CHARS}. Shorten it or send it in parts.`;
    throw new PipitError("PROMPT_TOO_LONG", message, { field: "prompt" });
  }
  if (draft.image !== undefined) checkImage(draft.image);
  return text;
}

function checkImage(image: ScreenImage): void {
  const sizeBytes = image.bytes.byteLength;
  if (sizeBytes > SCREENSHOT_MAX_BYTES) {
    const message = `The picture is ${(sizeBytes / MIB).toFixed(1)} MiB large; the limit is ${SCREENSHOT_MAX_BYTES / MIB} MiB. Scale it down or attach a part of it.`;
    throw new PipitError("SCREENSHOT_TOO_LARGE", message, { field: "screenshot" });
  }
  if (!isKnownFormat(image.bytes)) {
    const message =
      "The attached file is no JPEG, PNG or WebP picture. Attach one of these, or send without it.";
    throw new PipitError("SCREENSHOT_INVALID", message, { field: "screenshot" });
  }
}

/** Looks at the magic bytes; names and declared types lie. */
function isKnownFormat(bytes: Uint8Array): boolean {
  const jpeg = startsWith(bytes, 0, [0xff, 0xd8, 0xff]);
  const png = startsWith(bytes, 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const webp =
    startsWith(bytes, 0, [0x52, 0x49, 0x46, 0x46]) && startsWith(bytes, 8, [0x57, 0x45, 0x42, 0x50]);
  return jpeg || png || webp;
}

function startsWith(bytes: Uint8Array, offset: number, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[offset + index] === byte);
}
