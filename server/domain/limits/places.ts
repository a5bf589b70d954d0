/** What one client, or one account, may have at once. */
export interface Share {
  readonly key: string;
  readonly max: number;
}

/** Counts what runs in this process, by whose it is. */
export class Places {
  readonly #counts = new Map<string, number>();

  /** The first of the shares that is used up. */
  full<One extends Share>(shares: readonly One[]): One | undefined {
    return shares.find(({ key, max }) => (this.#counts.get(key) ?? 0) >= max);
  }

  /** Takes a place of each share until it is disposed of. */
  take(shares: readonly Share[]): Disposable {
    for (const { key } of shares) this.#add(key, 1);
    return {
      [Symbol.dispose]: () => {
        for (const { key } of shares) this.#add(key, -1);
      },
    };
  }

  #add(key: string, one: 1 | -1): void {
    const count = (this.#counts.get(key) ?? 0) + one;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}
