import { oneLine } from "#contract/texts/one-line.ts";
import type { ChatSummary } from "#contract/chat-history.ts";
import { printMessage } from "../chat/print-message.ts";
import { withMarkdown } from "../chat/text-screen.ts";
import { exitCodes, type ExitCode } from "../kit/exit-codes.ts";
import type { CommandDeps } from "../kit/open-cli-client.ts";
import { paint, printJson, printLine, printNote, type Span } from "../kit/terminal.ts";
import { dayAndTime, shortId } from "../kit/chat-line.ts";
import { withChats, type ChatsContext } from "./chats-command.ts";
import { findChat } from "../kit/find-chat.ts";

const LISTED = 50;

/** `pipit chats list`: pinned chats first, then the others, each most recently changed first. */
export function list(
  flags: { readonly archived?: boolean; readonly limit?: number; readonly json?: boolean },
  deps: CommandDeps,
): Promise<ExitCode> {
  return withChats(deps, async (context) => {
    const { terminal, messages, words } = context;
    const { archived = false, limit = LISTED } = flags;
    let count = 0;
    for await (const chat of listed(archived, context)) {
      count += 1;
      if (count > limit) break;
      if (flags.json === true) printJson(terminal, chat);
      else printLine(terminal, ...lineOf(chat, context));
    }
    if (count === 0) printNote(terminal, archived ? words.noArchived : messages.noChats);
    if (count > limit) printNote(terminal, words.more(limit * 10));
    return exitCodes.done;
  });
}

/** `pipit chats show ID`: title and last messages, as `/history` shows them. */
export function show(
  flags: { readonly id: string; readonly json?: boolean },
  deps: CommandDeps,
): Promise<ExitCode> {
  return withChats(deps, async ({ history, messages, words, signal, ...context }) => {
    const chat = await findChat(history, flags.id, messages, signal);
    const shown = await history.messages(chat.id, signal);
    if (flags.json === true) {
      for (const message of shown) printJson(context.terminal, message);
      return exitCodes.done;
    }
    const terminal = await withMarkdown(context.terminal);
    const changed = paint("dim", `  ${dayAndTime(chat.updatedAtMs)}`);
    printLine(terminal, paint("bold", oneLine(chat.title)), changed);
    for (const message of shown) printMessage(message, terminal, messages);
    const [first] = shown;
    if (first?.role === "user" && (first.parentTurnId ?? "") !== "")
      printNote(terminal, words.lastOnly(shortId(chat)));
    return exitCodes.done;
  });
}

/** `pipit chats search WORDS`: the places where they were found, best first. */
export function search(
  flags: { readonly words: readonly string[]; readonly chat?: string; readonly json?: boolean },
  deps: CommandDeps,
): Promise<ExitCode> {
  return withChats(deps, async ({ history, terminal, messages, signal }) => {
    const query = flags.words.join(" ");
    const chat = flags.chat === undefined ? undefined : await findChat(history, flags.chat, messages, signal);
    const hits = await history.search(query, chat?.id, signal);
    if (hits.length === 0) printNote(terminal, messages.noHits(query));
    for (const hit of hits) {
      if (flags.json === true) {
        printJson(terminal, hit);
        continue;
      }
      const place = `${shortId({ id: hit.chatId })}  ${dayAndTime(hit.createdAtMs)}  `;
      printLine(terminal, paint("dim", place), paint("bold", oneLine(hit.chatTitle)));
      printLine(terminal, `  ${oneLine(hit.headline)}`);
    }
    return exitCodes.done;
  });
}

async function* listed(archived: boolean, { history, signal }: ChatsContext): AsyncGenerator<ChatSummary> {
  let next: string | undefined;
  do {
    const page = await history.page({ archived }, next, signal);
    yield* page.chats;
    next = page.next;
  } while (next !== undefined);
}

function lineOf(chat: ChatSummary, { words, messages }: ChatsContext): readonly Span[] {
  const begin = `${shortId(chat)}  ${dayAndTime(chat.updatedAtMs)}  `;
  const pinned = chat.pinned && !chat.archived ? [paint("dim", `  (${words.pinned})`)] : [];
  const unread = chat.unread ? [paint("bold", `  (${messages.unread})`)] : [];
  return [paint("dim", begin), oneLine(chat.title), ...pinned, ...unread];
}
