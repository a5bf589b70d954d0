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

/** Adds to a chat the turns of an export that it has not, piece by piece in the caller's transaction. */
export class ChatGrowth {
  readonly #trx: Transaction<Tables>;
  readonly #index: TurnIndex;
  readonly #userId: string;
  readonly #chatId: string;
  readonly #chat: ImportedChat;
  /** Where each turn of the export is here; for one that was deleted here, what it followed. */
  readonly #places = new Map<string, string | null>();
  /** What the turns of the export follow, by their ids here. */
  readonly #parents = new Map<string, string | null>();
  /** The last number of the chat, and what was shown of it; known with the first turn that is added. */
  #last = -1;
  #head: string | null = null;
  #newest: string | undefined;
  added = 0;

  constructor(
    trx: Transaction<Tables>,
    index: TurnIndex,
    userId: string,
    chatId: string,
    chat: ImportedChat,
  ) {
    this.#trx = trx;
    this.#index = index;
    this.#userId = userId;
    this.#chatId = chatId;
    this.#chat = chat;
  }

  async add(turns: readonly ImportedTurn[]): Promise<void> {
    const fresh = await this.#place(turns);
    if (fresh.length === 0) return;
    if (this.added === 0) await this.#begin();
    const taken = await this.#takenMessages(fresh);
    const rows = fresh.map((placed) => this.#rowOf(placed, taken));
    await this.#trx.insertInto("turns").values(rows).execute();
    await this.#attach(fresh);
    const scope = { userId: this.#userId, chatId: this.#chatId };
    const ids = rows.map(({ id }) => id);
    await this.#index.announce(this.#trx, scope, ids);
    this.added += rows.length;
    this.#newest = ids.at(-1);
  }

  /** Shows the path of the export where the chat was new, or its path ends where that of the export goes on. */
  async finish(): Promise<void> {
    if (this.added === 0) return;
    const head = this.#places.get(this.#chat.headTurnId ?? "") ?? this.#newest;
    let at: string | null = head ?? null;
    while (at !== null && at !== this.#head) at = this.#parents.get(at) ?? null;
    const { updatedAtMs } = this.#chat;
    await this.#trx
      .updateTable("chats")
      .set({
        updated_at_ms: sql<number>`case when updated_at_ms < ${updatedAtMs} then ${updatedAtMs} else updated_at_ms end`,
        ...(at === this.#head && head !== undefined && { head_turn_id: head }),
      })
      .where("id", "=", this.#chatId)
      .execute();
  }

  /** Locks the chat (PostgreSQL; SQLite has one writer), and lets its file be written. */
  async #begin(): Promise<void> {
    const chat = await this.#trx
      .updateTable("chats")
      .set(fileChanged)
      .where("id", "=", this.#chatId)
      .returning("head_turn_id")
      .executeTakeFirst();
    this.#head = chat?.head_turn_id ?? null;
    const { last } = await this.#trx
      .selectFrom("turns")
      .select((eb) => eb.fn.max<number | null>("turn_index").as("last"))
      .where("chat_id", "=", this.#chatId)
      .executeTakeFirstOrThrow();
    this.#last = last ?? -1;
  }

  /** Finds where turns are; those that are nowhere get their ids. */
  async #place(turns: readonly ImportedTurn[]): Promise<readonly Placed[]> {
    const fresh: Placed[] = [];
    const taken = await this.#placeAs(turns, false, fresh);
    await this.#placeAs(taken, true, fresh);
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
    turns: readonly ImportedTurn[],
    isTaken: boolean,
    fresh: Placed[],
  ): Promise<readonly ImportedTurn[]> {
    const placed = turns.map((turn) => ({
      id: turnIdFor(this.#chatId, this.#chat, turn.id, isTaken),
      turn,
    }));
    const there = await this.#there(placed.map(({ id }) => id));
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

  async #there(ids: readonly string[]) {
    if (ids.length === 0) return new Map<string, never>();
    const rows = await this.#trx
      .selectFrom("turns")
      .select(["id", "chat_id", "parent_turn_id", "deleted_at_ms"])
      .where("id", "in", ids)
      .execute();
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Ids of messages that the account has already: no two turns of it have the same. */
  async #takenMessages(fresh: readonly Placed[]): Promise<Set<string>> {
    const ids = fresh.flatMap(({ turn: { clientMessageId = [] } }) => clientMessageId);
    if (ids.length === 0) return new Set();
    const rows = await this.#trx
      .selectFrom("turns")
      .select("client_message_id")
      .where("user_id", "=", this.#userId)
      .where("client_message_id", "in", ids)
      .execute();
    return new Set(rows.map((row) => row.client_message_id ?? ""));
  }

  #rowOf({ id, turn }: Placed, taken: Set<string>): TurnRow {
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
        parentTurnId: this.#parents.get(id) ?? undefined,
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

  async #attach(fresh: readonly Placed[]): Promise<void> {
    const pictures = fresh.flatMap(({ id, turn: { picture } }) =>
      picture === undefined ? [] : { turn_id: id, ...picture },
    );
    if (pictures.length > 0) await this.#trx.insertInto("turn_pictures").values(pictures).execute();
    const files = fresh.flatMap(({ id, turn }) =>
      turn.files.length === 0
        ? []
        : { turn_id: id, texts: JSON.stringify(turn.files.map(({ text }) => text)) },
    );
    if (files.length > 0) await this.#trx.insertInto("turn_files").values(files).execute();
  }
}

function placeOf(id: string, row: Pick<TurnRow, "deleted_at_ms" | "parent_turn_id"> | undefined) {
  return row === undefined || row.deleted_at_ms === null ? id : row.parent_turn_id;
}

function textOf(parts: ImportedTurn["parts"], kind: "text" | "reasoning"): string {
  return parts.map((part) => (part.kind === kind ? part.text : "")).join("");
}
