import { z } from "zod";
import type { Chat, ChatFilter, ChatPlace } from "#server/domain/chats/ports.ts";
import { invalidField } from "#server/domain/invalid-field.ts";

const flag = z.boolean().nullable();
const id = z.string().max(128);
const content = z.tuple([flag, flag, id.nullable(), z.int(), id]);

/** Where the next page of a list begins, and of which list; opaque to clients. Holds nothing that its reader may not see. */
export function cursorAfter(last: Chat, { pinned, archived, projectId }: ChatFilter): string {
  const parts = [pinned ?? null, archived ?? null, projectId ?? null, last.updatedAtMs, last.id];
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/** The place that a cursor names. Throws INVALID_REQUEST for what is no cursor, or that of a list with another filter. */
export function readCursor(cursor: string, { pinned, archived, projectId }: ChatFilter): ChatPlace {
  const [pinnedOf, archivedOf, projectOf, updatedAtMs, lastId] = contentOf(cursor);
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

function contentOf(cursor: string): z.infer<typeof content> {
  try {
    return content.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
  } catch {
    throw invalidField("cursor", "is none of this list. Send next_cursor as it came, or begin without one.");
  }
}
