import { invalidField } from "#server/domain/invalid-field.ts";
import type { SearchOptions } from "./ports.ts";

/** What a person typed into a search: its words and quotes, and the filters that stood among them. */
export interface SearchQuery extends Pick<SearchOptions, "inChat" | "role" | "afterMs" | "beforeMs"> {
  readonly text: string;
}

/** A quoted phrase, which is left as it is, or a filter. */
const piecePattern = /"[^"]*"|(?<![^\s])(in|before|after|role):(?:"([^"]*)"|([^\s"]+))/giu;
const datePattern = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/u;
/** Quotes as phones and word processors write them. */
const typographicQuotes = /[“”„‟]/gu;
const roles = ["user", "assistant"] as const;

/**
 * Takes the filters out of a query: `in:` a chat's title or id, `role:` user or assistant, `after:` and `before:` a day
 * (UTC) or a time; of a day, `after:` has all and `before:` nothing. The last of a kind counts.
 *
 * @throws PipitError INVALID_REQUEST naming `field`, for a filter with a wrong value, or nothing but filters
 */
export function parseSearchQuery(query: string, field: string): SearchQuery {
  const filters = new Map<string, string>();
  const text = query
    .replace(typographicQuotes, '"')
    .replace(piecePattern, (piece, name?: string, quoted?: string, bare?: string) => {
      if (name === undefined) return piece;
      filters.set(name.toLowerCase(), quoted ?? bare ?? "");
      return " ";
    });
  if (text.trim() === "" && filters.size > 0)
    throw invalidField(field, "must have words to look for beside its filters.");
  return {
    text: text.trim(),
    inChat: chatOf(filters.get("in"), field),
    role: roleOf(filters.get("role"), field),
    afterMs: timeOf("after", filters.get("after"), field),
    beforeMs: timeOf("before", filters.get("before"), field),
  };
}

function chatOf(value: string | undefined, field: string): string | undefined {
  if (value?.trim() === "")
    throw invalidField(field, 'in: must be the title of a chat, such as in:"Trip to Rome".');
  return value;
}

function roleOf(value: string | undefined, field: string): SearchQuery["role"] {
  if (value === undefined) return undefined;
  const role = roles.find((name) => name === value.toLowerCase());
  if (role === undefined) throw invalidField(field, "role: must be role:user or role:assistant.");
  return role;
}

function timeOf(name: string, value: string | undefined, field: string): number | undefined {
  if (value === undefined) return undefined;
  const ms = datePattern.test(value) ? Date.parse(value) : Number.NaN;
  const day = value.slice(0, 10);
  const dayMs = Date.parse(day);
  // JavaScript takes the 31st of a shorter month for a day of the next.
  const isDay = !Number.isNaN(dayMs) && new Date(dayMs).toISOString().startsWith(day);
  if (Number.isNaN(ms) || !isDay)
    throw invalidField(field, `${name}: must be a day, such as ${name}:2026-11-29, or a time in ISO 8601.`);
  return ms;
}
