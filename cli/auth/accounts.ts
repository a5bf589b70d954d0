import { rm } from "node:fs/promises";
import { PipitError } from "#contract/pipit-error.ts";
import type { KeptAccount, StoredTokens } from "#engine/ports.ts";
import { writePrivateFile } from "#engine/node/files/private-files.ts";
import { serverOf as serverOfHome } from "#engine/node/keychain/token-store.ts";
import { OWN_SERVER, scopeServer } from "#engine/node/keychain/token-store-scope.ts";
import { exitCodes, type ExitCode } from "../kit/exit-codes.ts";
import { listenForInterrupt } from "../kit/interrupt.ts";
import { openCliClient, type CommandDeps } from "../kit/open-cli-client.ts";
import { rememberedServerPath } from "../kit/read-config.ts";
import { printJson, printLine, printNote } from "../kit/terminal.ts";
import { ToldError } from "../kit/told-error.ts";
import { authMessagesFor, type AuthMessages } from "./auth-messages.ts";
import { namesOf, serverName, tellOthers, tellWaiting } from "./auth-context.ts";

const DAY_MS = 86_400_000;

interface Named {
  readonly name?: string;
  /** Where the account is, of several of one name. */
  readonly server?: string;
}

/** `pipit auth status`: who is signed in, where, for how long, and where the tokens are. Asks no server. */
export async function status(flags: { readonly json?: boolean }, deps: CommandDeps): Promise<ExitCode> {
  const { config, terminal } = deps;
  const messages = authMessagesFor(config.locale);
  const store = await deps.tokenStore;
  const [tokens, accounts] = [await store.load(), await store.accounts()];
  await using client = await openCliClient(deps);
  const context = { client, terminal, messages };
  const waiting = tokens === undefined ? 0 : (await client.outbox.list(tokens.accountId)).length;
  if (flags.json === true) {
    printJson(terminal, {
      authenticated: tokens !== undefined,
      ...(tokens && {
        username: tokens.accountName,
        accessExpiresAtMs: tokens.accessExpiresAtMs,
        refreshExpiresAtMs: tokens.refreshExpiresAtMs,
        waiting,
      }),
      server: serverOf(deps),
      place: store.place().kind,
      accounts: accounts.map((one) => ({
        username: one.accountName,
        server: one.server,
        active: one.active,
      })),
    });
  } else if (tokens === undefined) {
    printLine(terminal, messages.notAuthenticated);
    printLine(terminal, messages.howToLogin);
    tellOthers(context, accounts);
  } else {
    printLine(terminal, messages.authenticated);
    printLine(terminal, messages.isUser(tokens.accountName));
    printLine(terminal, messages.isServer(serverName(serverOf(deps), messages)));
    for (const line of lifeOf(tokens, messages)) printLine(terminal, line);
    printLine(terminal, messages.isKept(messages.places[store.place().kind]));
    tellOthers(context, accounts);
    await tellWaiting(context, tokens.accountId, tokens.accountName);
  }
  return tokens === undefined ? exitCodes.refused : exitCodes.done;
}

/** `pipit auth logout [NAME]`: signs out the account in use, or another one that is kept. */
export async function logout(flags: Named, deps: CommandDeps): Promise<ExitCode> {
  const messages = authMessagesFor(deps.config.locale);
  const { terminal } = deps;
  using interrupted = listenForInterrupt();
  const { signal } = interrupted;
  const { name } = flags;
  const named = name === undefined ? undefined : await findAccount({ ...flags, name }, deps, messages);
  await using client = await openCliClient(named === undefined ? deps : await deps.at(named.server));
  const state = await client.session.restore(signal);
  const gone = named ?? (state.kind === "signed-in" ? state : undefined);
  const isOther = state.kind !== "signed-in" || named?.accountId !== state.accountId;
  await client.logout(signal, isOther ? named?.accountId : undefined);
  if (gone === undefined) {
    printLine(terminal, messages.noSession);
    return exitCodes.done;
  }
  printLine(terminal, messages.loggedOut);
  printLine(terminal, messages.cleared(gone.accountName));
  const context = { client, terminal, messages };
  await tellWaiting(context, gone.accountId, gone.accountName);
  tellOthers(context, await client.session.accounts());
  return exitCodes.done;
}

/** `pipit auth switch [NAME]`: goes on with another account that is signed in; without a name with the only other one. */
export async function switchAccount(flags: Named, deps: CommandDeps): Promise<ExitCode> {
  const messages = authMessagesFor(deps.config.locale);
  const { terminal } = deps;
  using interrupted = listenForInterrupt();
  const { name } = flags;
  const account =
    name === undefined
      ? await onlyOther(deps, messages)
      : await findAccount({ ...flags, name }, deps, messages);
  const there = await deps.at(account.server);
  await using client = await openCliClient(there);
  const before = await client.session.restore(interrupted.signal);
  await client.signInBy((session) => session.switchTo(account.accountId, interrupted.signal));
  printLine(terminal, messages.switched(account.accountName));
  printLine(terminal, messages.isServer(serverName(account.server, messages)));
  if (account.server !== serverOf(deps)) await rememberWhere(account.server, deps, messages);
  if (before.kind === "signed-in" && before.accountId !== account.accountId)
    await tellWaiting({ client, terminal, messages }, before.accountId, before.accountName);
  return exitCodes.done;
}

/** `pipit auth token`: an access token for a script, renewed if need be. */
export async function token(flags: { readonly show?: boolean }, deps: CommandDeps): Promise<ExitCode> {
  const messages = authMessagesFor(deps.config.locale);
  if (deps.terminal.stdout.isTTY === true && flags.show !== true)
    throw new ToldError("USAGE", messages.needsShow);
  using interrupted = listenForInterrupt();
  await using client = await openCliClient(deps);
  try {
    const attached = await client.session.attach(new Headers(), interrupted.signal);
    printLine(deps.terminal, attached.token ?? "");
    return exitCodes.done;
  } catch (reason) {
    const error = PipitError.from(reason);
    throw error.code === "SIGNED_OUT" ? new ToldError("SIGNED_OUT", messages.signInFirst) : error;
  }
}

/** The next commands talk to this server, unless something that wins over it names another. */
export async function rememberWhere(
  server: string,
  { config, terminal }: CommandDeps,
  messages: AuthMessages,
): Promise<void> {
  const path = rememberedServerPath(config.home);
  if (config.namedBy !== undefined) printNote(terminal, messages.serverStays(config.namedBy));
  else if (server === OWN_SERVER) await rm(path, { force: true });
  else await writePrivateFile(path, `${server}\n`);
}

async function findAccount(
  { name, server }: Named & { readonly name: string },
  deps: CommandDeps,
  messages: AuthMessages,
): Promise<KeptAccount> {
  const accounts = await (await deps.tokenStore).accounts();
  const wanted = name.toLocaleLowerCase();
  const found = accounts.filter(
    (one) =>
      (one.accountName.toLocaleLowerCase() === wanted || one.accountId === name) &&
      (server === undefined || one.server === serverOf(deps)),
  );
  const [first, ...more] = found;
  if (first === undefined)
    throw new ToldError("SIGNED_OUT", messages.noSuchAccount(name, namesOf(accounts, messages)));
  if (more.length > 0) throw new ToldError("USAGE", messages.severalOf(name, namesOf(found, messages)));
  return first;
}

async function onlyOther(deps: CommandDeps, messages: AuthMessages): Promise<KeptAccount> {
  const accounts = await (await deps.tokenStore).accounts();
  const [other, ...more] = accounts.filter(({ active }) => !active);
  if (other === undefined) throw new ToldError("SIGNED_OUT", messages.noOther);
  if (more.length > 0) throw new ToldError("USAGE", messages.chooseOne(namesOf([other, ...more], messages)));
  return other;
}

/** The server that this command talks to, as accounts name it. */
export function serverOf({ config }: CommandDeps): string {
  return scopeServer({ home: config.home, ...serverOfHome(config) });
}

function lifeOf(tokens: StoredTokens, messages: AuthMessages): readonly string[] {
  const access = tokens.accessExpiresAtMs - Date.now();
  const refresh = tokens.refreshExpiresAtMs - Date.now();
  const left = (ms: number): string =>
    ms < DAY_MS ? messages.seconds(Math.floor(ms / 1000)) : messages.days(Math.floor(ms / DAY_MS));
  return [
    access > 0 ? messages.accessValid(left(access)) : messages.accessExpired,
    tokens.refreshToken === ""
      ? messages.refreshMissing
      : refresh > 0
        ? messages.refreshValid(left(refresh))
        : messages.refreshExpired,
  ];
}
