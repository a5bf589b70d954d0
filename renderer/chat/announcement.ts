import { answerText, type AssistantMessage, type Message, type UserMessage } from "#contract/chat-state.ts";

/** A text of the chat namespace to be spoken by a screen reader, and what is filled in. */
export type Announcement =
  | { readonly key: (typeof answerKeys)[keyof typeof answerKeys] | "announceSilent" }
  | { readonly key: "announceAnswer"; readonly text: string };

const answerKeys = {
  streaming: "announceAnswering",
  cancelled: "announceStopped",
  failed: "announceFailed",
  interrupted: "announceInterrupted",
} as const;

/** What is read of an answer without being asked for; the rest is in the page. */
const spokenChars = 240;
/** Of a long answer, so much is parsed at once. */
const pieceChars = 4_096;
/** Nothing older changes, but questions that wait may stand below. */
const lookedAt = 20;

/**
 * What happened between two states that should be said; nothing for text that grows, nor for another chat. Of a complete
 * answer, all of its Markdown is given: {@link spokenStart} makes of it what is said.
 */
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
  if (message.status === "done") return { key: "announceAnswer", text: answerText(message) };
  return { key: answerKeys[message.status] };
}

/**
 * The first sentences of an answer as a voice would say them. What reads them is fetched when the first answer is
 * complete: nothing before that needs it. Where it cannot be (the server has a newer page by now), Markdown is read.
 */
export async function spokenStart(markdown: string, locale: string): Promise<string> {
  const reader = await import("#contract/spoken/spoken-answer.ts").catch(() => undefined);
  if (reader === undefined) return cut(markdown);
  const answer = reader.createSpokenAnswer(locale);
  let said = "";
  for (let at = 0; said.length <= spokenChars; at += pieceChars) {
    const isOver = at >= markdown.length;
    for (const { text } of isOver ? answer.end() : answer.push(markdown.slice(at, at + pieceChars))) {
      if (said !== "" && said.length + text.length > spokenChars) return cut(said);
      said = `${said} ${text}`.trimStart();
    }
    if (isOver && said.length <= spokenChars) return said;
  }
  return cut(said);
}

/** More follows; what is too long ends with a word. */
function cut(text: string): string {
  return text.length <= spokenChars ? `${text} …` : `${text.slice(0, spokenChars).replace(/\s\S*$/u, "")} …`;
}
