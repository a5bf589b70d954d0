import { PROMPT_MAX_CHARS } from "#contract/limits.ts";
import type { Messages } from "../kit/messages.ts";
import { readStdin } from "../kit/read-stdin.ts";
import { printNote, type Terminal } from "../kit/terminal.ts";
import { ToldError } from "../kit/told-error.ts";

/** By then a person wonders what it waits for. */
const SAY_AFTER_MS = 3_000;

/**
 * The question of `--once` with what a pipe or a file delivers on standard input: the question, a blank line, and the
 * input in a code fence that it cannot close. A terminal, and an empty input, add nothing.
 *
 * @throws PipitError PROMPT_TOO_LONG, INVALID_REQUEST (not UTF-8); `field` stdin
 */
export async function withStdin(question: string, terminal: Terminal, messages: Messages): Promise<string> {
  if (terminal.stdin.isTTY === true) return question;
  const timer = setTimeout(() => printNote(terminal, messages.readingStdin), SAY_AFTER_MS);
  try {
    const input = await readAll(terminal.stdin, PROMPT_MAX_CHARS - question.length, messages);
    if (input.trim() === "") return question;
    const longest = Math.max(2, ...(input.match(/`+/g) ?? []).map((run) => run.length));
    const fence = "`".repeat(longest + 1);
    return `${question}\n\n${fence}\n${input.trimEnd()}\n${fence}`;
  } finally {
    clearTimeout(timer);
  }
}

async function readAll(stdin: Terminal["stdin"], maxChars: number, messages: Messages): Promise<string> {
  let text: string | undefined;
  try {
    text = await readStdin(stdin, maxChars);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new ToldError("INVALID_REQUEST", messages.stdinNotText, { field: "stdin", cause });
  }
  if (text !== undefined) return text;
  throw new ToldError("PROMPT_TOO_LONG", messages.stdinTooLong(PROMPT_MAX_CHARS), { field: "stdin" });
}
