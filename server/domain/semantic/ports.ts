/** A text as a point in the space of one embedding model. */
export type Vector = readonly number[];

/** What a person looks for, as a vector. */
export interface QueryVector {
  readonly vector: Vector;
  /** Which model made it, and of how many numbers: only vectors of one maker are compared. */
  readonly maker: string;
  /** Turns that are less alike, by the cosine of both vectors, are no hits. */
  readonly least: number;
}

/** An entry of the search index that has no vector yet. */
export interface UnreadEntry {
  readonly entry: number;
  /** The question and how the answer begins. */
  readonly text: string;
}

/** The vectors of turns. Each belongs to the entry of its turn in the search index, and is gone with it. */
export interface VectorStore {
  /** Of the vectors that are there; "" before the first. */
  maker(): Promise<string>;
  /** Removes the vectors of another maker, a batch at a time: all turns are to be read again. */
  begin(maker: string, signal: AbortSignal): Promise<void>;
  /** Entries to read next, none of a temporary chat: what was said last, then older and older ones. */
  unread(limit: number, without: readonly number[]): Promise<readonly UnreadEntry[]>;
  /** How many entries are yet to be read, at most: those that are gone in between are counted. Reads three rows, however many wait. */
  backlog(): Promise<number>;
  /**
   * Keeps the vectors of some entries, by number; an entry without one is passed over. Nothing is kept of a turn that was
   * deleted or asked again meanwhile, nor of another maker than that of {@link begin}.
   */
  put(maker: string, vectors: ReadonlyMap<number, Vector | undefined>): Promise<void>;
}
