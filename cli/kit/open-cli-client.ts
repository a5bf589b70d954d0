import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { openClient, type Client } from "#engine/node/client.ts";
import type { Speaker, TokenStore } from "#engine/ports.ts";
import type { CliConfig } from "./read-config.ts";
import { serverProgram } from "./server-program.ts";
import type { Terminal } from "./terminal.ts";

/** What every command is given. */
export interface CommandDeps {
  readonly config: CliConfig;
  readonly terminal: Terminal;
  /** On its way, because opening it takes a helper process; a command that needs none does not await it. */
  readonly tokenStore: Promise<TokenStore>;
}

/** The client of the terminal, which speaks when it has a speaker. Contacts no server. */
export async function openCliClient(
  { config, tokenStore }: CommandDeps,
  speaker?: Speaker,
  model?: string,
): Promise<Client> {
  return openClient({
    server: config,
    tokenStore,
    speaker,
    speak: speaker !== undefined,
    serverEntry: await serverProgram("main"),
    clientId: CLI_CLIENT_ID,
    locale: config.locale,
    // Every start is a new chat here, so "what did we say about ..." means the others too.
    searchAllChats: true,
    model,
  });
}
