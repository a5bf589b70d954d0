import { parseArgs, type ParseArgsConfig } from "node:util";
import { PipitError } from "#contract/pipit-error.ts";
import type { AuditProblem, AuditReader, AuditRecord } from "#server/domain/audit/audit-reader.ts";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import type { Clock } from "#server/domain/clock.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface AuditCommandDeps {
  readonly reader: AuditReader;
  readonly clock: Clock;
  /** Writes one line to standard output; resolves when there is room for more. */
  readonly print: (line: string) => void | Promise<void>;
  /** Writes one line for the person, not for the next program. */
  readonly note: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** One of `pipit audit ...`; resolves to the exit code. Throws PipitError USAGE. */
export type AuditCommand = (args: readonly string[], deps: AuditCommandDeps) => Promise<number>;

/** @example await auditCommands[name]?.(args, deps) */
export const auditCommands: Readonly<Record<string, AuditCommand>> = {
  list: listAudit,
  verify: verifyAudit,
  export: exportAudit,
  prune: pruneAudit,
  restart: restartAudit,
};

/** `audit list`: newest first, as a table or (--json) as lines of JSON. */
async function listAudit(
  args: readonly string[],
  { reader, clock, print }: AuditCommandDeps,
): Promise<number> {
  const flags = read(args, {
    user: { type: "string" },
    client: { type: "string" },
    event: { type: "string" },
    since: { type: "string" },
    until: { type: "string" },
    limit: { type: "string" },
    json: { type: "boolean" },
  });
  const records = await reader.list({
    userId: text(flags["user"]),
    clientId: text(flags["client"]),
    event: text(flags["event"]),
    sinceMs: momentOf("--since", flags["since"], clock),
    untilMs: momentOf("--until", flags["until"], clock),
    limit: countOf("--limit", flags["limit"], MAX_LIMIT) ?? DEFAULT_LIMIT,
  });
  const lines = flags["json"] === true ? records.map((record) => JSON.stringify(record)) : tableOf(records);
  for (const line of lines) await print(line);
  return 0;
}

/** `audit verify`: 1 and one line per damaged chain when something is wrong. */
async function verifyAudit(
  args: readonly string[],
  { reader, print, note, signal }: AuditCommandDeps,
): Promise<number> {
  read(args, {});
  let told = 0;
  const { events, problems } = await reader.verify({
    signal,
    onProgress({ checked, total }) {
      const percent = Math.floor((checked / Math.max(total, 1)) * 10) * 10;
      if (percent > told && percent < 100) note(`${percent} % of ${total} events`);
      told = Math.max(told, percent);
    },
  });
  for (const problem of problems) await print(sentenceOf(problem));
  if (problems.length === 0) await print(`All ${events} events are as they were written.`);
  return problems.length === 0 ? 0 : 1;
}

/** `audit export`: lines of JSON, oldest first. */
async function exportAudit(
  args: readonly string[],
  { reader, clock, print, signal }: AuditCommandDeps,
): Promise<number> {
  const flags = read(args, { since: { type: "string" }, until: { type: "string" } });
  const lines = reader.exportAll({
    sinceMs: momentOf("--since", flags["since"], clock),
    untilMs: momentOf("--until", flags["until"], clock),
    signal,
  });
  for await (const line of lines) await print(line);
  return 0;
}

/** `audit prune`: removes what is older than --older-than days, by default as the server does. */
async function pruneAudit(
  args: readonly string[],
  { reader, print, signal }: AuditCommandDeps,
): Promise<number> {
  const flags = read(args, { "older-than": { type: "string" } });
  const days = countOf("--older-than", flags["older-than"], 36_500);
  const { removed, problems } = await reader.prune({
    signal,
    origin: commandLine,
    ...(days === undefined ? {} : { olderThanMs: days * DAY_MS }),
  });
  await print(`${removed} events removed.`);
  for (const problem of problems) await print(`Kept, because it is damaged: ${sentenceOf(problem)}`);
  return problems.length === 0 ? 0 : 1;
}

/** `audit restart --yes`: begins damaged chains anew, without their events. */
async function restartAudit(args: readonly string[], { reader, print }: AuditCommandDeps): Promise<number> {
  const flags = read(args, { yes: { type: "boolean" } });
  if (flags["yes"] !== true) {
    throw new PipitError(
      "USAGE",
      "This removes all events of damaged chains, and with them the traces. Keep them with: pipit audit export. Then add --yes.",
    );
  }
  const { chains, removed } = await reader.restart(commandLine);
  await print(
    chains.length === 0
      ? "Nothing is damaged; nothing was changed."
      : `Chains ${chains.join(", ")} begin anew; ${removed} events were removed.`,
  );
  return 0;
}

const commandLine: AuditOrigin = { ip: undefined, userAgent: "command line", correlationId: undefined };

function read(
  args: readonly string[],
  options: NonNullable<ParseArgsConfig["options"]>,
): Readonly<Record<string, unknown>> {
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (reason) {
    throw new PipitError("USAGE", reason instanceof Error ? reason.message : String(reason), {
      cause: reason,
    });
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function countOf(flag: string, value: unknown, max: number): number | undefined {
  if (typeof value !== "string") return undefined;
  const count = Number(value);
  if (/^\d+$/.test(value) && count >= 1 && count <= max) return count;
  throw new PipitError("USAGE", `${flag} takes a number from 1 to ${max}.`);
}

const unitsMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: DAY_MS };

/** "2026-05-01", "2026-05-01T12:00:00Z", or how long ago: "90m", "24h", "7d". */
function momentOf(flag: string, value: unknown, clock: Clock): number | undefined {
  if (typeof value !== "string") return undefined;
  const [, count, unit = ""] = /^(\d{1,6})([mhd])$/.exec(value) ?? [];
  if (count !== undefined) return clock.nowMs() - Number(count) * (unitsMs[unit] ?? 0);
  const moment = /^\d{4}-\d{2}-\d{2}/.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(moment)) return moment;
  throw new PipitError(
    "USAGE",
    `${flag} takes a date such as 2026-05-01T12:00:00Z, or 90m, 24h, 7d for how long ago.`,
  );
}

function tableOf(records: readonly AuditRecord[]): readonly string[] {
  const rows = records.map((record) => [
    new Date(record.atMs).toISOString(),
    record.event,
    record.outcome,
    record.reason ?? "",
    record.userId ?? "",
    record.clientId ?? "",
    record.ip ?? "",
    JSON.stringify(record.data) === "{}" ? "" : JSON.stringify(record.data),
  ]);
  const all = [["time", "event", "outcome", "reason", "user", "client", "address", "facts"], ...rows].map(
    (row) => row.map(printable),
  );
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** Strangers wrote some of it: nothing of theirs may steer a terminal. */
function printable(cell: string): string {
  return cell.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "\uFFFD");
}

function sentenceOf({ chain, damage, seq, eventId }: AuditProblem): string {
  const event = `event ${seq} of chain ${chain}${eventId === undefined ? "" : ` (${printable(eventId)})`}`;
  switch (damage) {
    case "chain-missing":
      return `Chain ${chain}: its row in audit_chains was deleted.`;
    case "chain-changed":
      return `Chain ${chain}: its row in audit_chains was changed, or written with another master key.`;
    case "event-changed":
      return `Chain ${chain}: ${event} was changed or moved.`;
    case "event-missing":
      return `Chain ${chain}: ${event} was deleted.`;
    case "event-unknown":
      return `Chain ${chain}: ${event} was not written by Pipit.`;
  }
}
