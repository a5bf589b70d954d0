import type { KeptAccount } from "#engine/ports.ts";
import type { Client } from "#engine/node/client.ts";
import { OWN_SERVER } from "#engine/node/keychain/token-store-scope.ts";
import { LOGIN_TAKEN } from "#contract/account-rules.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { exitCodeOf, type ExitCode } from "../kit/exit-codes.ts";
import { printLine, printNote, type Terminal } from "../kit/terminal.ts";
import type { AuthMessages } from "./auth-messages.ts";

/** What the commands of `pipit auth` tell with. */
export interface AuthContext {
  readonly client: Client;
  readonly terminal: Terminal;
  readonly messages: AuthMessages;
}

/** How many messages of an account wait for it. */
export async function tellWaiting(context: AuthContext, accountId: string, name: string): Promise<void> {
  const { length } = await context.client.outbox.list(accountId);
  if (length > 0) printLine(context.terminal, context.messages.waits(length, name));
}

/** Names the accounts that are signed in beside the one in use. */
export function tellOthers({ terminal, messages }: AuthContext, accounts: readonly KeptAccount[]): void {
  const others = accounts.filter(({ active }) => !active);
  if (others.length > 0) printLine(terminal, messages.alsoIn(namesOf(others, messages)));
}

/** "Ann (https://pipit.example), Bob (this computer)". */
export function namesOf(accounts: readonly KeptAccount[], messages: AuthMessages): string {
  return accounts.map((one) => `${one.accountName} (${serverName(one.server, messages)})`).join(", ");
}

export function serverName(server: string, { ownServer }: AuthMessages): string {
  return server === OWN_SERVER ? ownServer : server;
}

const unavailable = new Set([
  "SERVER_STOPPING",
  "SERVER_BUSY",
  "LIMITS_UNREACHABLE",
  "DATABASE_UNREACHABLE",
  "CLOCK_WRONG",
]);

/** Says why a sign-in did not come about. @throws what has words of its own */
export function tellFailure(reason: unknown, server: string, context: AuthContext): ExitCode {
  const { terminal, messages } = context;
  const error = PipitError.from(reason);
  const answered = /answered 5\d\d/u.test(error.detail ?? "");
  if (error.code === "CREDENTIALS_INVALID") {
    printNote(terminal, messages.refused);
    printNote(terminal, messages.checkCredentials);
  } else if (unavailable.has(error.code) || answered) {
    printNote(terminal, messages.unavailable);
    printNote(terminal, messages.tryLater);
  } else if (error.code === "SERVER_UNREACHABLE") {
    printNote(terminal, messages.unreachable);
    printNote(terminal, messages.isServer(server));
  } else if (error.message === LOGIN_TAKEN) {
    printNote(terminal, messages.loginTaken);
    printNote(terminal, messages.maybeYours);
  } else throw error;
  return exitCodeOf(error);
}
