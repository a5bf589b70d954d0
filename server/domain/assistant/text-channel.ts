/**
 * A queue of text between one writer and one reader. Never holds the writer back: what waits here is at most the
 * answer itself.
 */
export class TextChannel implements AsyncIterable<string> {
  #waiting: string[] = [];
  #closed = false;
  #wake: (() => void) | undefined;

  push(text: string): void {
    if (this.#closed) return;
    this.#waiting.push(text);
    this.#wake?.();
  }

  /** The reader gets what is left and then ends. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, void> {
    for (;;) {
      const batch = this.#waiting;
      this.#waiting = [];
      for (const text of batch) yield text;
      if (this.#waiting.length > 0) continue;
      if (this.#closed) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
