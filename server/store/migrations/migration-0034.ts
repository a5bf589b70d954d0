import type { Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";
import { addColumns } from "./table-parts.ts";

/**
 * When something of a chat was imported last: it is as old as it was elsewhere, and is kept from then on. Whose the records of
 * browser sign-ins are, as far as anybody had signed in.
 */
export async function countFromImports(db: Kysely<Tables>): Promise<void> {
  await addColumns(db, "chats", ["imported_at_ms"], "bigint");
  await addColumns(db, "oidc_payloads", ["user_id"], "text");
}
