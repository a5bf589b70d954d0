import { editDistance } from "./edit-distance.ts";
import type { Environment } from "../environment.ts";
import { PipitError } from "../pipit-error.ts";

/** What the terminal client and the desktop app read of the environment. */
export const clientVariables: readonly string[] = [
  "PIPIT_HOME",
  "PIPIT_SERVER_URL",
  "PIPIT_GRPC_URL",
  "PIPIT_CA_FILE",
  "PIPIT_BUILD",
];
/** What the terminal client reads of config.toml; `sync.server_url` is one of the original's, and not looked at. */
export const clientKeys: readonly string[] = [
  "server_url",
  "grpc_url",
  "ca_file",
  "volume",
  "history_file",
  "sync.server_url",
  "sync.max_queue_size",
  "sync.reports",
];
/** Tables of config.toml whose keys only the server knows. */
export const serverTables: readonly string[] = [
  "serve",
  "model",
  "speech",
  "embeddings",
  "semantic",
  "transcription",
];

/** A name with more slips than this is another name, and not a misspelt one. */
const MAX_SLIPS = 2;
/** A guess that needs more changes than this helps nobody. */
const MAX_GUESS_SLIPS = 8;

/** Each key of a parsed config.toml as `key` or `table.key`. */
export function keysOf(file: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(file).flatMap(([name, value]) =>
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date)
      ? Object.keys(value).map((key) => `${name}.${key}`)
      : [name],
  );
}

/** What a name was meant to be: the known one that differs in the fewest letters; undefined when none is like it. */
export function nearestName(name: string, known: readonly string[], most = MAX_GUESS_SLIPS) {
  const limit = Math.min(most, name.length - 1);
  const distances = known.map((one) => ({ one, slips: editDistance(name, one, limit) }));
  return distances.filter(({ slips }) => slips <= limit).toSorted((a, b) => a.slips - b.slips)[0]?.one;
}

/**
 * Refuses names that nothing reads: what they were to say would be lost without a word.
 *
 * @param placeOf where a name was found, e.g. " in /etc/pipit/config.toml (line 3)"
 * @throws PipitError CONFIG_INVALID with the name that was meant; no value is shown
 */
export function refuseUnknown(
  names: readonly string[],
  known: readonly string[],
  placeOf: (name: string) => string = () => "",
): void {
  const unknown = names.filter((name) => !known.includes(name));
  const [first] = unknown;
  if (first === undefined) return;
  const told = unknown.map((name) => {
    const meant = nearestName(name, known);
    return `${name}${placeOf(name)} is not a setting${meant === undefined ? "" : `: did you mean ${meant}?`}`;
  });
  throw new PipitError(
    "CONFIG_INVALID",
    `${told.join("; ")}${told.at(-1)?.endsWith("?") ? "" : "."} Correct or remove it; docs/operations.md lists all.`,
    { field: first },
  );
}

/**
 * Refuses variables that are misspelt ones of a client. All other programs' may be set where a client runs, and are none
 * of its business.
 *
 * @throws PipitError CONFIG_INVALID
 */
export function refuseMisspeltVariables(env: Environment): void {
  const isMisspelt = (name: string): boolean =>
    !clientVariables.includes(name) && nearestName(name, clientVariables, MAX_SLIPS) !== undefined;
  refuseUnknown(namesSet(env).filter(isMisspelt), clientVariables);
}

/**
 * Refuses keys of config.toml that no client reads. Tables of the server are its own business; one that is misspelt is
 * nobody's.
 *
 * @throws PipitError CONFIG_INVALID
 */
export function refuseUnknownClientKeys(
  tables: Readonly<Record<string, unknown>>,
  placeOf: (key: string) => string,
): void {
  const own = keysOf(tables).filter((key) => !serverTables.includes(key.split(".")[0] ?? ""));
  const inServerTables = own.flatMap((key) => {
    const [, name] = key.split(".");
    return name === undefined ? [] : serverTables.map((table) => `${table}.${name}`);
  });
  refuseUnknown(own, [...clientKeys, ...inServerTables], placeOf);
}

/** Our variables of an environment that have a value. */
export function namesSet(env: Environment): readonly string[] {
  return Object.keys(env).filter(
    (name) => name.startsWith("PIPIT_") && env[name] !== "" && env[name] !== undefined,
  );
}
