import { sql, type Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";

/**
 * What becomes of the rows of an account when its owner closes it, by every table that names accounts:
 * - `erased` in the transaction that closes it;
 * - `own store`: the same, by a method of its own that knows what else goes with a row;
 * - `ended`: they are sessions, and end as all sessions of the account do;
 * - `kept`: an operator can open the account again, and finds its chats in it and how it signs in.
 */
export const accountTables = {
  projects: "erased",
  api_keys: "erased",
  token_use: "erased",
  token_limits: "erased",
  usage_reports: "erased",
  sync_log: "erased",
  events: "erased",
  // How it signed in by a browser.
  oidc_payloads: "erased",
  // Which ends the answers.
  room_answers: "erased",
  memories: "own store",
  refresh_families: "ended",
  web_sessions: "ended",
  one_time_tokens: "ended",
  recovery_codes: "kept",
  chats: "kept",
  turns: "kept",
  turn_vectors: "kept",
  model_choices: "kept",
  // Numbers are never given twice.
  sync_heads: "kept",
  room_members: "own store",
  // What was said to others stays said.
  room_messages: "kept",
  // That the account was closed stands in it.
  audit_events: "kept",
} as const satisfies Readonly<Record<string, "erased" | "own store" | "ended" | "kept">>;

/** Erases what {@link accountTables} says, of the table's own; in the caller's transaction. */
export async function eraseOwned(db: Kysely<Tables>, userId: string): Promise<void> {
  for (const [table, fate] of Object.entries(accountTables)) {
    if (fate === "erased") await sql`delete from ${sql.table(table)} where user_id = ${userId}`.execute(db);
  }
}
