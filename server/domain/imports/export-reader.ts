import { charsOf, type ImportedChat, type ImportedTurn, type TurnBatch } from "./imported-chat.ts";
import { documentsOf, FileProblemError, type ExportFile, type FileProblem } from "./export-file.ts";
import { JsonListReader, NoListError, type ListItem } from "./json-list.ts";
import { readChat, type LeftOut, type SkippedChat } from "./read-chat.ts";

/** Turns and characters that go to the server at once: to take them holds it for a millisecond or so. */
const BATCH_TURNS = 200;
const BATCH_CHARS = 128 * 1024;
/** Field of our own exports that is the list of chats. */
const LIST_FIELD = "chats";

export interface ReadLimits {
  /** JSON of one chat. */
  readonly chatChars: number;
  /** That may come out of an archive, and characters that may become of all chats. */
  readonly unpackedBytes: number;
  readonly chats: number;
}

/** What is read of an export, in order: a chat with its first turns, then those that are left of it. */
export type ExportPiece =
  | ({ readonly chat: ImportedChat } & TurnBatch)
  | TurnBatch
  | { readonly skipped: SkippedChat };

/** Some pieces, and how much of the file has been read. */
export interface ReadSome {
  readonly pieces: readonly ExportPiece[];
  readonly readBytes: number;
  readonly leftOut: LeftOut;
  /** Absent: there may be more. `problem`: what came behind could not be read. */
  readonly end?: { readonly problem: FileProblem | undefined };
}

/** Reads an export, a little with each call. */
export class ExportReader {
  readonly #leftOut: LeftOut = { pictures: 0, files: 0, cut: 0 };
  readonly #pieces: AsyncGenerator<ExportPiece, FileProblem | undefined>;
  #readBytes = 0;
  /** Characters that may still become of chats. */
  #roomChars: number;
  #roomChats: number;

  /** @param nowMs nothing was said later */
  constructor(file: ExportFile, limits: ReadLimits, nowMs: number) {
    this.#roomChars = limits.unpackedBytes;
    this.#roomChats = limits.chats;
    this.#pieces = this.#read(file, limits, nowMs);
  }

  async next(): Promise<ReadSome> {
    const pieces: ExportPiece[] = [];
    let chars = 0;
    let end: ReadSome["end"];
    while (chars < BATCH_CHARS && pieces.length < BATCH_TURNS) {
      const next = await this.#pieces.next();
      if (next.done === true) {
        end = { problem: next.value };
        break;
      }
      pieces.push(next.value);
      chars += "turns" in next.value ? sumOf(next.value.turns) : 0;
    }
    const read = { pieces, readBytes: this.#readBytes, leftOut: { ...this.#leftOut } };
    return end === undefined ? read : { ...read, end };
  }

  async *#read(
    file: ExportFile,
    { chatChars, unpackedBytes }: ReadLimits,
    nowMs: number,
  ): AsyncGenerator<ExportPiece, FileProblem | undefined> {
    let hasList = false;
    try {
      const documents = documentsOf(file, unpackedBytes, (bytes) => (this.#readBytes += bytes));
      for await (const document of documents) {
        const list = new JsonListReader(LIST_FIELD, chatChars);
        for await (const text of document) {
          for (const item of list.read(text)) yield* this.#chat(item, nowMs);
        }
        if (list.hasList) hasList = true;
        if (!list.isWhole) return hasList ? "damaged" : "no_export";
      }
    } catch (error) {
      if (error instanceof NoListError) return hasList ? "damaged" : "no_export";
      if (error instanceof FileProblemError) return error.problem;
      throw error;
    }
    return hasList ? undefined : "no_export";
  }

  *#chat(item: ListItem, nowMs: number): Generator<ExportPiece> {
    if (this.#roomChars < 0) throw new FileProblemError("unpacked_too_large");
    if (this.#roomChats === 0) throw new FileProblemError("too_many_chats");
    this.#roomChats -= 1;
    const read = readChat(item, nowMs, this.#leftOut);
    if ("reason" in read) {
      yield { skipped: read };
      return;
    }
    const { turns, ...chat } = read;
    let first: { readonly chat: ImportedChat } | undefined = { chat };
    for (const batch of batchesOf(turns)) {
      this.#roomChars -= sumOf(batch.turns);
      yield { ...first, ...batch };
      first = undefined;
    }
  }
}

function sumOf(turns: readonly ImportedTurn[]): number {
  return turns.reduce((sum, turn) => sum + charsOf(turn), 0);
}

function* batchesOf(turns: readonly ImportedTurn[]): Generator<TurnBatch> {
  let batch: ImportedTurn[] = [];
  let chars = 0;
  for (const turn of turns) {
    if (chars >= BATCH_CHARS || batch.length >= BATCH_TURNS) {
      yield { turns: batch, isLast: false };
      batch = [];
      chars = 0;
    }
    batch.push(turn);
    chars += charsOf(turn);
  }
  yield { turns: batch, isLast: true };
}
