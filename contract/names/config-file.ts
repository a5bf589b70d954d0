import { PipitError } from "../pipit-error.ts";
import { keysOf } from "./setting-names.ts";

/** Tables of a config.toml, and the keys outside tables. */
export type ConfigTables = Readonly<Record<string, unknown>>;

/** A config.toml as a program found it. */
export interface ConfigFile {
  readonly tables: ConfigTables;
  /** Where a key stands, e.g. " in /home/ann/.pipit/config.toml (line 3)", for messages. */
  placeOf(key: string): string;
}

/** What reads a file, and what parses TOML; an error of the parser has `line` and `column`. */
export interface ConfigReader {
  read(path: string): string;
  parse(text: string): ConfigTables;
}

/**
 * Reads the config.toml that all programs of a home share; one that is not there has no tables.
 *
 * @throws PipitError CONFIG_INVALID with the path and the place, without a line of the file: there may be a key in it
 */
export function openConfigFile(path: string, { read, parse }: ConfigReader): ConfigFile {
  let text: string;
  try {
    text = read(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    // Below a file there is no folder: the first use of the home says so.
    if (code === "ENOENT" || code === "ENOTDIR") return { tables: {}, placeOf: () => ` in ${path}` };
    const message = `${path} cannot be read (${code}). Check its owner and mode.`;
    throw new PipitError("CONFIG_INVALID", message, { cause });
  }
  try {
    const tables = parse(text);
    return { tables, placeOf: (key) => ` in ${path} (line ${String(lineOf(key, text, parse))})` };
  } catch (error) {
    // Only the place: the parser's message quotes the lines, and one of them may hold a key.
    const place =
      error instanceof Error && "line" in error && "column" in error
        ? ` (line ${String(error.line)}, column ${String(error.column)})`
        : "";
    throw new PipitError("CONFIG_INVALID", `${path} is not valid TOML${place}. Correct it or move it away.`);
  }
}

/** The line that follows the last beginning of the file that is valid without the key: the parser has no places of keys. */
function lineOf(key: string, text: string, parse: ConfigReader["parse"]): number {
  const lines = text.split("\n");
  let without = 0;
  for (let count = 1; count < lines.length; count++) {
    const keys = keysIn(lines.slice(0, count).join("\n"), parse);
    if (keys?.includes(key) === true) break;
    if (keys !== undefined) without = count;
  }
  return without + 1;
}

function keysIn(text: string, parse: ConfigReader["parse"]): readonly string[] | undefined {
  try {
    return keysOf(parse(text));
  } catch {
    return undefined;
  }
}
