/** True in `npm run nightly`, where loads, races and fuzz run in full; `npm test` takes a size that ends in seconds. */
export const fullSize: boolean = process.env["PIPIT_TEST_SIZE"] === "full";

/** `full` in the nightly run, `short` in `npm test`. */
export function sized<T>(short: T, full: T): T {
  return fullSize ? full : short;
}

/**
 * How long something may take at most: what is promised in the nightly run, where a test that asks for this has the
 * machine for itself, and in `npm test`, where others work beside it, what only something broken exceeds.
 */
export function limitMs(busy: number, quiet: number): number {
  return sized(busy, quiet);
}
