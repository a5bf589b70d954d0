import { sql, type Transaction } from "kysely";
import { withoutText } from "#contract/attached-file.ts";
import {
  COPIED_OWNER,
  turnIdFor,
  type ImportedChat,
  type ImportedTurn,
} from "#server/domain/imports/imported-chat.ts";
import type { TurnIndex } from "../search/turn-index.ts";
import { fileChanged } from "../sql/memory-file-store.ts";
import type { DatabaseTime } from "../sql/database-time.ts";
import type { Tables, TurnRow } from "../sql/schema.ts";
import { rowOf } from "../sql/stored-values.ts";
import { storedParts } from "./turn-rows.ts";

/** A gap that deletions left between two numbers of an export; a wider one is closed. */
const MAX_GAP = 10_000;

/** A turn of an export with its id here. */
interface Placed {
  readonly id: string;
  readonly turn: ImportedTurn;
}

/**
 * In `deleted_at_ms` of a chat that is not whole yet: nobody sees it, and it is not due to be wiped as a deleted one is.
 * The last time there is.
 */
export const COMING_MS = 8_640_000_000_000_000;
/** A literal, as in the index of what is deleted, so that this serves the queries. */
export const COMING = sql.lit(COMING_MS);

/** Adds to a chat the turns of an export that it has not, a batch in each transaction. */
export class ChatGrowth {
  readonly #index: TurnIndex;
  readonly #time: DatabaseTime;
  readonly #userId: string;
  readonly #chatId: string;
  readonly #chat: ImportedChat;
  /** Where each turn of the export is here; for one that was deleted here, what it followed. */
  readonly #places = new Map<string, string | null>();
  /** What the turns of the export follow, by their ids here. */
  readonly #parents = new Map<string, string | null>();
  /** The last number of the chat. */
  #last = -1;
  #newest: string | undefined;
  added = 0;

  constructor(index: TurnIndex, time: DatabaseTime, userId: string, chatId: string, chat: ImportedChat) {
    this.#index = index;
    this.#time = time;
    this.#userId = userId;
    this.#chatId = chatId;
    this.#chat = chat;
  }

  /** Resolves to whether the chat is still there: it may have been deleted since the last batch. */
  async add(trx: Transaction<Tables>, turns: readonly ImportedTurn[]): Promise<boolean> {
    const fresh = await this.#place(trx, turns);
    if (fresh.length === 0) return true;
    if (!(await this.#begin(trx))) return false;
    const parents = await this.#liveParents(trx, fresh);
    const taken = await this.#takenMessages(trx, fresh);
    const rows = fresh.map((placed) => this.#rowOf(placed, parents, taken));
    await trx.insertInto("turns").values(rows).execute();
    await attach(trx, fresh);
    const scope = { userId: this.#userId, chatId: this.#chatId };
    const ids = rows.map(({ id }) => id);
    await this.#index.announce(trx, scope, ids);
    this.added += rows.length;
    this.#newest = ids.at(-1);
    return true;
  }

  /** Shows the path of the export where the chat is new, or its path ends where that of the export goes on. */
  async finish(trx: Transaction<Tables>): Promise<void> {
    const head = this.#places.get(this.#chat.headTurnId ?? "") ?? this.#newest ?? null;
    const isBehind = await this.#isBehind(trx, head);
    if (!isBehind && this.added === 0) return;
    const { updatedAtMs } = this.#chat;
    await trx
      .updateTable("chats")
      .set({
        updated_at_ms: sql<number>`case when updated_at_ms < ${updatedAtMs} then ${updatedAtMs} else updated_at_ms end`,
        ...fileChanged,
        deleted_at_ms: sql<number | null>`case deleted_at_ms when ${COMING} then null else deleted_at_ms end`,
        ...(isBehind && { head_turn_id: head }),
      })
      .where("id", "=", this.#chatId)
      .execute();
  }

  /** Whether what is shown of the chat goes on to `head`. */
  async #isBehind(trx: Transaction<Tables>, head: string | null): Promise<boolean> {
    const chat = await trx
      .selectFrom("chats")
      .select("head_turn_id")
      .where("id", "=", this.#chatId)
      .executeTakeFirst();
    const shown = chat?.head_turn_id ?? null;
    let at = head;
    while (at !== null && at !== shown) at = this.#parents.get(at) ?? null;
    return at === shown && at !== head;
  }

  /** Locks the chat (PostgreSQL; SQLite has one writer). */
  async #begin(trx: Transaction<Tables>): Promise<boolean> {
    const chat = await trx
      .updateTable("chats")
      .set({
        changes: sql<number>`case deleted_at_ms when ${COMING} then changes else changes + 1 end`,
        imported_at_ms: this.#time(),
      })
      .where("id", "=", this.#chatId)
      .where(isThere)
      .returning("id")
      .executeTakeFirst();
    if (chat === undefined) return false;
    const { last } = await trx
      .selectFrom("turns")
      .select((eb) => eb.fn.max<number | null>("turn_index").as("last"))
      .where("chat_id", "=", this.#chatId)
      .executeTakeFirstOrThrow();
    this.#last = last ?? -1;
    return true;
  }

  /** What turns follow, where one of them was deleted since it was found. */
  async #liveParents(
    trx: Transaction<Tables>,
    fresh: readonly Placed[],
  ): Promise<ReadonlyMap<string, string | null>> {
    const ids = fresh.flatMap(({ id }) => this.#parents.get(id) ?? []);
    const rows = await this.#there(trx, ids);
    return new Map([...rows].map(([id, row]) => [id, placeOf(id, row)]));
  }

  /** Finds where turns are; those that are nowhere get their ids. */
  async #place(trx: Transaction<Tables>, turns: readonly ImportedTurn[]): Promise<readonly Placed[]> {
    const fresh: Placed[] = [];
    const taken = await this.#placeAs(trx, turns, false, fresh);
    await this.#placeAs(trx, taken, true, fresh);
    for (const { id, parentTurnId = "" } of turns) {
      const place = this.#places.get(id) ?? null;
      if (place !== null && !this.#parents.has(place)) {
        this.#parents.set(place, this.#places.get(parentTurnId) ?? null);
      }
    }
    return fresh;
  }

  /** Resolves to the turns whose ids others have. */
  async #placeAs(
    trx: Transaction<Tables>,
    turns: readonly ImportedTurn[],
    isTaken: boolean,
    fresh: Placed[],
  ): Promise<readonly ImportedTurn[]> {
    const placed = turns.map((turn) => ({
      id: turnIdFor(this.#chatId, this.#chat, turn.id, isTaken),
      turn,
    }));
    const there = await this.#there(
      trx,
      placed.map(({ id }) => id),
    );
    const others: ImportedTurn[] = [];
    for (const { id, turn } of placed) {
      const row = there.get(id);
      if (this.#places.has(turn.id)) continue;
      if (row !== undefined && row.chat_id !== this.#chatId) others.push(turn);
      else {
        // Of one that was deleted here, what followed it follows what it followed.
        this.#places.set(turn.id, placeOf(id, row));
        if (row === undefined) fresh.push({ id, turn });
      }
    }
    return others;
  }

  async #there(trx: Transaction<Tables>, ids: readonly string[]) {
    if (ids.length === 0) return new Map<string, never>();
    const rows = await trx
      .selectFrom("turns")
      .select(["id", "chat_id", "parent_turn_id", "deleted_at_ms"])
      .where("id", "in", ids)
      .execute();
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Ids of messages that the account has already: no two turns of it have the same. */
  async #takenMessages(trx: Transaction<Tables>, fresh: readonly Placed[]): Promise<Set<string>> {
    const ids = fresh.flatMap(({ turn: { clientMessageId = [] } }) => clientMessageId);
    if (ids.length === 0) return new Set();
    const rows = await trx
      .selectFrom("turns")
      .select("client_message_id")
      .where("user_id", "=", this.#userId)
      .where("client_message_id", "in", ids)
      .execute();
    return new Set(rows.map((row) => row.client_message_id ?? ""));
  }

  #rowOf({ id, turn }: Placed, live: ReadonlyMap<string, string | null>, taken: Set<string>): TurnRow {
    const parent = this.#parents.get(id) ?? "";
    const { clientMessageId = "", parts, failure } = turn;
    const isFree = clientMessageId !== "" && !taken.has(clientMessageId);
    taken.add(clientMessageId);
    this.#last = this.#numberOf(turn);
    return {
      ...rowOf({
        id,
        chatId: this.#chatId,
        userId: this.#userId,
        clientMessageId: isFree ? clientMessageId : undefined,
        parentTurnId: (live.has(parent) ? live.get(parent) : parent) || undefined,
        userText: turn.userText,
        hadImage: turn.picture !== undefined,
        assistantText: textOf(parts, "text"),
        reasoning: textOf(parts, "reasoning"),
        status: turn.status,
        model: turn.model,
        inputTokens: turn.inputTokens,
        outputTokens: turn.outputTokens,
        ownerId: COPIED_OWNER,
        leaseUntilMs: 0,
        createdAtMs: turn.createdAtMs,
        finishedAtMs: turn.finishedAtMs,
      }),
      turn_index: this.#last,
      files: turn.files.length === 0 ? null : JSON.stringify(turn.files.map(withoutText)),
      parts: storedParts(parts),
      failure_code: failure?.code ?? null,
      failure_message: failure?.message ?? null,
      deleted_at_ms: null,
      undo: null,
    };
  }

  #numberOf({ index = 0 }: ImportedTurn): number {
    return index > this.#last && index <= this.#last + MAX_GAP ? index : this.#last + 1;
  }
}

const isThere = sql<boolean>`(deleted_at_ms is null or deleted_at_ms = ${COMING})`;

async function attach(trx: Transaction<Tables>, fresh: readonly Placed[]): Promise<void> {
  const pictures = fresh.flatMap(({ id, turn: { picture } }) =>
    picture === undefined ? [] : { turn_id: id, ...picture },
  );
  if (pictures.length > 0) await trx.insertInto("turn_pictures").values(pictures).execute();
  const files = fresh.flatMap(({ id, turn }) =>
    turn.files.length === 0 ? [] : { turn_id: id, texts: JSON.stringify(turn.files.map(({ text }) => text)) },
  );
  if (files.length > 0) await trx.insertInto("turn_files").values(files).execute();
}

function placeOf(id: string, row: Pick<TurnRow, "deleted_at_ms" | "parent_turn_id"> | undefined) {
  return row === undefined || row.deleted_at_ms === null ? id : row.parent_turn_id;
}

function textOf(parts: ImportedTurn["parts"], kind: "text" | "reasoning"): string {
  return parts.map((part) => (part.kind === kind ? part.text : "")).join("");
}
