/** Code of the error that says that no byte came for as long as may be. */
export const SILENCE = "silence";

/** One request and its answer: it ends when its caller aborts it, or when we wait for a byte for too long. */
export class Exchange {
  readonly #own = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  /** How often was waited. */
  #count = 0;
  #waits = false;
  #silent = false;

  /**
   * @param silenceMs longest wait; while nobody reads, the time does not count
   * @param outer the caller's
   */
  constructor(silenceMs: number, outer: AbortSignal | undefined) {
    this.#outer = outer;
    this.#timer = setTimeout(() => this.#onSilence(), silenceMs).unref();
    outer?.addEventListener("abort", this.#stop, { once: true });
    if (outer?.aborted === true) this.#stop();
  }

  readonly #stop = (): void => {
    // Whoever aborts may never read again, and the timer would keep the answer in memory.
    clearTimeout(this.#timer);
    this.#own.abort(this.#outer?.reason);
  };

  get signal(): AbortSignal {
    return this.#own.signal;
  }

  /** The caller has aborted it. */
  get isStopped(): boolean {
    return this.#outer?.aborted === true;
  }

  /**
   * Waits for the server's next sign of life.
   *
   * @throws an error with the code {@link SILENCE}, or what `sign` throws
   */
  async wait<Sign>(sign: Promise<Sign>): Promise<Sign> {
    this.#waits = true;
    this.#count += 1;
    this.#timer.refresh();
    try {
      const told = await sign;
      if (!this.#silent) return told;
    } catch (error) {
      if (!this.#silent) throw error;
    } finally {
      this.#waits = false;
    }
    throw Object.assign(new Error("The model server is silent."), { code: SILENCE });
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#stop);
  }

  #onSilence(): void {
    const count = this.#count;
    // A busy process, or a computer that slept, is late to read what has come; it is read before this.
    setImmediate(() => {
      if (!this.#waits || this.#count !== count) return;
      this.#silent = true;
      this.#own.abort();
    });
  }
}
