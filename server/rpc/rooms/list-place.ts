import { z } from "zod";
import { ID_MAX_CHARS } from "#contract/limits.ts";
import { invalidField } from "#server/domain/invalid-field.ts";
import { fromCursor, toCursor } from "#server/domain/list-cursor.ts";
import type { ListPlace } from "#server/domain/rooms/member-ports.ts";

const content = z.tuple([z.int(), z.string().max(ID_MAX_CHARS)]);

/** Throws INVALID_REQUEST for what is no cursor. */
export function placeOf(cursor: string | undefined): ListPlace | undefined {
  if (cursor === undefined || cursor === "") return undefined;
  const [atMs, id] = fromCursor(content, cursor);
  return { atMs, id };
}

/** Throws INVALID_REQUEST. */
export function limitOf(limit: number | undefined, usual: number, most: number): number {
  if (limit === undefined) return usual;
  if (limit >= 1 && limit <= most) return limit;
  throw invalidField("limit", `must be from 1 to ${most}. Leave it out for ${usual}.`);
}

/**
 * A page of a list that was asked for one more than it holds.
 *
 * @param place of the last one of a page
 */
export function paged<T>(
  found: readonly T[],
  limit: number,
  place: (last: T) => ListPlace,
): { readonly page: readonly T[]; readonly nextCursor?: string } {
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  if (last === undefined) return { page };
  const { atMs, id } = place(last);
  return { page, nextCursor: toCursor([atMs, id]) };
}
