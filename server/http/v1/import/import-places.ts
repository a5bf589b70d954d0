import { PipitError } from "#contract/pipit-error.ts";
import { boundsOf, Places } from "#server/domain/limits/places.ts";

/** Files that come at once, and of one network: each has a file on the server's disk. */
const MAX_UPLOADS = 16;
const MAX_UPLOADS_PER_ADDRESS = 8;
/** Each has a thread. */
const MAX_READERS = 4;
/** A proxy ends a request to which nothing is answered for a minute. */
const WAIT_MS = 45_000;

/** Who may import at this moment. A file that comes slowly holds no place of those that are read. */
export class ImportPlaces {
  readonly #uploads = new Places();
  readonly #waiting: (() => void)[] = [];
  #readers = 0;

  /**
   * A place for an import of an account until it is disposed of.
   *
   * @param network as in {@link boundsOf}
   * @throws PipitError STREAM_LIMIT
   */
  enter(userId: string, network: string | undefined): Disposable {
    const of = boundsOf({ perAccount: 1, perAddress: MAX_UPLOADS_PER_ADDRESS }, userId, network, full);
    const all = { key: "", max: MAX_UPLOADS, full: full(MAX_UPLOADS, "this server") };
    return this.#uploads.enter([...of, all]);
  }

  /**
   * The turn of a file that is there, until it is disposed of: in the order in which they came.
   *
   * @throws PipitError STREAM_LIMIT after 45 s; the signal's reason
   */
  async read(signal: AbortSignal): Promise<Disposable> {
    if (this.#readers >= MAX_READERS) await this.#turn(signal);
    else this.#readers += 1;
    return {
      [Symbol.dispose]: () => {
        const next = this.#waiting.shift();
        if (next === undefined) this.#readers -= 1;
        else next();
      },
    };
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const give = (reason: unknown): void => {
      const at = this.#waiting.indexOf(resolve);
      if (at < 0) return;
      this.#waiting.splice(at, 1);
      reject(reason);
    };
    this.#waiting.push(resolve);
    const timer = setTimeout(
      () => give(new PipitError("STREAM_LIMIT", full(MAX_READERS, "this server"))),
      WAIT_MS,
    );
    const onAbort = (): void => give(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }
}

function full(max: number, who: string): string {
  const imports = max === 1 ? "An import is running" : `${max} imports are running`;
  return `${imports} for ${who} already, which is the limit. Wait until one has ended, and import the file again.`;
}
