import { readFileSync } from "node:fs";
import { parse as parseToml } from "smol-toml";
import { PipitError } from "#contract/pipit-error.ts";
import type { Setting } from "./setting.ts";

/** A value as found, with the name under which it was found, for error messages. */
export interface Found {
  readonly name: string;
  readonly value: unknown;
  readonly secret: boolean;
}

/** The tables of config.toml; none when there is no file. Throws CONFIG_INVALID, without a line of the file. */
export function readConfigFile(path: string): Readonly<Record<string, unknown>> {
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ENOENT" || code === "ENOTDIR") return {};
    throw new PipitError("CONFIG_INVALID", `${path} cannot be read (${code}). Check its owner and mode.`, {
      cause: error,
    });
  }
  try {
    return parseToml(content);
  } catch (error) {
    // Only the place: the parser's message quotes the lines, and one of them may hold a key.
    const place =
      error instanceof Error && "line" in error && "column" in error
        ? ` (line ${String(error.line)}, column ${String(error.column)})`
        : "";
    throw new PipitError("CONFIG_INVALID", `${path} is not valid TOML${place}. Correct it or move it away.`);
  }
}

/** The value of the strongest source that has one. */
export function findSetting(
  setting: Setting,
  flags: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
  file: Readonly<Record<string, unknown>>,
): Found | undefined {
  const secret = setting.secret === true;
  if (setting.flag !== undefined && flags[setting.flag] !== undefined) {
    return { name: `--${setting.flag}`, value: flags[setting.flag], secret };
  }
  // An empty variable is how a shell says "not set".
  if (setting.env !== undefined && env[setting.env]) {
    return { name: setting.env, value: env[setting.env], secret };
  }
  if (setting.file !== undefined) {
    const [table = "", key = ""] = setting.file.split(".");
    const value = asTable(file[table])?.[key];
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
