import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { PipitError } from "#contract/pipit-error.ts";

const DEFAULT_PORT = 5432;
const sslModes = ["disable", "require", "verify-ca", "verify-full"] as const;
/** Which of several hosts is taken. */
const ofSeveralHosts = /^(?:target_session_attrs|load_balance_hosts)$/;
const parameters = ["host", "sslmode", "sslrootcert", "sslcert", "sslkey", "application_name"];

/** What the driver needs to know of a database server. */
export interface DatabaseAddress {
  /** A name, an address, or the absolute path of the folder of a unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | undefined;
  /** `false`: no TLS. */
  readonly ssl: ConnectionOptions | false;
  readonly applicationName: string;
  /** For messages and logs: where the database is, without the password. */
  readonly place: string;
}

/**
 * Reads a PostgreSQL connection URI; its `sslmode` means what it means to libpq, except that there is no mode that
 * silently falls back to plain text (https://www.postgresql.org/docs/current/libpq-ssl.html).
 * Throws CONFIG_INVALID with a message that never holds the URL, since a password may stand in it.
 *
 * @example parseDatabaseUrl("postgres://pipit:secret@db.example:5432/pipit?sslmode=verify-full")
 */
export function parseDatabaseUrl(text: string): DatabaseAddress {
  refuseSeveralHosts(text);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw invalid("must look like postgres://user:password@host:5432/database");
  }
  const unknown = [...url.searchParams.keys()].find((name) => !parameters.includes(name));
  if (unknown !== undefined) {
    throw invalid(`has the unknown parameter ${JSON.stringify(unknown)}; known are ${parameters.join(", ")}`);
  }
  const database = decode(url.pathname.slice(1));
  const user = decode(url.username);
  if (database === "" || user === "") throw invalid("must name a user and a database");
  const host = url.searchParams.get("host") ?? decode(url.hostname.replace(/^\[(.+)\]$/, "$1"));
  if (host === "") throw invalid("must name a host");
  const port = url.port === "" ? DEFAULT_PORT : Number(url.port);
  return {
    host,
    port,
    database,
    user,
    password: url.password === "" ? undefined : decode(url.password),
    ssl: tlsOptions(url.searchParams),
    applicationName: url.searchParams.get("application_name") ?? "pipit",
    place: `${JSON.stringify(database)} on ${host}:${port}`,
  };
}

function tlsOptions(query: URLSearchParams): ConnectionOptions | false {
  const wanted = query.get("sslmode") ?? "disable";
  const mode = sslModes.find((one) => one === wanted);
  if (mode === undefined) throw invalid(`has an sslmode other than ${sslModes.join(", ")}`);
  if (mode === "disable") return false;
  const ca = fileOf(query, "sslrootcert");
  const own = {
    ...entry("ca", ca),
    ...entry("cert", fileOf(query, "sslcert")),
    ...entry("key", fileOf(query, "sslkey")),
  };
  switch (mode) {
    case "verify-full":
      return { ...own, rejectUnauthorized: true };
    case "verify-ca":
      // Without the operator's CA, an attacker with any certificate could stand in the middle.
      if (ca === undefined)
        throw invalid("needs sslrootcert for sslmode=verify-ca; or use sslmode=verify-full");
      return { ...own, rejectUnauthorized: true, checkServerIdentity: () => undefined };
    case "require":
      return ca === undefined
        ? { ...own, rejectUnauthorized: false }
        : { ...own, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  }
}

function entry(name: "ca" | "cert" | "key", value: string | undefined): ConnectionOptions {
  return value === undefined ? {} : { [name]: value };
}

function fileOf(query: URLSearchParams, name: string): string | undefined {
  const path = query.get(name);
  if (path === null) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (reason) {
    throw invalid(`names a file for ${name} that cannot be read: ${path}`, reason);
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid("has a % that begins no escape; write it as %25");
  }
}

/** As libpq tries them in turn, which the driver does not. */
function refuseSeveralHosts(text: string): void {
  const [, authority = "", query = ""] = /^[a-z]+:\/\/([^/?#]*)[^?]*\??(.*)$/s.exec(text) ?? [];
  const given = new URLSearchParams(query);
  const names = [authority.slice(authority.lastIndexOf("@") + 1), given.get("host") ?? ""];
  const parameter = [...given.keys()].find((name) => ofSeveralHosts.test(name));
  const what = names.some((name) => name.includes(","))
    ? "names several hosts"
    : parameter && `has ${parameter}`;
  if (what === undefined) return;
  throw invalid(
    `${what}, and a server asks one. Name the one address that leads to the ` +
      "primary, such as that of HAProxy or PgBouncer, or a name that moves with it: the servers find a new primary behind it by themselves",
  );
}

function invalid(what: string, cause?: unknown): PipitError {
  return new PipitError("CONFIG_INVALID", `The database URL ${what}.`, { field: "database.url", cause });
}
