import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { openClient, type Client } from "#engine/node/client.ts";
import type { Speaker, TokenStore } from "#engine/ports.ts";
import { serverProgram } from "./server-program.ts";
import type { CliConfig } from "./config.ts";

export interface CliClientOptions {
  readonly config: CliConfig;
  readonly speak: boolean;
  readonly speaker: Speaker | undefined;
  /** On its way: opening it takes a helper process. */
  readonly tokenStore: Promise<TokenStore>;
}

/** The client of the terminal. Contacts no server. */
export async function openCliClient({ config, ...rest }: CliClientOptions): Promise<Client> {
  return openClient({
    ...rest,
    server: config,
    serverEntry: await serverProgram("main"),
    clientId: CLI_CLIENT_ID,
    locale: config.locale,
    // Every start is a new chat here, so "what did we say about ..." means the others too.
    searchAllChats: true,
  });
}
