import { answerText, type Message, type UserMessage } from "#contract/chat-state.ts";
import type { Messages } from "../kit/messages.ts";
import { showText } from "./text-screen.ts";
import { paint, printLine, type Terminal } from "../kit/terminal.ts";

/** One message, as `/history` shows it, with what kept it from a whole answer. */
export function printMessage(message: Message, terminal: Terminal, messages: Messages): void {
  printText(message, terminal, messages);
  const mark = markOf(message, messages);
  if (mark !== undefined) printLine(terminal, paint("yellow", mark));
}

function markOf(message: Message, messages: Messages): string | undefined {
  if (message.role === "assistant") {
    if (message.status === "cancelled") return messages.cancelled;
    return message.failure === undefined ? undefined : messages.error(message.failure);
  }
  if (message.status.kind === "failed") return messages.notSent(messages.error(message.status.failure));
  if (message.status.kind === "queued") return messages.isWaiting;
  return message.status.kind === "cancelled" ? messages.cancelled : undefined;
}

function printText(message: Message, terminal: Terminal, messages: Messages): void {
  const name = message.role === "user" ? messages.you : "pipit";
  const text = message.role === "user" ? questionText(message) : answerText(message);
  if (message.role === "user" || terminal.stdout.isTTY !== true) {
    printLine(terminal, paint("bold", `${name}:`), ` ${text}`);
    return;
  }
  printLine(terminal, paint("bold", `${name}:`));
  showText(terminal, text);
}

/** With the names of its files. */
function questionText({ text, files = [] }: UserMessage): string {
  return [text, ...files.map(({ name }) => `[${name}]`)].join(" ");
}
