import type { z } from "zod";
import { invalidField } from "./invalid-field.ts";

/** Where the next page of a list begins; opaque to clients, so its parts may be nothing that its reader may not see. */
export function toCursor(parts: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/** The parts of a {@link toCursor}. Throws INVALID_REQUEST for any other text. */
export function fromCursor<Parts>(parts: z.ZodType<Parts>, cursor: string): Parts {
  try {
    return parts.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
  } catch {
    throw invalidField("cursor", "is none of this list. Send next_cursor as it came, or begin without one.");
  }
}
