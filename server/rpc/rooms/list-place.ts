import { z } from "zod";
import { invalidField } from "#server/domain/invalid-field.ts";
import type { ListPlace } from "#server/domain/rooms/member-ports.ts";

const content = z.tuple([z.int(), z.string().max(128)]);

/** Where the next page of a list of rooms or members begins; opaque to clients, and nothing that they may not see. */
function cursorOf({ atMs, id }: ListPlace): string {
  return Buffer.from(JSON.stringify([atMs, id])).toString("base64url");
}

/** Throws INVALID_REQUEST for what is no cursor. */
export function placeOf(cursor: string | undefined): ListPlace | undefined {
  if (cursor === undefined || cursor === "") return undefined;
  try {
    const [atMs, id] = content.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
    return { atMs, id };
  } catch {
    throw invalidField("cursor", "is none of this list. Send next_cursor as it came, or begin without one.");
  }
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
  const last = found.length > limit ? found[limit - 1] : undefined;
  return { page: found.slice(0, limit), ...(last !== undefined && { nextCursor: cursorOf(place(last)) }) };
}
