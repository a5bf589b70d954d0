import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parse } from "smol-toml";
import { PipitError } from "#contract/pipit-error.ts";
import { isObject } from "#contract/events/program-events.ts";
import { defaultSettings, settingsSchema, type Settings } from "#contract/settings.ts";
import { homeOf, localeOf, type Environment } from "#contract/environment.ts";
import { openConfigFile, type ConfigTables } from "#contract/names/config-file.ts";
import { refuseMisspeltVariables, refuseUnknownClientKeys } from "#contract/names/setting-names.ts";
import { OWN_SERVER } from "#engine/node/keychain/token-store-scope.ts";
import { mayBuild } from "./config.ts";

/** What the terminal client needs to know; flags win over environment, environment over config.toml. */
export type CliConfig = ReturnType<typeof readCliConfig>;

/**
 * Reads the environment and `config.toml`.
 *
 * @param server named in the command line: a URL, or {@link OWN_SERVER}
 */
export function readCliConfig(env: Environment, stdoutIsTty: boolean, server?: string) {
  refuseMisspeltVariables(env);
  const home = resolve(homeOf(env, homedir()));
  const { tables: file, placeOf } = openConfigFile(join(home, "config.toml"), {
    read: (path) => readFileSync(path, "utf8"),
    parse,
  });
  refuseUnknownClientKeys(file, placeOf);
  return {
    /** All client state, default ~/.pipit. */
    home,
    ...serverSettings(env, file, home, server),
    /** Certificates to trust besides the authorities that are known anyway, PEM. */
    caFile: env["PIPIT_CA_FILE"] || text(file, "ca_file"),
    /** BCP 47, from LC_ALL, LC_MESSAGES or LANG. */
    locale: localeOf(env),
    colour: colourOf(env, stdoutIsTty),
    dumb: env["TERM"] === "dumb",
    /** For the screen and hotkey checks: whether a graphical session is there. */
    display: { x11: env["DISPLAY"] || undefined, wayland: env["WAYLAND_DISPLAY"] || undefined },
    /** Whether a checkout may build what it lacks. */
    mayBuild: mayBuild(env),
    /** Playback loudness, 0 to 1 (config.toml `volume`). */
    volume: volumeOf(file["volume"]),
    /** Whether what is said is kept in a file, too (config.toml `history_file`). */
    keepsHistory: yesOrNo(file, "history_file"),
    /** Events that may wait to be sent (config.toml `max_queue_size` of `[sync]`); undefined: as many as is usual. */
    maxQueuedEvents: queueSizeOf(file["sync"]),
    /** Which servers are told how this program is used (config.toml `reports` of `[sync]`). */
    reports: reportsOf(file["sync"]),
  };
}

/** A server of the command line wins over the environment, that over config.toml, that over what a sign-in has chosen. */
function serverSettings(env: Environment, file: ConfigTables, home: string, server: string | undefined) {
  const namedBy =
    ["PIPIT_SERVER_URL", "PIPIT_GRPC_URL"].find((name) => env[name]) ??
    ["server_url", "grpc_url"].find((name) => file[name] !== undefined);
  const named = env["PIPIT_SERVER_URL"] || text(file, "server_url");
  const known = namedBy === undefined ? rememberedServer(home) : named;
  const serverUrl = httpUrl(known, "PIPIT_SERVER_URL");
  const grpcUrl = env["PIPIT_GRPC_URL"] || text(file, "grpc_url");
  const told = server === OWN_SERVER ? undefined : httpUrl(server, "--server");
  const isSame = server === undefined || told === serverUrl;
  return {
    /** Set when a person named a server; the embedded one is then never started. */
    serverUrl: server === undefined ? serverUrl : told,
    /** host:port or https://host:port of the gRPC port, when named. */
    grpcUrl: isSame ? grpcUrl : undefined,
    /** The variable or key that names another server than this one, or than the one that a sign-in chooses. */
    namedBy: server !== undefined && isSame ? undefined : namedBy,
  };
}

/** The server that `pipit auth` was last told to use; undefined: that of this home. */
function rememberedServer(home: string): string | undefined {
  try {
    return readFileSync(rememberedServerPath(home), "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}

export function rememberedServerPath(home: string): string {
  return join(home, "terminal-server");
}

function text(file: ConfigTables, key: string): string | undefined {
  const value = file[key];
  if (value === undefined) return undefined;
  if (typeof value === "string" && value !== "") return value;
  throw new PipitError("CONFIG_INVALID", `config.toml: ${key} must be a non-empty string.`, { field: key });
}

function httpUrl(value: string | undefined, name: string): string | undefined {
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    const message = `${name} must be an http or https address such as https://pipit.example.`;
    throw new PipitError("CONFIG_INVALID", message, { field: name });
  }
  return url.origin;
}

function reportsOf(table: unknown): Settings["reports"] {
  const value = isObject(table) ? table["reports"] : undefined;
  if (value === undefined) return defaultSettings.reports;
  // As it was said while there were only two choices.
  if (typeof value === "boolean") return value ? "always" : "never";
  const chosen = settingsSchema.shape.reports.safeParse(value);
  if (chosen.success) return chosen.data;
  const message = 'config.toml: reports of [sync] must be "never", "own" or "always".';
  throw new PipitError("CONFIG_INVALID", message, { field: "reports" });
}

function yesOrNo(file: ConfigTables, key: string): boolean {
  const value = file[key] ?? false;
  if (typeof value === "boolean") return value;
  throw new PipitError("CONFIG_INVALID", `config.toml: ${key} must be true or false.`, { field: key });
}

function queueSizeOf(table: unknown): number | undefined {
  const value = isObject(table) ? table["max_queue_size"] : undefined;
  if (value === undefined) return undefined;
  if (Number.isSafeInteger(value) && Number(value) >= 1) return Number(value);
  const message = "config.toml: max_queue_size of [sync] must be a whole number from 1.";
  throw new PipitError("CONFIG_INVALID", message, { field: "max_queue_size" });
}

function volumeOf(value: unknown): number {
  if (value === undefined) return 1;
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw new PipitError("CONFIG_INVALID", "config.toml: volume must be a number from 0 to 1.", {
    field: "volume",
  });
}

function colourOf(env: Environment, stdoutIsTty: boolean): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"] && env["FORCE_COLOR"] !== "0") return true;
  return stdoutIsTty && env["TERM"] !== "dumb";
}
