import type { Client } from "#engine/node/client.ts";
import type { ExitCode } from "../kit/exit-codes.ts";
import { listenForInterrupt } from "../kit/interrupt.ts";
import { messagesFor, type Messages } from "../kit/messages.ts";
import { openSignedInClient, type CommandDeps } from "../kit/open-cli-client.ts";
import type { Terminal } from "../kit/terminal.ts";
import { chatsWords, type ChatsWords } from "./chats-words.ts";

/** What each command of `pipit chats` works with. */
export interface ChatsContext {
  readonly client: Client;
  readonly history: Client["history"];
  readonly terminal: Terminal;
  readonly messages: Messages;
  readonly words: ChatsWords;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Runs one command for the signed-in account. */
export async function withChats(
  deps: CommandDeps,
  run: (context: ChatsContext) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { locale } = deps.config;
  const words = chatsWords(locale);
  using interrupt = listenForInterrupt(words.stopped);
  const { signal } = interrupt;
  await using client = await openSignedInClient(deps, signal);
  const { history } = client;
  // Awaited here: the client must outlive it.
  return await run({
    client,
    history,
    terminal: deps.terminal,
    messages: messagesFor(locale),
    words,
    signal,
  });
}
