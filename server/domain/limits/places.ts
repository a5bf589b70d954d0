import { PipitError } from "#contract/pipit-error.ts";

/** A place ends about this often under load; a client that comes back sooner finds the same. */
const RETRY_AFTER_MS = 2_000;

/** Something that has so many places at most. */
export interface Bound {
  readonly key: string;
  readonly max: number;
  /** Said to the client that finds all places taken, e.g. "20 answers are running already: stop one." */
  readonly full: string;
}

interface Caps {
  readonly perAccount: number;
  readonly perAddress: number;
}

/**
 * The bounds of what belongs to an account and comes from a network.
 *
 * @param network an IPv4 address, or the /64 of IPv6, whose addresses are all one client's; absent for a client without
 *   (a Unix socket), which is not counted
 * @param full said of `max` that are open for `who`
 */
export function boundsOf(
  { perAccount, perAddress }: Caps,
  userId: string,
  network: string | undefined,
  full: (max: number, who: string) => string,
): readonly Bound[] {
  const account = { key: `account ${userId}`, max: perAccount, full: full(perAccount, "this account") };
  if (network === undefined) return [account];
  const address = { key: `address ${network}`, max: perAddress, full: full(perAddress, "this address") };
  return [account, address];
}

/** Counts what is open in this process; who finds no place is told to come back. */
export class Places {
  readonly #taken = new Map<string, number>();

  /**
   * One place under each bound, until it is disposed of.
   *
   * @throws PipitError STREAM_LIMIT
   */
  enter(bounds: readonly Bound[]): Disposable {
    const full = bounds.find(({ key, max }) => this.#of(key) >= max);
    if (full !== undefined) {
      throw new PipitError("STREAM_LIMIT", full.full, { retryAfterMs: RETRY_AFTER_MS });
    }
    for (const { key } of bounds) this.#taken.set(key, this.#of(key) + 1);
    return {
      [Symbol.dispose]: () => {
        for (const { key } of bounds) this.#leave(key);
      },
    };
  }

  #of(key: string): number {
    return this.#taken.get(key) ?? 0;
  }

  #leave(key: string): void {
    const left = this.#of(key) - 1;
    if (left > 0) this.#taken.set(key, left);
    else this.#taken.delete(key);
  }
}
