import { loginKeyOf } from "#contract/account-rules.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { jsonLine, visible } from "#contract/terminal-text.ts";
import type { Account, Role } from "#server/domain/accounts/ports.ts";
import { Argument } from "commander";
import { ADMIN_ACTOR, type AdminContext } from "../compose/admin-context.ts";
import type { AdminDeps, AdminGroup, AdminIo } from "./admin-deps.ts";
import { eraseUser, type EraseFlags } from "./erase-user.ts";
import { createCommandGroup, wholeNumber, type CommandGroup } from "./command-group.ts";
import { factsText, tableText, timeText } from "./print.ts";
import { readPassword } from "./read-password.ts";

/** Accounts read and printed at once. */
const PAGE = 500;
const decider = { by: ADMIN_ACTOR };

/** Of tokens; what is more is no limit. */
const LIMIT_MAX = 1_000_000_000_000;

type LimitFlag = number | "default";
interface LimitFlags {
  readonly tokensPerDay?: LimitFlag;
  readonly tokensPerMonth?: LimitFlag;
}

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
  addLimits(group);
  addErase(group, deps);
  addSwitches(group);
  return group.run(args);
};

function addReading({ add }: CommandGroup, { io, signal }: AdminDeps): void {
  add("list", "all accounts, by login", (context, flags: { prefix?: string; json?: boolean }) =>
    list(context, io, { ...flags, signal }),
  )
    .option("--prefix <text>", "only those whose login or e-mail begins so")
    .option("--json", "print JSON lines");
  add(
    "show <login>",
    "everything about one account but its secrets",
    async (context, login: string, { json }: { json?: boolean }) => {
      const facts = await factsOf(context, await find(context, login));
      return json === true ? jsonLine(Object.fromEntries(facts)) : factsText(facts);
    },
  ).option("--json", "print one line of JSON");
  add(
    "sessions <login>",
    "where somebody is signed in with tokens; browsers are not listed",
    async (context, login: string, { revokeAll }: { revokeAll?: boolean }) => {
      const account = await find(context, login);
      return revokeAll === true ? revokeSessions(context, account) : sessionsText(context, account);
    },
  ).option("--revoke-all", "end all of them, browsers as well");
}

function addWriting({ add, addFirst }: CommandGroup, { io }: AdminDeps): void {
  addFirst("add <login>", "make an account", async ({ accounts, origin }, login: string, flags: AddFlags) => {
    const password = await readPassword(io, flags);
    const { email, name: displayName } = flags;
    const role: Role = flags.admin === true ? "admin" : "user";
    const made = await accounts.create({ login, password, displayName, email, role }, decider, origin);
    return `Made ${visible(made.login)} (${made.role}), id ${made.id}\n`;
  })
    .option("--email <address>", "its e-mail address")
    .option("--name <text>", "the name that others see; default: the login")
    .option("--admin", "may administer users, clients, keys and the audit")
    .option(...passwordStdin);
  add(
    "set-password <login>",
    "give somebody a new password; ends their sessions and a lockout",
    async (context, login: string, flags: { passwordStdin?: boolean }) => {
      const account = await find(context, login);
      const password = await readPassword(io, flags);
      await context.accounts.setPassword(account.id, password, decider, context.origin);
      return `Changed the password of ${visible(account.login)}; their sessions have ended\n`;
    },
  ).option(...passwordStdin);
}

const passwordStdin = ["--password-stdin", "read the password from stdin instead of asking for it"] as const;

const limitOf = (value: string): LimitFlag =>
  value === "default" ? value : wholeNumber(0, LIMIT_MAX)(value);

function addErase({ add }: CommandGroup, deps: AdminDeps): void {
  add(
    "erase <login>",
    "remove an account with everything of it, for good",
    async (context, login: string, flags: EraseFlags) =>
      eraseUser(context, await find(context, login), flags, deps),
  )
    .option("--export <file>", "first write all that it has to a new file")
    .option("--without-export", "write nothing")
    .option("--yes", "do not ask");
}

function addLimits({ add }: CommandGroup): void {
  add("limits <login>", "give an account limits of its own, and show them", changeLimits)
    .option("--tokens-per-day <n|default>", "tokens in a day (UTC); 0: any number", limitOf)
    .option("--tokens-per-month <n|default>", "tokens in a calendar month (UTC); 0: any number", limitOf);
}

function limitText(limit: number | undefined, usual: number): string {
  return `${(limit ?? usual) || "any number"}${limit === undefined ? " (the server's)" : ""}`;
}

/** Changes the limits that are named, and tells those that the account has then. */
async function changeLimits(context: AdminContext, login: string, flags: LimitFlags): Promise<string> {
  const { auth, config, origin } = context;
  const { id, login: name } = await find(context, login);
  if (Object.keys(flags).length > 0) {
    const stored = (flag: LimitFlag | undefined) => (flag === "default" ? null : flag);
    await auth.transaction(async (tx) => {
      await tx.tokenLimits.change(id, {
        tokensPerDay: stored(flags.tokensPerDay),
        tokensPerMonth: stored(flags.tokensPerMonth),
      });
      const data = { ...flags };
      await tx.audit.append(
        { event: "account.limits_changed", outcome: "success", userId: id, data },
        origin,
      );
    });
  }
  const own = await auth.tokenLimits.of(id);
  const day = limitText(own.tokensPerDay, config.tokensPerDay);
  const month = limitText(own.tokensPerMonth, config.tokensPerMonth);
  return `${visible(name)}: tokens per day ${day}, per month ${month}\n`;
}

function addSwitches({ add }: CommandGroup): void {
  add(
    "role <login>",
    "make somebody an admin, or a user again",
    async (context, login: string, role: Role) => {
      const account = await find(context, login);
      await context.accounts.setRole(account.id, role, decider, context.origin);
      return `${visible(account.login)} is now ${role}\n`;
    },
  ).addArgument(new Argument("<role>", "what they may do").choices(["user", "admin"]));
  const addSwitch = (
    name: "deactivate" | "activate" | "unlock",
    description: string,
    done: string,
  ): unknown =>
    add(`${name} <login>`, description, async (context, login: string) => {
      const account = await find(context, login);
      await context.accounts[name](account.id, decider, context.origin);
      return `${visible(account.login)}: ${done}\n`;
    });
  addSwitch("deactivate", "switch an account off; ends its sessions", "switched off");
  addSwitch("activate", "switch an account on again", "switched on");
  addSwitch("unlock", "forget the failed sign-ins of an account", "unlocked");
  add(
    "reset-otp <login>",
    "take the second factor away from somebody who lost it; ends their sessions",
    async (context, login: string) => {
      const { id, login: name } = await find(context, login);
      const credentials = await context.auth.accounts.credentialsOf(id);
      if (credentials?.totpSealed === undefined && credentials?.totpPendingSealed === undefined) {
        return `${visible(name)} has no second factor; nothing was changed\n`;
      }
      await context.accounts.removeSecondFactor(id, decider, context.origin);
      return `${visible(name)} has no second factor any more; their sessions have ended\n`;
    },
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
    const data = { sessions: families.length, browsers: browsers.length };
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
