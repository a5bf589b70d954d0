import { z } from "zod";
import { CLI_CLIENT_ID } from "#contract/auth-wire.ts";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { openClient, type Client } from "#engine/node/client.ts";
import type { ChildLauncher } from "#engine/node/processes/child-launcher.ts";
import type { Speaker, TokenStore } from "#engine/ports.ts";
import { messagesFor, type Messages } from "./messages.ts";
import type { CliConfig } from "./read-config.ts";
import { serverProgram } from "./server-program.ts";
import type { Terminal } from "./terminal.ts";
import { ToldError } from "./told-error.ts";

/** What every command is given. */
export interface CommandDeps {
  readonly config: CliConfig;
  readonly terminal: Terminal;
  readonly launcher: ChildLauncher | undefined;
  /** On its way, because opening it takes a helper process; a command that needs none does not await it. */
  readonly tokenStore: Promise<TokenStore>;
  /** The same for another server: its URL, or that of this home by the name that accounts have for it. */
  readonly at: (server: string) => Promise<CommandDeps>;
}

/** The client of the terminal, which speaks when it has a speaker. Contacts no server. */
export async function openCliClient(
  { config, tokenStore, launcher }: CommandDeps,
  speaker?: Speaker,
  model?: string,
): Promise<Client> {
  return openClient({
    server: config,
    tokenStore,
    launcher,
    speaker,
    speak: speaker !== undefined,
    serverEntry: await serverProgram("main"),
    clientId: CLI_CLIENT_ID,
    locale: config.locale,
    // Every start is a new chat here, so "what did we say about ..." means the others too.
    searchAllChats: true,
    model,
    keepsHistory: () => config.keepsHistory,
    maxQueuedEvents: config.maxQueuedEvents,
    reports: () => config.reports,
  });
}

/**
 * The client of a command that needs a sign-in.
 *
 * @throws PipitError SERVER_UNREACHABLE, which is worth saying before a missing sign-in; SIGNED_OUT
 */
export async function openSignedInClient(deps: CommandDeps, signal: AbortSignal): Promise<Client> {
  await using cleanup = new AsyncDisposableStack();
  const client = cleanup.use(await openCliClient(deps));
  await client.link.connect(signal);
  const { state } = await client.signIn(signal);
  if (state.kind !== "signed-in")
    throw new ToldError("SIGNED_OUT", messagesFor(deps.config.locale).signInFirst);
  cleanup.move();
  return client;
}

const meSchema = z.object({ login: z.string().min(1) });

/**
 * Who is signed in, as the server knows them: a token given by hand may name no more than an id. `known` where the server
 * cannot be asked.
 *
 * @throws PipitError when the server does not accept the token
 */
export async function loginOf({ api }: Client, known: string, signal: AbortSignal): Promise<string> {
  try {
    const response = await api.request({ method: "GET", path: "/auth/me" }, signal);
    const me = meSchema.safeParse(response.status === 200 ? parseJson(response.body) : undefined);
    return me.data?.login ?? known;
  } catch (reason) {
    if (PipitError.from(reason).httpStatus === 401) throw reason;
    return known;
  }
}

/** Why nothing can be sent without a sign-in: a named server that cannot be reached is worth saying before. */
export async function signedOutError(
  client: Client,
  messages: Messages,
  signal: AbortSignal,
): Promise<PipitError> {
  try {
    if (!client.ownServer) await client.link.connect(signal);
    return new ToldError("SIGNED_OUT", messages.notSignedIn);
  } catch (reason) {
    return PipitError.from(reason);
  }
}
