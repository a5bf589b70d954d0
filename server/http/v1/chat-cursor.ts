import { z } from "zod";
import { ID_MAX_CHARS } from "#contract/limits.ts";
import type { Chat, ChatFilter, ChatPlace } from "#server/domain/chats/ports.ts";
import { invalidField } from "#server/domain/invalid-field.ts";
import { fromCursor, toCursor } from "#server/domain/list-cursor.ts";

const flag = z.boolean().nullable();
const id = z.string().max(ID_MAX_CHARS);
const content = z.tuple([flag, flag, id.nullable(), z.int(), id]);

/** Where the next page of a list of chats begins, and of which list. */
export function cursorAfter(last: Chat, { pinned, archived, projectId }: ChatFilter): string {
  const parts = [pinned ?? null, archived ?? null, projectId ?? null, last.updatedAtMs, last.id];
  return toCursor(parts);
}

/** The place that a cursor names. Throws INVALID_REQUEST for what is no cursor, or that of a list with another filter. */
export function readCursor(cursor: string, { pinned, archived, projectId }: ChatFilter): ChatPlace {
  const [pinnedOf, archivedOf, projectOf, updatedAtMs, lastId] = fromCursor(content, cursor);
  const isOther =
    pinnedOf !== (pinned ?? null) || archivedOf !== (archived ?? null) || projectOf !== (projectId ?? null);
  if (isOther) {
    throw invalidField(
      "cursor",
      "belongs to a list with other values of pinned, archived and project. Send the same ones, or begin without a cursor.",
    );
  }
  return { updatedAtMs, id: lastId };
}
