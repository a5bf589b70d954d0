import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { TurnStore } from "../chats/ports.ts";
import { originOf } from "../assistant/models/model-endpoint.ts";
import { createOutage, type Outage } from "../outage.ts";
import { repeat } from "../repeat.ts";
import { embed, type EmbeddingsProvider } from "./embeddings.ts";
import type { QueryVector, UnreadEntry, Vector, VectorStore } from "./ports.ts";

/** Texts of one request. */
const BATCH = 32;
/** A person who searches waits no longer for the provider than this, and gets what the words find. */
const QUERY_LIMIT_MS = 2_000;
/** From one look for what was said to the next. */
const EVERY_MS = 5_000;
/** After so long without success the provider is asked again, at first EVERY_MS, then twice as long each time. */
const LONGEST_WAIT_MS = 5 * 60_000;
/** Entries that the provider refuses, and that this server does not ask about again. */
const REFUSED_MAX = 1_000;

/** "reading": some turns have no vector yet. "failing": the provider does not answer; searches go by words alone. */
export type SemanticState = "off" | "reading" | "ready" | "failing";

interface SemanticOptions {
  readonly provider: EmbeddingsProvider;
  readonly vectors: VectorStore;
  /** {@link QueryVector}'s. */
  readonly least: number;
  readonly logger: Logger;
  /** Default: 5 s. */
  readonly everyMs?: number;
}

/**
 * Finds turns by what they mean. Has every turn read by an embedding model in the background, a batch at a time, the newest
 * first, one request at a time; what is done stays done when the server ends.
 */
export class SemanticSearch implements AsyncDisposable {
  readonly #provider: EmbeddingsProvider;
  readonly #vectors: VectorStore;
  readonly #least: number;
  readonly #logger: Logger;
  readonly #everyMs: number;
  readonly #loop: AsyncDisposable;
  readonly #refused = new Set<number>();
  readonly #outage: Outage;
  #state: Exclude<SemanticState, "off"> = "reading";
  #waitMs: number;
  #notBeforeMs = 0;
  /** A length of vectors that was not expected, and came in the last answer. */
  #oddMaker: string | undefined;

  constructor({ provider, vectors, least, logger, everyMs = EVERY_MS }: SemanticOptions) {
    this.#provider = provider;
    this.#vectors = vectors;
    this.#least = least;
    this.#logger = logger;
    const events = { lost: "search.embeddings_failing", back: "search.embeddings_back" };
    this.#outage = createOutage(logger, events, { server: originOf(provider.url) });
    this.#everyMs = everyMs;
    this.#waitMs = everyMs;
    this.#loop = repeat((signal) => this.#read(signal), { firstAfterMs: 0, everyMs });
  }

  get state(): SemanticState {
    return this.#state;
  }

  /** How many turns the model has not read yet, at most. */
  backlog(): Promise<number> {
    return this.#vectors.backlog();
  }

  /** The store, whose searches go by meaning too while the provider answers. */
  searching<Turns extends Pick<TurnStore, "search">>(turns: Turns): Turns {
    return {
      ...turns,
      search: (userId, query, options) =>
        turns.search(userId, query, { ...options, meaning: () => this.#vectorOf(query) }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop[Symbol.asyncDispose]();
  }

  async #vectorOf(query: string): Promise<QueryVector | undefined> {
    if (this.#isWaiting()) return undefined;
    try {
      const [vector] = await embed(this.#provider, [query], AbortSignal.timeout(QUERY_LIMIT_MS));
      if (vector === undefined) return undefined;
      const known = await this.#vectors.maker();
      if (this.#isOfModel(known) && known !== this.#makerOf(vector)) throw this.#oddLength(vector, known);
      if (this.#state === "failing") this.#succeed("reading");
      return { vector, maker: this.#makerOf(vector), least: this.#least };
    } catch (reason) {
      this.#fail(reason);
      return undefined;
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    if (this.#isWaiting()) return;
    try {
      const known = await this.#vectors.maker();
      if (known !== "" && !this.#isOfModel(known)) await this.#vectors.begin("", signal);
      for (;;) {
        const entries = await this.#vectors.unread(BATCH, [...this.#refused]);
        signal.throwIfAborted();
        const isDone = entries.length === 0 && this.#state !== "failing";
        if (isDone) break;
        await this.#readSome(entries, signal);
        this.#succeed("reading");
      }
      this.#succeed("ready");
    } catch (reason) {
      if (!signal.aborted) this.#fail(reason);
    }
  }

  /** Of no entries: finds out whether the provider is back. */
  async #readSome(entries: readonly UnreadEntry[], signal: AbortSignal): Promise<void> {
    const texts = entries.length === 0 ? ["?"] : entries.map(({ text }) => text);
    try {
      const vectors = await embed(this.#provider, texts, signal);
      const maker = await this.#adopt(vectors[0] ?? [], signal);
      if (entries.length > 0)
        await this.#vectors.put(maker, new Map(entries.map(({ entry }, at) => [entry, vectors[at]])));
    } catch (reason) {
      if (PipitError.from(reason).code !== "MODEL_REFUSED") throw reason;
      const [only] = entries;
      if (only === undefined) throw reason;
      if (entries.length === 1) await this.#passOver(only, reason, signal);
      else for (const entry of entries) await this.#readSome([entry], signal);
    }
  }

  /** Makes what made this vector the maker of all. A single answer of another length does not cost all that was read. */
  async #adopt(vector: Vector, signal: AbortSignal): Promise<string> {
    const maker = this.#makerOf(vector);
    const known = await this.#vectors.maker();
    if (maker === known) this.#oddMaker = undefined;
    else {
      if (this.#isOfModel(known) && this.#oddMaker !== maker) throw this.#oddLength(vector, known);
      this.#logger.info("search.vectors_begun", { maker, before: known });
      await this.#vectors.begin(maker, signal);
    }
    return maker;
  }

  #oddLength(vector: Vector, known: string): PipitError {
    this.#oddMaker = this.#makerOf(vector);
    return new PipitError(
      "MODEL_FAILED",
      `A vector has ${vector.length} numbers; those that are there are of ${known}.`,
    );
  }

  #isOfModel(maker: string): boolean {
    return maker.startsWith(`${this.#provider.model}/`);
  }

  /** Throws where the provider refuses any text, as for a model that it does not have. */
  async #passOver({ entry }: UnreadEntry, reason: unknown, signal: AbortSignal): Promise<void> {
    await this.#readSome([], signal);
    this.#logger.debug("search.turn_refused", { entry, error: reason });
    if (this.#refused.size === REFUSED_MAX) this.#refused.clear();
    this.#refused.add(entry);
    await this.#vectors.put(await this.#vectors.maker(), new Map([[entry, undefined]]));
  }

  #makerOf(vector: Vector): string {
    return `${this.#provider.model}/${vector.length}`;
  }

  #isWaiting(): boolean {
    return performance.now() < this.#notBeforeMs;
  }

  #succeed(state: "reading" | "ready"): void {
    this.#outage.works();
    this.#state = state;
    this.#waitMs = this.#everyMs;
    this.#notBeforeMs = 0;
  }

  #fail(error: unknown): void {
    this.#outage.failed("failing", {
      error,
      note: "Searches go by words alone until the server behind PIPIT_EMBEDDINGS_URL answers again.",
    });
    this.#state = "failing";
    this.#notBeforeMs = performance.now() + this.#waitMs;
    this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
  }
}
