import { ID_MAX_CHARS } from "#contract/limits.ts";

// What foreign JSON may hold: of every value it is asked whether it is of the kind that is wanted.

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text that UTF-8 and PostgreSQL can hold; "" for anything else. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value.toWellFormed().replaceAll("\0", "\uFFFD") : "";
}

/** A text that is not empty, cut to `maxChars`. */
export function nameOf(value: unknown, maxChars: number): string | undefined {
  const text = textOf(value);
  return text === "" ? undefined : text.slice(0, maxChars).toWellFormed();
}

/** Longest id; a longer one is none of ours, and of no export that is known. */

export function idOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text === "" || text.length > ID_MAX_CHARS ? undefined : text;
}

/** A number that a database's integer holds. */
export function countOf(value: unknown): number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 31 ? Number(value) : 0;
}

/**
 * A time of an export: ISO 8601, or seconds since 1970. Undefined for none, and for one that is not of this world.
 *
 * @param nowMs nothing was said later
 */
export function timeOf(value: unknown, nowMs: number): number | undefined {
  const ms = typeof value === "number" ? Math.round(value * 1000) : Date.parse(textOf(value));
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, nowMs) : undefined;
}
