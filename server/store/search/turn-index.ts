import type { Kysely } from "kysely";
import type { Tables } from "../sql/schema.ts";
import type { SearchTerm } from "./search-text.ts";

/** The searchable text of one turn. */
interface IndexedTurn {
  readonly turnId: string;
  readonly chatId: string;
  readonly userId: string;
  readonly userText: string;
  readonly assistantText: string;
  /** `assistantText` is only how the answer begins: the entry is to be completed. */
  readonly goesOn?: boolean;
}

/** Makes an entry that holds only how an answer begins a whole one, off the event loop; nothing when the turn has changed. */
export type CompleteEntry = (turnId: string) => Promise<void>;

export interface IndexQuery {
  readonly userId: string;
  readonly chatId: string | undefined;
  /** At least one. */
  readonly terms: readonly SearchTerm[];
  /** Whether a turn needs every term, or any of them. */
  readonly match: "all" | "any";
  readonly limit: number;
}

/** A full-text index of turns: the seam behind which a database's own search lives. Runs in the caller's transaction. */
export interface TurnIndex {
  /** Makes its tables; called once, by the migration. */
  create(db: Kysely<Tables>): Promise<void>;
  /** Adds or replaces the entry of a turn. */
  write(db: Kysely<Tables>, turn: IndexedTurn): Promise<void>;
  /** At least one turn. */
  remove(db: Kysely<Tables>, turnIds: readonly string[]): Promise<void>;
  /** Removes all turns of a chat. */
  removeChat(db: Kysely<Tables>, chatId: string): Promise<void>;
  /** Turns whose entries hold only how the answer begins. */
  incomplete(db: Kysely<Tables>): Promise<readonly string[]>;
  /** Best first; nothing of what is deleted. */
  find(
    db: Kysely<Tables>,
    query: IndexQuery,
  ): Promise<readonly { readonly turnId: string; readonly score: number }[]>;
}
