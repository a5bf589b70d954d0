import { oneLine } from "#contract/texts/one-line.ts";
import type { ChatSummary } from "#contract/chat-history.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { exitCodes, type ExitCode } from "../kit/exit-codes.ts";
import type { ChatChanges } from "#engine/history/chats-client.ts";
import type { CommandDeps } from "../kit/open-cli-client.ts";
import { printJson, printNote } from "../kit/terminal.ts";
import { ToldError } from "../kit/told-error.ts";
import { withChats, type ChatsContext } from "./chats-command.ts";
import type { ChatsWords } from "./chats-words.ts";
import { findChat } from "../kit/find-chat.ts";

interface ChangeFlags {
  readonly id: string;
  readonly json?: boolean;
}

/** `pipit chats rename ID TITLE`. */
export function rename(
  flags: ChangeFlags & { readonly title: readonly string[] },
  deps: CommandDeps,
): Promise<ExitCode> {
  const changes = { title: flags.title.join(" ") };
  return change(flags, deps, changes, (words, title) => words.renamed(title));
}

/** `pipit chats pin ID`. */
export function pin(flags: ChangeFlags, deps: CommandDeps): Promise<ExitCode> {
  return change(flags, deps, { pinned: true }, (words, title) => words.pinnedNow(title));
}

/** `pipit chats unpin ID`. */
export function unpin(flags: ChangeFlags, deps: CommandDeps): Promise<ExitCode> {
  return change(flags, deps, { pinned: false }, (words, title) => words.unpinned(title));
}

/** `pipit chats archive ID`. */
export function archive(flags: ChangeFlags, deps: CommandDeps): Promise<ExitCode> {
  return change(flags, deps, { archived: true }, (words, title) => words.archived(title));
}

/** `pipit chats unarchive ID`. */
export function unarchive(flags: ChangeFlags, deps: CommandDeps): Promise<ExitCode> {
  return change(flags, deps, { archived: false }, (words, title) => words.unarchived(title));
}

/** `pipit chats delete ID`: at once, and for 10 s it can be undone. */
export function remove(flags: ChangeFlags, deps: CommandDeps): Promise<ExitCode> {
  return withChats(deps, async (context) => {
    const { history, messages, signal } = context;
    const chat = await findChat(history, flags.id, messages, signal);
    await history.removeChat(chat.id, signal);
    // The whole id: a deleted chat cannot be looked for.
    return tell(chat, flags, context, (words, title) => words.deleted(title, chat.id));
  });
}

/** `pipit chats restore ID`: brings back what was deleted less than 10 s ago. */
export function restore(flags: ChangeFlags, deps: CommandDeps): Promise<ExitCode> {
  return withChats(deps, async (context) => {
    const { history, words, signal } = context;
    const id = flags.id.toLowerCase();
    try {
      await history.restoreChat(id, signal);
    } catch (reason) {
      if (PipitError.from(reason).code !== "CHAT_NOT_FOUND") throw reason;
      throw new ToldError("CHAT_NOT_FOUND", words.tooLate, { field: "id" });
    }
    return tell(await history.chat(id, signal), flags, context, (told, title) => told.restored(title));
  });
}

type Told = (words: ChatsWords, title: string) => string;

function change(flags: ChangeFlags, deps: CommandDeps, changes: ChatChanges, told: Told): Promise<ExitCode> {
  return withChats(deps, async (context) => {
    const { history, messages, signal } = context;
    const { id } = await findChat(history, flags.id, messages, signal);
    return tell(await history.changeChat(id, changes, signal), flags, context, told);
  });
}

function tell(
  chat: ChatSummary,
  { json }: ChangeFlags,
  { terminal, words }: ChatsContext,
  told: Told,
): ExitCode {
  if (json === true) printJson(terminal, chat);
  else printNote(terminal, told(words, oneLine(chat.title)));
  return exitCodes.done;
}
