import type { FiledChat, FiledTurn } from "./ports.ts";
import { fromBlock, fromLine, isIndented, isPlainLine, toBlock, toLine } from "./plain-text.ts";

const AGENT = "Pipit";
const UPDATED = "Updated: ";
const CONVERSATION = "## Conversation";
const moment = String.raw`(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})`;
const messageLine = new RegExp(String.raw`^\[${moment}\] \*\*((?:\\.|[^*\\])*)\*\*:(?: (.*))?$`, "u");
const originalLine = new RegExp(String.raw`^### \[(\w+)\] .* \(${moment} UTC\)$`, "u");

/** One message as a memory file keeps it. */
export interface FiledMessage {
  readonly role: "user" | "assistant";
  /** "YYYY-MM-DD HH:MM:SS", UTC. */
  readonly at: string;
  readonly text: string;
}

/** What stands above the messages of a chat's file, and where in it, in bytes, the time of the last change stands. */
export function chatHead(chat: FiledChat): { readonly text: string; readonly updatedAt: number } {
  const before = [
    "# Chat Session",
    `ID: ${chat.id}`,
    `Title: ${toLine(chat.title)}`,
    `User: ${toLine(chat.userName)} (${chat.userId})`,
    `Agent: ${agentOf(chat)}`,
    `Created: ${timeText(chat.createdAtMs)} UTC`,
    UPDATED,
  ].join("\n");
  const text = `${before}${timeText(chat.updatedAtMs)} UTC\n\n---\n\n${CONVERSATION}\n`;
  return { text, updatedAt: Buffer.byteLength(before) };
}

/** A turn's messages, piece by piece; ends with a line end. */
export function* chatMessages(chat: FiledChat, turns: readonly FiledTurn[]): Generator<string> {
  for (const { userText, assistantText, askedAtMs, answeredAtMs } of turns) {
    yield* message(askedAtMs, chat.userName, userText);
    if (assistantText !== "") yield* message(answeredAtMs, agentOf(chat), assistantText);
  }
}

function* message(atMs: number, name: string, text: string): Generator<string> {
  const head = `\n[${timeText(atMs)}] **${toLine(name)}**:`;
  if (isPlainLine(text)) {
    yield `${head} ${text}\n`;
    return;
  }
  yield `${head}\n\n`;
  yield* toBlock(text);
}

/** "YYYY-MM-DD HH:MM:SS", UTC; always as long. */
export function timeText(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace("T", " ");
}

/**
 * The messages of a chat's file, also of one in the layout of the original; undefined for any other text. The original's
 * marks no content: there a message may hold what looks like the next one's heading.
 */
export function readChatFile(text: string): readonly FiledMessage[] | undefined {
  const lines = text.split("\n");
  if (lines[0]?.startsWith("# Chat: ") === true) return readOriginal(lines);
  const start = lines.indexOf(CONVERSATION);
  const agent = lines.find((line) => line.startsWith("Agent: "))?.slice("Agent: ".length);
  if (lines[0] !== "# Chat Session" || start < 0 || agent === undefined) return undefined;
  return readMessages(lines.slice(start + 1), agent);
}

function readMessages(lines: readonly string[], agent: string): readonly FiledMessage[] {
  const messages: (Omit<FiledMessage, "text"> & { inline: string; block: string[] })[] = [];
  for (const line of lines) {
    if (isIndented(line)) messages.at(-1)?.block.push(line);
    const [, at, name, inline = ""] = messageLine.exec(line) ?? [];
    if (at === undefined || name === undefined) continue;
    messages.push({ role: fromLine(name) === agent ? "assistant" : "user", at, inline, block: [] });
  }
  return messages.map(({ inline, block, ...one }) => ({
    ...one,
    text: block.length === 0 ? inline : fromBlock(block),
  }));
}

function readOriginal(lines: readonly string[]): readonly FiledMessage[] {
  const starts = lines.flatMap((line, at) => (originalLine.test(line) ? [at] : []));
  return starts.flatMap((start, index) => {
    const [, role, at = ""] = originalLine.exec(lines[start] ?? "") ?? [];
    const body = lines.slice(start + 1, starts[index + 1] ?? lines.length).join("\n");
    if (role !== "user" && role !== "assistant") return [];
    return [{ role, at, text: body.trim().replace(/\n*---$/u, "") } as const];
  });
}

/** A person who is called as the assistant is must not be taken for it. */
function agentOf({ userName }: FiledChat): string {
  return userName.trim().toLowerCase() === AGENT.toLowerCase() ? `${AGENT} (assistant)` : AGENT;
}
