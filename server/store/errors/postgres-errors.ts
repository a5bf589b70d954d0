import { PipitError, type PipitErrorOptions } from "#contract/pipit-error.ts";
import { systemCodeOf } from "#contract/system-error.ts";

type PostgresFault =
  | "full"
  | "corrupt"
  | "unreadable"
  | "conflict"
  | "busy"
  | "unreachable"
  | "read-only"
  | "refused"
  | "tls";

/** SQLSTATEs (https://www.postgresql.org/docs/current/errcodes-appendix.html) and errno names; first match counts. */
const faults: readonly (readonly [codes: RegExp, fault: PostgresFault])[] = [
  [/^53100$/, "full"],
  [/^XX00[12]$/, "corrupt"],
  [/^58(030|P01|P02)$/, "unreadable"],
  [/^(40001|40P01)$/, "conflict"],
  // Login, database or rights are not what the URL says.
  [/^(28.{3}|3D000|42501|3F000)$/, "refused"],
  // Limits of time and of connections.
  [/^(57014|55P03|25P03|53300)$/, "busy"],
  // A standby, or a server whose operator has it only read.
  [/^25006$/, "read-only"],
  // Lost or unwilling servers.
  [/^(08.{3}|53.{3}|57.{3})$/, "unreachable"],
  [/^(ECONN.+|EPIPE|ETIMEDOUT|EHOST.+|ENET.+|ENOTFOUND|EAI_AGAIN|ENOENT|EACCES)$/, "unreachable"],
  [/(SELF_SIGNED|UNABLE_TO_|CERT_|ERR_TLS_|ERR_SSL_|EPROTO)/, "tls"],
];
/** What the driver says of a lost connection, without any code. */
const lostConnection =
  /^(Connection terminated|timeout expired|Query read timeout|Client (has encountered|was closed)|Cannot use a pool)/;
/** What the pool says when each of its connections was in use for too long. */
const noFreeConnection = /^timeout exceeded when trying to connect$/;
const noTls = /does not support SSL|error establishing an SSL connection/;

function faultOf(reason: unknown): PostgresFault | undefined {
  const code = systemCodeOf(reason);
  const known = faults.find(([codes]) => codes.test(code))?.[1];
  if (known !== undefined || !(reason instanceof Error)) return known;
  if (noTls.test(reason.message)) return "tls";
  if (noFreeConnection.test(reason.message)) return "busy";
  return lostConnection.test(reason.message) ? "unreachable" : undefined;
}

/** True when the connection on which it happened must not be used again. */
export function breaksConnection(reason: unknown): boolean {
  const fault = faultOf(reason);
  // The next connection may be to the primary.
  return fault === "unreachable" || fault === "read-only" || systemCodeOf(reason) === "25P03";
}

/** True when the database is away, or does not let us in; not where this program has closed it. */
export function isLostConnection(reason: unknown): boolean {
  const fault = faultOf(reason);
  if (words(reason).startsWith("Cannot use a pool")) return false;
  return fault === "unreachable" || fault === "refused" || fault === "tls";
}

/** True when a statement or a connection took longer than it may. */
export function isBusy(reason: unknown): boolean {
  return faultOf(reason) === "busy";
}

/** True when a statement waited for a lock for as long as it may. */
export function isLockTimeout(reason: unknown): boolean {
  return systemCodeOf(reason) === "55P03";
}

/** True when the database takes no changes, be it for a while or because it is a standby. */
export function isReadOnly(reason: unknown): boolean {
  return faultOf(reason) === "read-only";
}

/**
 * True when a prepared statement does not fit any more: another server has changed a table in the meantime (0A000), or
 * something between us and the database has forgotten the statement (26000).
 */
export function isStalePlan(reason: unknown): boolean {
  const code = systemCodeOf(reason);
  return code === "26000" || (code === "0A000" && words(reason).includes("cached plan"));
}

/** True for what may be run again: one of two transactions in each other's way, which the database ended, and a stale plan. */
export function isConflict(reason: unknown): boolean {
  const underlying = reason instanceof PipitError ? reason.cause : reason;
  return faultOf(underlying) === "conflict" || isStalePlan(underlying);
}

/**
 * A fault while the server works. The message may reach a stranger, so it names no place; `detail` does, for the log.
 * `place` holds no password.
 */
export function toPostgresRunningError(reason: unknown, place: string): PipitError {
  if (reason instanceof PipitError) return reason;
  const options = { cause: reason, detail: describe(reason, place) };
  switch (faultOf(reason)) {
    case "full":
      return new PipitError(
        "STORAGE_FULL",
        "The disk of the server's database is full, so nothing was saved. Free some space there and try again.",
        // See `createDiskWatch`.
        { ...options, told: true },
      );
    case "corrupt":
      return new PipitError(
        "STORAGE_CORRUPT",
        "The server's database is damaged. Restore a backup of it.",
        options,
      );
    case "unreadable":
      return new PipitError(
        "STORAGE_UNREADABLE",
        "The server's database cannot read or write its files. Its own log says which.",
        options,
      );
    case "conflict":
    case "busy":
      return busyError(options);
    case "read-only":
      return new PipitError(
        "DATABASE_UNREACHABLE",
        "The server's database takes no changes now, so nothing was saved. Try again in a moment; the server's log says more.",
        options,
      );
    case "unreachable":
    case "refused":
    case "tls":
      return new PipitError(
        "DATABASE_UNREACHABLE",
        "The server cannot reach its database. Try again in a moment; its log says more.",
        options,
      );
    default:
      return PipitError.from(reason);
  }
}

/** For what would wait too long; it may be asked again. */
export function busyError(options: PipitErrorOptions): PipitError {
  return new PipitError(
    "DATABASE_UNREACHABLE",
    "The server's database is too busy. Try again in a moment.",
    options,
  );
}

/** A fault while the server starts: read by the person who runs it, so it names the place and the cure. */
export function toPostgresStartError(reason: unknown, place: string): PipitError {
  const underlying = reason instanceof PipitError && reason.cause !== undefined ? reason.cause : reason;
  const options = { cause: underlying, detail: describe(underlying, place) };
  switch (faultOf(underlying)) {
    case "full":
      return new PipitError(
        "STORAGE_FULL",
        `The disk of the database ${place} is full. Free some space.`,
        options,
      );
    case "unreachable":
      return new PipitError(
        "DATABASE_UNREACHABLE",
        `Cannot reach the database ${place} (${words(underlying)}). Start PostgreSQL there, or correct the database URL.`,
        options,
      );
    case "read-only":
      return new PipitError(
        "DATABASE_UNREACHABLE",
        `The database ${place} takes no changes (${words(underlying)}). ` +
          "Name the primary in the database URL, or take back default_transaction_read_only there.",
        options,
      );
    case "refused":
      return new PipitError(
        "CONFIG_INVALID",
        `The database ${place} does not let us in (${words(underlying)}). ` +
          "Correct the user, password or database name in the database URL, or the user's rights.",
        { ...options, field: "database.url" },
      );
    case "tls":
      return new PipitError(
        "CONFIG_INVALID",
        `No TLS connection to the database ${place} (${words(underlying)}). Correct sslmode or sslrootcert in the database URL.`,
        { ...options, field: "database.url" },
      );
    default:
      return toPostgresRunningError(reason, place);
  }
}

function describe(reason: unknown, place: string): string {
  return `${systemCodeOf(reason)} ${words(reason)} (${place})`.trim();
}

/** PostgreSQL and the driver name users and databases, never a password; an AggregateError has no words of its own. */
function words(reason: unknown): string {
  if (reason instanceof AggregateError) return reason.errors.map(words).join("; ");
  return reason instanceof Error ? reason.message : String(reason);
}
