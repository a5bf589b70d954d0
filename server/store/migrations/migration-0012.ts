import { randomUUID } from "node:crypto";
import { sql, type Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";
import { addColumns, addIndex } from "./table-parts.ts";

/**
 * A browser's session gets a name that may be shown, says how the person signed in and from where, and knows the token
 * that it was traded for. A one-time token counts wrong tries.
 */
export async function nameBrowserSessions(db: Kysely<Tables>): Promise<void> {
  await addColumns(db, "web_sessions", ["id", "token_id", "ip", "user_agent"], "text");
  // How they were begun is known of none, so each shows the password once more before it begins another session.
  await addColumns(db, "web_sessions", ["proof"], "text not null default 'code'");
  await addColumns(db, "one_time_tokens", ["tries"], "integer not null default 0");
  const { rows } = await sql<{ hash: string }>`select hash from web_sessions`.execute(db);
  for (const { hash } of rows) {
    await sql`update web_sessions set id = ${randomUUID()} where hash = ${hash}`.execute(db);
  }
  await addIndex(db, "web_sessions", "id", ["id"]);
}
