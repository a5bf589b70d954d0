import { timeText } from "./chat-file.ts";
import { isPlainLine, toBlock, toLine } from "./plain-text.ts";
import type { FiledAccount } from "./ports.ts";

/** `user.md`: what an account says about its owner. */
export function userFile({ id, login, displayName, createdAtMs, about, memories }: FiledAccount): string {
  return [
    "# User Profile\n",
    "## Identity",
    `- **ID:** ${id}`,
    `- **Login:** ${toLine(login)}`,
    `- **Display Name:** ${toLine(displayName)}`,
    `- **Registered:** ${timeText(createdAtMs)} UTC\n`,
    "## About",
    ...(about === undefined ? [] : [paragraph(about)]),
    "",
    "## Preferences",
    ...(memories.length === 0 ? ["(none yet)"] : memories.map((text) => `- ${toLine(text)}`)),
    "",
  ].join("\n");
}

/** What begins with a letter or a digit and has one line begins nothing but a paragraph or a list. */
function paragraph(text: string): string {
  return isPlainLine(text) && /^[\p{L}\p{N}]/u.test(text)
    ? text
    : `\n${[...toBlock(text)].join("").slice(0, -1)}`;
}
