import { oneLine } from "#contract/texts/one-line.ts";
import { resolve } from "node:path";
import { PipitError } from "#contract/pipit-error.ts";
import type { ImportReport } from "#contract/imports/chat-import.ts";
import { fileBlob } from "#engine/node/files/file-blob.ts";
import { exitCodes, type ExitCode } from "../kit/exit-codes.ts";
import type { CommandDeps } from "../kit/open-cli-client.ts";
import { openProgress } from "../kit/progress.ts";
import { printJson, printNote } from "../kit/terminal.ts";
import { ToldError } from "../kit/told-error.ts";
import { withChats, type ChatsContext } from "./chats-command.ts";
import { failureWords, importWords, type ImportWords } from "./import-words.ts";

/** Flags of `pipit chats import` as commander gives them. */
export interface ImportFlags {
  readonly file: string;
  readonly again?: boolean;
  readonly json?: boolean;
}

/** `pipit chats import FILE`: the file is read while it is sent. What was imported before Ctrl-C stays. */
export function importChats(flags: ImportFlags, deps: CommandDeps): Promise<ExitCode> {
  return withChats(deps, async (context) => {
    const { terminal } = context;
    const words = importWords(deps.config.locale);
    const file = await fileBlob(resolve(flags.file));
    if (file === undefined) throw new ToldError("USAGE", words.unreadable(flags.file));
    const report = await send(file, flags.again === true, context, deps.config.locale);
    if (flags.json === true) printJson(terminal, report);
    else for (const line of reportLines(report, words)) printNote(terminal, line);
    return report.problem === undefined ? exitCodes.done : exitCodes.failed;
  });
}

async function send(
  file: Blob,
  again: boolean,
  { client, terminal, signal }: ChatsContext,
  locale: string,
): Promise<ImportReport> {
  const words = importWords(locale);
  using progress = openProgress(terminal);
  let seen = 0;
  const onProgress: NonNullable<Parameters<typeof client.importChats>[1]["onProgress"]> = (now) => {
    seen = now.chats;
    progress.show(words[now.step](Math.floor(now.share * 100), seen));
  };
  try {
    return await client.importChats(file, { again, onProgress }, signal);
  } catch (reason) {
    if (signal.aborted) throw new ToldError("CANCELLED", words.stopped(seen), { cause: reason });
    const { code } = PipitError.from(reason);
    const told = failureWords(locale, code);
    if (told === undefined) throw reason;
    throw new ToldError(code, told, { cause: reason });
  }
}

function* reportLines(report: ImportReport, words: ImportWords): Generator<string> {
  const { made, extended, unchanged, turns, skipped, skippedChats, leftOut, problem } = report;
  yield words.done({ made, extended, unchanged, turns });
  for (const [reason, chats] of Object.entries(skipped)) {
    yield words.skipped(chats, words.reasons[reason] ?? reason);
    for (const chat of skippedChats) if (chat.reason === reason) yield `  ${oneLine(chat.title)}`;
  }
  if (Object.values(leftOut).some((count) => count > 0)) yield words.leftOut(leftOut);
  if (problem !== undefined) yield words.problems[problem] ?? problem;
}
