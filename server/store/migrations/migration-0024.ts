import type { Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";
import { addColumns } from "./table-parts.ts";

/** Which chats hold an answer that the person has not seen; of those there are, none. */
export const markUnreadChats = (db: Kysely<Tables>): Promise<void> =>
  addColumns(db, "chats", ["unread"], "integer not null default 0");
