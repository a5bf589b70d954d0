import { readFileSync } from "node:fs";
import { parse as parseToml } from "smol-toml";
import type { Environment } from "#contract/environment.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { openConfigFile, type ConfigFile } from "#contract/names/config-file.ts";
import {
  clientKeys,
  clientVariables,
  keysOf,
  namesSet,
  refuseUnknown,
} from "#contract/names/setting-names.ts";
import type { Setting } from "./setting.ts";

/** Of the project's own tools, which start servers. */
const toolVariable = /^PIPIT_(?:TEST_|BENCH_|UPDATE_|GALLERY_URL$|ELECTRON$)/;
/** Kubernetes gives these to every container beside a service that is named "pipit" or "pipit-...". */
const serviceLink = /_SERVICE_(?:HOST|PORT(?:_\w+)?)$|_PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)?$/;
/** More than any secret has. */
const MAX_SECRET_CHARS = 65_536;

/** An environment, with where a variable of it comes from, e.g. " in /etc/pipit/pipit.env (line 3)". */
export interface FoundEnvironment {
  readonly env: Environment;
  readonly placeOf?: ((name: string) => string) | undefined;
}

/** A value as found, with the name under which it was found, for error messages. */
export interface Found {
  readonly name: string;
  readonly value: unknown;
  readonly secret: boolean;
}

/** @throws PipitError CONFIG_INVALID */
export function readConfigFile(path: string): ConfigFile {
  return openConfigFile(path, { read: (name) => readFileSync(name, "utf8"), parse: parseToml });
}

/**
 * Refuses what is set and read by nothing: a misspelt `PIPIT_REGISTRATION=closed` must not leave a server open.
 *
 * @throws PipitError CONFIG_INVALID with the name that was meant
 */
export function refuseUnknownSettings(
  settings: readonly Setting[],
  { env, placeOf }: FoundEnvironment,
  file: ConfigFile,
): void {
  const variables = settings.flatMap((setting) => {
    const { env: name } = setting;
    if (name === undefined) return [];
    return setting.secret === true ? [name, fileVariable(name)] : [name];
  });
  const others = clientVariables.filter((name) => !variables.includes(name));
  const own = namesSet(env).filter((name) => !toolVariable.test(name) && !serviceLink.test(name));
  refuseUnknown(own, [...variables, ...others], placeOf);
  const keys = settings.flatMap(({ file: key }) => (key === undefined ? [] : [key]));
  refuseUnknown(keysOf(file.tables), [...keys, ...clientKeys], file.placeOf);
}

/** The variable that names a file with the secret, in place of the one that holds it. */
function fileVariable(name: string): string {
  return `${name}_FILE`;
}

/** What the environment says: the variable itself, or for a secret the content of the file that `NAME_FILE` names. */
function inEnvironment({ env: name, secret }: Setting, env: Environment): Found | undefined {
  if (name === undefined) return undefined;
  const path = secret === true ? env[fileVariable(name)] : undefined;
  // An empty variable is how a shell says "not set".
  const value = env[name] || undefined;
  if (!path) return value === undefined ? undefined : { name, value, secret: secret === true };
  if (value === undefined) return { name: fileVariable(name), value: readSecret(path, name), secret: true };
  throw new PipitError(
    "CONFIG_INVALID",
    `Both ${name} and ${fileVariable(name)} are set. Remove one of them.`,
    {
      field: name,
    },
  );
}

/** One line end at the end is the editor's. */
function readSecret(path: string, name: string): string {
  try {
    return readFileSync(path, "utf8")
      .slice(0, MAX_SECRET_CHARS)
      .replace(/\r?\n$/, "");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    throw new PipitError(
      "CONFIG_INVALID",
      `${fileVariable(name)}: ${path} cannot be read (${code}). Name a file that the server may read.`,
      { cause, field: fileVariable(name) },
    );
  }
}

/** The value of the strongest source that has one. */
export function findSetting(
  setting: Setting,
  flags: Readonly<Record<string, unknown>>,
  env: Environment,
  { tables }: ConfigFile,
): Found | undefined {
  const secret = setting.secret === true;
  if (setting.flag !== undefined && flags[setting.flag] !== undefined) {
    return { name: `--${setting.flag}`, value: flags[setting.flag], secret };
  }
  const told = inEnvironment(setting, env);
  if (told !== undefined) return told;
  if (setting.file !== undefined) {
    const [table = "", key = ""] = setting.file.split(".");
    const value = asTable(tables[table])?.[key];
    if (value !== undefined) return { name: `${setting.file} in config.toml`, value, secret };
  }
  return undefined;
}

function asTable(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null ? { ...value } : undefined;
}

/** An address may have a password or a key in it, and the message goes to a log. */
function withoutSecrets(value: string): string {
  return value.replace(/\/\/[^/?#]*@/, "//***@").replace(/\?.+$/s, "?***");
}

/** The checked value. Throws USAGE for a flag, CONFIG_INVALID for anything else; a secret is never shown. */
export function checkSetting({ schema, wants }: Setting, found: Found): unknown {
  const result = schema.safeParse(found.value);
  if (result.success) return result.data;
  const shown = found.secret
    ? "what is set"
    : JSON.stringify(withoutSecrets(String(found.value)).slice(0, 200));
  throw new PipitError(
    found.name.startsWith("--") ? "USAGE" : "CONFIG_INVALID",
    `${found.name}: ${shown} will not do; it must be ${wants}.`,
    { field: found.name },
  );
}
