import { PipitError } from "#contract/pipit-error.ts";
import type { Account, Role } from "#server/domain/accounts/ports.ts";
import { loginKeyOf } from "#server/domain/accounts/ports.ts";
import { Argument } from "commander";
import { ADMIN_ACTOR, type AdminContext } from "../compose/admin-context.ts";
import type { AdminDeps, AdminGroup, AdminIo } from "./admin-deps.ts";
import { createCommandGroup, type CommandGroup } from "./command-group.ts";
import { factsText, jsonLine, tableText, timeText, visible } from "./print.ts";
import { readPassword } from "./read-password.ts";

/** Accounts read and printed at once. */
const PAGE = 500;
const decider = { by: ADMIN_ACTOR };

interface AddFlags {
  readonly email?: string;
  readonly name?: string;
  readonly admin?: boolean;
  readonly passwordStdin?: boolean;
}

/** `pipit admin users ...` */
export const users: AdminGroup = async (args, deps) => {
  const group = createCommandGroup("users", "the accounts of this server", deps);
  addReading(group, deps);
  addWriting(group, deps);
  addSwitches(group, deps);
  addReset(group, deps);
  return group.run(args);
};

function addReading({ commands, withContext }: CommandGroup, { io, signal }: AdminDeps): void {
  commands
    .command("list")
    .description("all accounts, by login")
    .option("--prefix <text>", "only those whose login or e-mail begins so")
    .option("--json", "print JSON lines")
    .action((flags: { prefix?: string; json?: boolean }) =>
      withContext((context) => list(context, io, { ...flags, signal })),
    );
  commands
    .command("show <login>")
    .description("everything about one account but its secrets")
    .option("--json", "print one line of JSON")
    .action((login: string, { json }: { json?: boolean }) =>
      withContext(async (context) => {
        const facts = await factsOf(context, await find(context, login));
        io.stdout.write(json === true ? jsonLine(Object.fromEntries(facts)) : factsText(facts));
      }),
    );
  commands
    .command("sessions <login>")
    .description("where somebody is signed in with tokens; browsers are not listed")
    .option("--revoke-all", "end all of them, browsers as well")
    .action((login: string, { revokeAll }: { revokeAll?: boolean }) =>
      withContext(async (context) => {
        const account = await find(context, login);
        if (revokeAll === true) io.stdout.write(await revokeSessions(context, account));
        else io.stdout.write(await sessionsText(context, account));
      }),
    );
}

function addWriting({ commands, withContext }: CommandGroup, { io }: AdminDeps): void {
  commands
    .command("add <login>")
    .description("make an account")
    .option("--email <address>", "its e-mail address")
    .option("--name <text>", "the name that others see; default: the login")
    .option("--admin", "may administer users, clients, keys and the audit")
    .option("--password-stdin", "read the password from stdin instead of asking for it")
    .action((login: string, flags: AddFlags) =>
      withContext(async ({ accounts, origin }) => {
        const password = await readPassword(io, flags);
        const { email, name: displayName } = flags;
        const role: Role = flags.admin === true ? "admin" : "user";
        const made = await accounts.create({ login, password, displayName, email, role }, decider, origin);
        io.stdout.write(`Made ${visible(made.login)} (${made.role}), id ${made.id}\n`);
      }),
    );
  commands
    .command("set-password <login>")
    .description("give somebody a new password; ends their sessions and a lockout")
    .option("--password-stdin", "read the password from stdin instead of asking for it")
    .action((login: string, flags: { passwordStdin?: boolean }) =>
      withContext(async (context) => {
        const account = await find(context, login);
        const password = await readPassword(io, flags);
        await context.accounts.setPassword(account.id, password, decider, context.origin);
        io.stdout.write(`Changed the password of ${visible(account.login)}; their sessions have ended\n`);
      }),
    );
  commands
    .command("role <login>")
    .description("make somebody an admin, or a user again")
    .addArgument(new Argument("<role>", "what they may do").choices(["user", "admin"]))
    .action((login: string, role: Role) =>
      withContext(async (context) => {
        const account = await find(context, login);
        await context.accounts.setRole(account.id, role, decider, context.origin);
        io.stdout.write(`${visible(account.login)} is now ${role}\n`);
      }),
    );
}

type AccountDecision = (context: AdminContext, userId: string) => Promise<unknown>;

function addReset({ commands, withContext }: CommandGroup, { io }: AdminDeps): void {
  commands
    .command("reset-otp <login>")
    .description("take the second factor away from somebody who lost it; ends their sessions")
    .action((login: string) =>
      withContext(async (context) => {
        const { id, login: name } = await find(context, login);
        const credentials = await context.auth.accounts.credentialsOf(id);
        if (credentials?.totpSealed === undefined && credentials?.totpPendingSealed === undefined) {
          io.stdout.write(`${visible(name)} has no second factor; nothing was changed\n`);
          return;
        }
        await context.accounts.removeSecondFactor(id, decider, context.origin);
        io.stdout.write(`${visible(name)} has no second factor any more; their sessions have ended\n`);
      }),
    );
}

/** Commands that take a login and nothing else. */
function addSwitches({ commands, withContext }: CommandGroup, { io }: AdminDeps): void {
  const add = (name: string, description: string, done: string, change: AccountDecision): void => {
    commands
      .command(`${name} <login>`)
      .description(description)
      .action((login: string) =>
        withContext(async (context) => {
          const account = await find(context, login);
          await change(context, account.id);
          io.stdout.write(`${visible(account.login)}: ${done}\n`);
        }),
      );
  };
  add("deactivate", "switch an account off; ends its sessions", "switched off", (context, id) =>
    context.accounts.deactivate(id, decider, context.origin),
  );
  add("activate", "switch an account on again", "switched on", (context, id) =>
    context.accounts.activate(id, decider, context.origin),
  );
  add("unlock", "forget the failed sign-ins of an account", "unlocked", (context, id) =>
    context.accounts.unlock(id, decider, context.origin),
  );
}

async function list(
  { auth }: AdminContext,
  { stdout }: AdminIo,
  {
    prefix,
    json,
    signal,
  }: { readonly prefix?: string; readonly json?: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const header = ["LOGIN", "ROLE", "ACTIVE", "E-MAIL", "LAST SIGN-IN", "ID"];
  let afterLoginKey: string | undefined;
  for (;;) {
    signal.throwIfAborted();
    const page = await auth.accounts.list({ prefix, afterLoginKey, limit: PAGE });
    const isFirst = afterLoginKey === undefined;
    if (json === true) stdout.write(page.map(jsonLine).join(""));
    else if (isFirst || page.length > 0) {
      const text = tableText(header, page.map(rowOf));
      stdout.write(isFirst ? text : text.slice(text.indexOf("\n") + 1));
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    afterLoginKey = loginKeyOf(last.login);
  }
}

function rowOf({ login, role, active, email, lastLoginAtMs, id }: Account): readonly string[] {
  return [login, role, yesOrNo(active), email ?? "-", timeText(lastLoginAtMs), id];
}

/** Finds by login, or by the id that other commands print. */
export async function find({ auth }: Pick<AdminContext, "auth">, login: string): Promise<Account> {
  const account = (await auth.accounts.findByLogin(login)) ?? (await auth.accounts.findById(login));
  if (account !== undefined) return account;
  throw new PipitError(
    "INVALID_REQUEST",
    `There is no account "${visible(login)}". See: pipit admin users list`,
  );
}

async function factsOf(
  { auth, sessions }: AdminContext,
  account: Account,
): Promise<readonly (readonly [string, string])[]> {
  const { id } = account;
  const credentials = await auth.accounts.credentialsOf(id);
  const hasOtp = credentials?.totpSealed !== undefined;
  return [
    ["login", account.login],
    ["id", id],
    ["name", account.displayName],
    ["email", account.email ?? "-"],
    ["about", account.about ?? "-"],
    ["role", account.role],
    ["active", yesOrNo(account.active)],
    ["local", yesOrNo(account.local)],
    ["created", timeText(account.createdAtMs)],
    ["lastSignIn", timeText(account.lastLoginAtMs)],
    ["passwordChanged", timeText(credentials?.passwordChangedAtMs)],
    ["secondFactor", yesOrNo(hasOtp)],
    ["recoveryCodes", String(await auth.totp.countRecoveryCodes(id))],
    ["sessions", String((await sessions.listLive(id)).length)],
  ];
}

async function sessionsText({ sessions }: AdminContext, { id }: Account): Promise<string> {
  const live = await sessions.listLive(id);
  return tableText(
    ["SESSION", "CLIENT", "BEGUN", "LAST USED", "ENDS", "PROOF", "ADDRESS", "PROGRAM"],
    live.map((family) => [
      family.id,
      family.clientId,
      timeText(family.createdAtMs),
      timeText(family.lastUsedAtMs),
      timeText(family.expiresAtMs),
      family.amr.join("+"),
      family.ip ?? "-",
      family.userAgent ?? "-",
    ]),
  );
}

async function revokeSessions(context: AdminContext, { id, login }: Account): Promise<string> {
  const { auth, clock, origin } = context;
  const ended = await auth.transaction(async (tx) => {
    const browsers = await tx.webSessions.removeOfUser(id);
    const families = await tx.refreshTokens.revokeOfUser(id, "admin", clock.nowMs());
    const data = { sessions: families.length, browsers };
    const event = {
      event: "session.revoked",
      outcome: "success",
      reason: "admin",
      userId: id,
      data,
    } as const;
    await tx.audit.append(event, origin);
    return data;
  });
  return `${visible(login)}: ended ${ended.sessions} sessions and ${ended.browsers} of browsers\n`;
}

function yesOrNo(value: boolean): string {
  return value ? "yes" : "no";
}
