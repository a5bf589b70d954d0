import type { Logger } from "#contract/logger.ts";
import type { MessageBus } from "#server/domain/message-bus.ts";
import { repeat } from "#server/domain/repeat.ts";
import type { NumberedChange, SyncPlace, SyncStore } from "./ports.ts";
import { warnUnlessTold } from "../outage.ts";

/** A server says on it that there is a change. */
const CHANNEL = "sync";
/** For what the bus did not bring: it is lost while Redis is away, and there is none without Redis. */
const POLL_MS = 1_000;

interface SyncDeps {
  readonly store: SyncStore;
  readonly bus: MessageBus;
  readonly logger: Logger;
}

/** On the bus; the change itself is read from the database. */
interface Hint {
  readonly userId: string;
  readonly seq: number;
}

/** One who follows an account. */
export interface SyncReader {
  /** Of the last change that it has. */
  readonly seq: number;
  /** There are changes after that. It may be called again before the reader has them. */
  more(): void;
}

/**
 * What happens to accounts, for those who follow them: read from the database, so that nobody misses anything or gets it
 * twice, however late, doubled or lost what servers tell each other.
 */
export class Sync implements AsyncDisposable {
  readonly #deps: SyncDeps;
  readonly #readers = new Map<string, Set<SyncReader>>();
  readonly #asked = new Map<string, Promise<readonly NumberedChange[]>>();
  readonly #poll: AsyncDisposable;

  constructor(deps: SyncDeps) {
    this.#deps = deps;
    deps.bus.subscribe<Hint>(CHANNEL, ({ userId, seq }) => this.#tell(userId, seq));
    this.#poll = repeat(() => this.#look(), { firstAfterMs: POLL_MS, everyMs: POLL_MS });
  }

  /** A change was committed. */
  noted(userId: string, seq: number): void {
    void this.#deps.bus.publish(CHANNEL, { userId, seq } satisfies Hint);
  }

  /** The place that a cursor names; undefined when changes after it are not kept any more, or it is none of this database. */
  async placeOf(userId: string, cursor: string): Promise<SyncPlace | undefined> {
    const place = placeIn(cursor);
    return place && (await this.#deps.store.reachesBackTo(userId, place)) ? place : undefined;
  }

  end(userId: string): Promise<SyncPlace> {
    return this.#deps.store.end(userId);
  }

  /** Those who are told in the same moment, and have the same, are answered by one question. */
  after(userId: string, { seq }: SyncPlace, limit: number): Promise<readonly NumberedChange[]> {
    const key = `${userId} ${seq} ${limit}`;
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    const asking = this.#deps.store.after(userId, seq, limit);
    this.#asked.set(key, asking);
    // Whoever asks later may have been told of a change that this one does not see.
    queueMicrotask(() => this.#asked.delete(key));
    return asking;
  }

  /** Has a reader told of what comes, until this is disposed of; what there was before it is to read itself. */
  follow(userId: string, reader: SyncReader): Disposable {
    const readers = this.#readers.get(userId) ?? new Set();
    this.#readers.set(userId, readers.add(reader));
    return {
      [Symbol.dispose]: () => {
        readers.delete(reader);
        if (readers.size === 0 && this.#readers.get(userId) === readers) this.#readers.delete(userId);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#poll[Symbol.asyncDispose]();
  }

  #tell(userId: string, seq: number): void {
    for (const reader of this.#readers.get(userId) ?? []) if (reader.seq < seq) reader.more();
  }

  async #look(): Promise<void> {
    if (this.#readers.size === 0) return;
    try {
      const last = await this.#deps.store.lastSeqs([...this.#readers.keys()]);
      for (const [userId, seq] of last) this.#tell(userId, seq);
    } catch (error) {
      warnUnlessTold(this.#deps.logger, "sync.unread", error);
    }
  }
}

/** A place as clients name it. */
export function cursorOf({ seq, atMs }: SyncPlace): string {
  return `${seq}-${atMs}`;
}

function placeIn(cursor: string): SyncPlace | undefined {
  const { seq, at } = /^(?<seq>\d{1,15})-(?<at>\d{1,15})$/u.exec(cursor)?.groups ?? {};
  return seq === undefined || at === undefined ? undefined : { seq: Number(seq), atMs: Number(at) };
}
