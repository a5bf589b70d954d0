import { PipitError } from "#contract/pipit-error.ts";

/** `createdAtMs` is stored as `created_at_ms`. */
type ColumnOf<Field extends string> = Field extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${ColumnOf<Rest>}`
  : "";
type FieldOf<Column extends string> = Column extends `${infer First}_${infer Rest}`
  ? `${First}${Capitalize<FieldOf<Rest>>}`
  : Column;
type Scalar = string | number | boolean | null | undefined;
type Stored<Value> = Value extends undefined
  ? null
  : Value extends boolean
    ? number
    : Value extends string | readonly string[]
      ? string
      : Value;

/**
 * How a record is stored: a column for each field, named in snake case, with what SQLite and PostgreSQL share. A boolean
 * is 0 or 1, undefined is null, a list is one text. A text may be any, whichever the record allows: see {@link known}.
 */
export type RowOf<T> = { -readonly [Key in keyof T as ColumnOf<Key & string>]-?: Stored<T[Key]> };

/**
 * Every field of a record by its column; so the record must have no others. Lists are to be texts already. Readers spell
 * the way back out: done by such a rule, 200 turns of a chat cost six times as much.
 */
export function rowOf<T extends { readonly [Key in keyof T]: Scalar }>(record: T): RowOf<T> {
  const entries = Object.entries<Scalar>(record).map(([field, value]) => [
    field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    typeof value === "boolean" ? toFlag(value) : (value ?? null),
  ]);
  return Object.fromEntries(entries) as RowOf<T>;
}

/** The field that a column keeps. */
export function fieldOf<const Column extends string>(column: Column): FieldOf<Column> {
  const field = column.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
  return field as FieldOf<Column>;
}

/** How a boolean is stored. */
export function toFlag(value: boolean): 0 | 1 {
  return value ? 1 : 0;
}

/**
 * A stored text as the one of `allowed` that it is. Throws STORAGE_CORRUPT for anything else: Pipit did not write it.
 * `place` names the column, for the log.
 */
export function known<const T extends string>(allowed: readonly T[], value: string, place: string): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw damaged(value, place);
  return found;
}

/** A stored JSON array of strings. Throws STORAGE_CORRUPT when it is something else. */
export function parseStrings(text: string, place: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(text, place);
  }
  if (!Array.isArray(value) || !value.every((one) => typeof one === "string")) throw damaged(text, place);
  return value;
}

/** A stored list of words with a space between, each once. */
export function splitWords(text: string): readonly string[] {
  return [...new Set(text.split(" ").filter((word) => word !== ""))];
}

function damaged(value: string, place: string): PipitError {
  return new PipitError(
    "STORAGE_CORRUPT",
    "A record in the server's database is damaged. Restore a backup of the database.",
    { detail: `unexpected value ${JSON.stringify(value)} in ${place}` },
  );
}
