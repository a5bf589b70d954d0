import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { PipitError } from "#contract/pipit-error.ts";
import { jsonLine, visible } from "#contract/terminal-text.ts";
import { AUDIT_LIST_MAX, type AuditProblem, type AuditRecord } from "#server/domain/audit/audit-reader.ts";
import type { AuditQuery } from "#server/domain/audit/ports.ts";
import type { AdminContext } from "../compose/admin-context.ts";
import { adminExit, type AdminDeps, type AdminGroup } from "./admin-deps.ts";
import { createCommandGroup, moment, wholeNumber, type CommandGroup } from "./command-group.ts";
import { createProgressPrinter, tableText, timeText } from "./print.ts";
import { writeNew } from "./write-new.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000_000;
const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_DAYS = 36_500;

interface ListFlags {
  readonly user?: string;
  readonly client?: string;
  readonly event?: string;
  readonly since?: number;
  readonly until?: number;
  readonly limit: number;
  readonly json?: boolean;
}

/** `pipit admin audit ...` and `pipit audit ...` */
export const audit: AdminGroup = async (args, deps) => {
  const group = createCommandGroup("audit", "the decisions of the auth service", deps);
  addList(group, deps);
  addVerify(group, deps);
  addExport(group, deps);
  addPrune(group, deps);
  addRestart(group, deps);
  return group.run(args);
};

function addList({ add }: CommandGroup, deps: AdminDeps): void {
  add("list", "the newest events, newest first", (context, flags: ListFlags) => list(context, flags, deps))
    .option("--user <login>", "only those about this account")
    .option("--client <id>", "only those about this client")
    .option("--event <name>", 'only these, e.g. "login"')
    .option(
      "--since <time>",
      "not before, e.g. 2026-11-26, 2026-11-26T14:00:00Z or 24h (ago)",
      moment(deps.clock),
    )
    .option("--until <time>", "before", moment(deps.clock))
    .option("--limit <n>", "at most so many", wholeNumber(1, MAX_LIMIT), DEFAULT_LIMIT)
    .option("--json", "print JSON lines");
}

async function list(context: AdminContext, flags: ListFlags, { io, signal }: AdminDeps): Promise<void> {
  const query: Omit<AuditQuery, "limit"> = {
    userId: flags.user === undefined ? undefined : await userIdOf(context, flags.user),
    clientId: flags.client,
    event: flags.event,
    sinceMs: flags.since,
    untilMs: flags.until,
  };
  const logins = new Map<string, string>();
  let left = flags.limit;
  let before: AuditQuery["before"];
  do {
    signal.throwIfAborted();
    const limit = Math.min(left, AUDIT_LIST_MAX);
    const page = await context.audit.list({ ...query, before, limit });
    if (flags.json === true) io.stdout.write(page.map(jsonLine).join(""));
    else {
      await learnLogins(context, page, logins);
      const text = tableText(
        ["TIME", "EVENT", "OUTCOME", "REASON", "USER", "CLIENT", "ADDRESS", "DATA"],
        page.map((event) => rowOf(event, logins)),
      );
      io.stdout.write(before === undefined ? text : text.slice(text.indexOf("\n") + 1));
    }
    left = page.length < limit ? 0 : left - page.length;
    before = page.at(-1);
  } while (left > 0);
}

/** The id by a login, or what was typed: the events of a removed account name its id. */
async function userIdOf({ auth }: AdminContext, login: string): Promise<string> {
  return (await auth.accounts.findByLogin(login))?.id ?? login;
}

/** Operators know logins; events name accounts by their ids, which stay when a login goes. */
async function learnLogins(
  { auth }: AdminContext,
  page: readonly AuditRecord[],
  logins: Map<string, string>,
): Promise<void> {
  for (const { userId } of page) {
    if (userId === undefined || logins.has(userId)) continue;
    logins.set(userId, (await auth.accounts.findById(userId))?.login ?? userId);
  }
}

function rowOf(event: AuditRecord, logins: ReadonlyMap<string, string>): readonly string[] {
  const { atMs, outcome, reason = "-", userId = "-", clientId = "-", ip = "-" } = event;
  return [
    timeText(atMs),
    event.event,
    outcome,
    reason,
    logins.get(userId) ?? userId,
    clientId,
    ip,
    JSON.stringify(event.data),
  ];
}

function addVerify({ add }: CommandGroup, { io, signal }: AdminDeps): void {
  add(
    "verify",
    "recompute every hash; fails when anything was changed, removed or added by hand",
    async (context) => {
      using progress = createProgressPrinter(io.stderr);
      const { events, problems } = await context.audit.verify({
        signal,
        onProgress: ({ checked, total }) => progress.show(`events checked of ${total}`, checked),
      });
      progress[Symbol.dispose]();
      if (problems.length === 0) return `The audit log is whole: ${events} events\n`;
      io.stdout.write(problems.map((problem) => `${problemText(problem)}\n`).join(""));
      return adminExit.failed;
    },
  );
}

/** What is wrong, and where. */
export function problemText({ chain, damage, seq, eventId }: AuditProblem): string {
  // Its id was written by whoever damaged it.
  const event = `event ${eventId === undefined ? "" : `${visible(eventId)} `}(number ${seq} of chain ${chain})`;
  switch (damage) {
    case "chain-missing":
      return `Chain ${chain} was deleted`;
    case "chain-changed":
      return `The head of chain ${chain} was changed, or another master key is in use`;
    case "event-changed":
      return `Changed: ${event}`;
    case "event-missing":
      return `Deleted: ${event}`;
    case "event-unknown":
      return `Not written by a server of ours: ${event}`;
  }
}

function addExport({ add }: CommandGroup, { io, clock, signal }: AdminDeps): void {
  add(
    "export",
    "every event as a line of JSON, oldest first",
    async (context, { out, since, until }: { out?: string; since?: number; until?: number }) => {
      const lines = context.audit.exportAll({ sinceMs: since, untilMs: until, signal });
      if (out === undefined) {
        await pipeline(Readable.from(counted(lines).text), io.stdout, { end: false, signal });
        return;
      }
      io.stderr.write(`Wrote ${await writeEvents(out, lines, signal)} events to ${out}\n`);
    },
  )
    .option("--out <file>", "a new file, readable by you alone; default: stdout")
    .option("--since <time>", "not before", moment(clock))
    .option("--until <time>", "before", moment(clock));
}

/** Writes them into a new file, all or none; resolves to how many. */
export async function writeEvents(
  path: string,
  events: AsyncIterable<string>,
  signal: AbortSignal,
): Promise<number> {
  const lines = counted(events);
  await writeNew(path, lines.text, signal);
  return lines.count();
}

function counted(lines: AsyncIterable<string>): { text: AsyncIterable<string>; count(): number } {
  let count = 0;
  async function* text(): AsyncGenerator<string> {
    for await (const line of lines) {
      count++;
      yield `${line}\n`;
    }
  }
  return { text: text(), count: () => count };
}

function addPrune({ add }: CommandGroup, { io, config, signal }: AdminDeps): void {
  add(
    "prune",
    "remove what is older than the retention; what is left can still be verified",
    async (
      { audit: log, origin },
      { olderThanDays = config.auth.auditRetentionDays }: { olderThanDays?: number },
    ) => {
      const { removed, problems } = await log.prune({ olderThanMs: olderThanDays * DAY_MS, origin, signal });
      io.stdout.write(`Removed ${removed} events older than ${olderThanDays} days\n`);
      io.stdout.write(problems.map((problem) => `Left alone: ${problemText(problem)}\n`).join(""));
      return problems.length === 0 ? adminExit.done : adminExit.failed;
    },
  ).option("--older-than-days <n>", "default: as configured", wholeNumber(1, MAX_DAYS));
}

function addRestart({ addPlain }: CommandGroup, { open }: AdminDeps): void {
  addPlain(
    "restart",
    "begin damaged chains anew, without their events",
    async ({ yes }: { yes?: boolean }) => {
      if (yes !== true) {
        throw new PipitError(
          "USAGE",
          "This removes all events of damaged chains, and with them the traces. Keep them with: pipit audit export. " +
            "Then add --yes.",
        );
      }
      await using context = await open();
      const { chains, removed } = await context.audit.restart(context.origin);
      return chains.length === 0
        ? "Nothing is damaged; nothing was changed\n"
        : `Began chains ${chains.join(", ")} anew; removed ${removed} events\n`;
    },
  ).option("--yes", "lose those events, and with them the traces");
}
