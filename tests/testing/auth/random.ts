/** Random numbers that come again with the same seed, so that what failed can be tried again. */
export interface Random {
  /** From 0 up to, and without, 1. */
  next(): number;
  /** From 0 up to, and without, `end`. */
  below(end: number): number;
  pick<T>(values: readonly [T, ...T[]]): T;
  /** True in `share` of all cases. */
  chance(share: number): boolean;
}

/** The generator "mulberry32": 32 bits of state, good enough to vary requests. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number): number => Math.floor(next() * end);
  return {
    next,
    below,
    pick: (values) => values[below(values.length)] ?? values[0],
    chance: (share) => next() < share,
  };
}
