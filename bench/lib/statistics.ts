/** The `share` quantile (0.5 = median, 0.95 = p95) by nearest rank. Throws on an empty list. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error("There is nothing to take a quantile of.");
  return value;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** One of the things that are compared; `measure` gives one sample. */
export interface Contender<Sample = number> {
  readonly name: string;
  measure(signal: AbortSignal): Promise<Sample>;
}

/** How often, at most: a machine on which all of it takes longer than `budgetMs` measures fewer rounds, but one at least. */
export interface Rounds {
  readonly warmups: number;
  readonly measured: number;
  /** Default: 5 minutes. */
  readonly budgetMs?: number;
}

/**
 * Measures contenders in turns (A B, B A, A B, ...), so that a machine that becomes slower or faster meanwhile does so
 * for all of them. The first `warmups` rounds are thrown away. Resolves to the samples of each contender by its name.
 */
export async function interleave<Sample = number>(
  contenders: readonly Contender<Sample>[],
  { warmups, measured, budgetMs = 5 * 60_000 }: Rounds,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>(contenders.map((contender) => [contender.name, []]));
  const endMs = performance.now() + budgetMs;
  for (let round = 0; round < warmups + measured; round += 1) {
    if (round > warmups && performance.now() > endMs) break;
    const order = round % 2 === 0 ? contenders : contenders.toReversed();
    for (const contender of order) {
      signal.throwIfAborted();
      const sample = await contender.measure(signal);
      if (round >= warmups) samples.get(contender.name)?.push(sample);
    }
  }
  return samples;
}
