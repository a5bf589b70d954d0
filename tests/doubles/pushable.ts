/** A stream that a test feeds by hand: what is pushed comes out in order, then the end or the failure. */
export class Pushable<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  #over: { readonly failure?: unknown } | undefined;
  #wake: (() => void) | undefined;

  push(...items: readonly T[]): void {
    this.#items.push(...items);
    this.#wake?.();
  }

  end(): void {
    this.#over = {};
    this.#wake?.();
  }

  fail(failure: unknown): void {
    this.#over = { failure };
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) {
        yield item;
        continue;
      }
      if (this.#over !== undefined) {
        if ("failure" in this.#over) throw this.#over.failure;
        return;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
