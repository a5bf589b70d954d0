import { answerText, type AssistantMessage, type Message, type UserMessage } from "#contract/chat-state.ts";

/** A text of the chat namespace to be spoken by a screen reader, and what is filled in. */
export type Announcement =
  | { readonly key: (typeof answerKeys)[keyof typeof answerKeys] }
  | { readonly key: "announceAnswer"; readonly text: string };

const answerKeys = {
  streaming: "announceAnswering",
  cancelled: "announceStopped",
  failed: "announceFailed",
  interrupted: "announceInterrupted",
} as const;

/** What is read of an answer without being asked for; the rest is in the page. */
const spokenChars = 240;
/** Nothing older changes, but questions that wait may stand below. */
const lookedAt = 20;

/** What happened between two states that should be said; nothing for text that grows, nor for another chat. */
export function nextAnnouncement(
  before: readonly Message[],
  after: readonly Message[],
): Announcement | undefined {
  const old = new Map(before.slice(-lookedAt).map((message) => [keyOf(message), message]));
  for (const message of after.slice(-lookedAt).toReversed()) {
    const previous = old.get(keyOf(message));
    if (previous === message) continue;
    const announcement =
      message.role === "user" ? ofQuestion(previous, message) : ofAnswer(previous, message, old);
    if (announcement !== undefined) return announcement;
  }
  return undefined;
}

function keyOf(message: Message): string {
  return `${message.role}:${message.id}`;
}

function ofQuestion(previous: Message | undefined, message: UserMessage): Announcement | undefined {
  if (previous?.role !== "user" || previous.status.kind === message.status.kind) return undefined;
  return message.status.kind === "failed" ? { key: "announceFailed" } : undefined;
}

function ofAnswer(
  previous: Message | undefined,
  message: AssistantMessage,
  old: ReadonlyMap<string, Message>,
): Announcement | undefined {
  if (previous?.role === "assistant" && previous.status === message.status) return undefined;
  // An answer that comes together with its question belongs to a chat that was just opened.
  if (previous === undefined && !old.has(`user:${message.replyTo}`)) return undefined;
  if (message.status === "done") return { key: "announceAnswer", text: plainStart(message) };
  return { key: answerKeys[message.status] };
}

/** The beginning without the marks of Markdown, cut at a word. */
function plainStart(message: AssistantMessage): string {
  const plain = answerText(message)
    .slice(0, 2 * spokenChars)
    .replaceAll(/[*_`#>|~]+/gu, "")
    .replaceAll(/\s+/gu, " ")
    .trim();
  return plain.length <= spokenChars ? plain : `${plain.slice(0, spokenChars).replace(/\s\S*$/u, "")} …`;
}
