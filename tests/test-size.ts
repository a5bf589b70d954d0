/**
 * True in `npm run nightly`, which sets PIPIT_TEST_SIZE=full for every file that imports this one. `npm test` says the
 * same things of fewer requests, shorter texts and less repetition.
 */
const isFull = process.env["PIPIT_TEST_SIZE"] === "full";

/** The size of a test: the first in `npm test`, the second in `npm run nightly`. */
export function sized<T>(short: T, full: T): T {
  return isFull ? full : short;
}
