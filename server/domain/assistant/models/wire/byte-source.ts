import type { PostReply } from "./http-post.ts";

/**
 * Reads the bytes of an answer as they are at hand: an async iterator would cost as much as all that is done with a
 * small piece.
 */
export class ByteSource {
  readonly #reply: PostReply;
  #failure: { readonly reason: unknown } | undefined;
  #isEnded = false;
  #wake: (() => void) | undefined;

  constructor(reply: PostReply) {
    this.#reply = reply;
    const wake = (): void => this.#wake?.();
    reply.on("readable", wake);
    reply.on("end", () => {
      this.#isEnded = true;
      wake();
    });
    reply.on("error", (reason: unknown) => {
      this.#failure ??= { reason };
      wake();
    });
    reply.on("close", () => {
      const reason = Object.assign(new Error("The connection was closed."), { code: "ECONNRESET" });
      if (!this.#isEnded) this.#failure ??= { reason };
      wake();
    });
  }

  /** What has come, undefined when nothing has. Throws what the connection failed with, once all before it is read. */
  take(): Uint8Array | undefined {
    const bytes = this.#reply.read() as Uint8Array | null;
    if (bytes !== null) return bytes;
    if (this.#failure !== undefined) throw this.#failure.reason;
    return undefined;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Resolves when `take` or `isEnded` may say something new. */
  more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
