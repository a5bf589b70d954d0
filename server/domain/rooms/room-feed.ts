import type { RoomEntry } from "./ports.ts";

/** Entries that are kept for readers who have not taken them yet. */
export const KEPT_MESSAGES = 1_000;
/** Read from the database at once. */
export const READ_AT_ONCE = 500;

interface RoomFeedOptions {
  /** The number after which the first message is new. */
  readonly from: number;
  readonly read: (afterSeq: number, limit: number) => Promise<readonly RoomEntry[]>;
  readonly onUnread: (error: unknown) => void;
}

/**
 * What stands in one room from now on, for all readers of this process: read from the database once, in order, each time
 * the feed is told that there is more. What is told may be late, doubled or lost; the database decides.
 */
export class RoomFeed {
  readonly #options: RoomFeedOptions;
  readonly #kept: RoomEntry[] = [];
  /** The newest number that is not kept any more. */
  #floor: number;
  readonly #readers = new Set<() => void>();
  #reading = false;
  #again = false;

  constructor(options: RoomFeedOptions) {
    this.#options = options;
    this.#floor = options.from;
  }

  /** The newest number that it has. */
  get seq(): number {
    return this.#kept.at(-1)?.seq ?? this.#floor;
  }

  /** There may be more. */
  wake(): void {
    this.#again = true;
    if (!this.#reading) void this.#read();
  }

  /** What is kept after this number; undefined when older ones of it are not kept any more. */
  after(seq: number): readonly RoomEntry[] | undefined {
    if (seq < this.#floor) return undefined;
    return this.#kept.slice(this.#kept.findLastIndex((entry) => entry.seq <= seq) + 1);
  }

  /** @param onMore called, until the reader leaves, whenever {@link after} is worth calling again */
  join(onMore: () => void): void {
    this.#readers.add(onMore);
  }

  leave(onMore: () => void): void {
    this.#readers.delete(onMore);
  }

  /** Nobody reads it any more. */
  get isIdle(): boolean {
    return this.#readers.size === 0;
  }

  /** Has every reader look again, whether or not there is more. */
  rouse(): void {
    for (const onMore of this.#readers) onMore();
  }

  async #read(): Promise<void> {
    this.#reading = true;
    try {
      while (this.#again) {
        this.#again = false;
        const page = await this.#options.read(this.seq, READ_AT_ONCE);
        this.#again ||= page.length === READ_AT_ONCE;
        this.#keep(page);
      }
    } catch (error) {
      this.#options.onUnread(error);
    } finally {
      this.#reading = false;
    }
  }

  #keep(page: readonly RoomEntry[]): void {
    if (page.length === 0) return;
    this.#kept.push(...page);
    const dropped = this.#kept.splice(0, Math.max(0, this.#kept.length - KEPT_MESSAGES));
    this.#floor = dropped.at(-1)?.seq ?? this.#floor;
    this.rouse();
  }
}
