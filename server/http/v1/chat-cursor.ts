import { z } from "zod";
import type { Chat, ChatFilter, ChatPlace } from "#server/domain/chats/ports.ts";
import { invalidField } from "#server/domain/invalid-field.ts";

const flag = z.boolean().nullable();
const content = z.tuple([flag, flag, z.int(), z.string().max(128)]);

/** Where the next page of a list begins, and of which list; opaque to clients. Holds nothing that its reader may not see. */
export function cursorAfter(last: Chat, { pinned, archived }: ChatFilter): string {
  const parts = [pinned ?? null, archived ?? null, last.updatedAtMs, last.id];
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/** The place that a cursor names. Throws INVALID_REQUEST for what is no cursor, or that of a list with another filter. */
export function readCursor(cursor: string, { pinned, archived }: ChatFilter): ChatPlace {
  const [pinnedOf, archivedOf, updatedAtMs, id] = contentOf(cursor);
  if (pinnedOf !== (pinned ?? null) || archivedOf !== (archived ?? null)) {
    throw invalidField(
      "cursor",
      "belongs to a list with other values of pinned and archived. Send the same ones, or begin without a cursor.",
    );
  }
  return { updatedAtMs, id };
}

function contentOf(cursor: string): z.infer<typeof content> {
  try {
    return content.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
  } catch {
    throw invalidField("cursor", "is none of this list. Send next_cursor as it came, or begin without one.");
  }
}
