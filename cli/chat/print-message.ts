import { answerText, type Message } from "#contract/chat-state.ts";
import type { Messages } from "../kit/messages.ts";
import { showText } from "./text-screen.ts";
import { paint, printLine, type Terminal } from "../kit/terminal.ts";

/** One message, as `/history` shows it. */
export function printMessage(message: Message, terminal: Terminal, messages: Messages): void {
  const name = message.role === "user" ? messages.you : "pipit";
  const text = message.role === "user" ? message.text : answerText(message);
  if (message.role === "user" || terminal.stdout.isTTY !== true) {
    printLine(terminal, paint("bold", `${name}:`), ` ${text}`);
    return;
  }
  printLine(terminal, paint("bold", `${name}:`));
  showText(terminal, text);
}
