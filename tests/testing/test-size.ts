/** True in `npm run nightly`, where loads, races and fuzz run in full; `npm test` takes a size that ends in seconds. */
export const fullSize: boolean = process.env["PIPIT_TEST_SIZE"] === "full";

/** `full` in the nightly run, `short` in `npm test`. */
export function sized<T>(short: T, full: T): T {
  return fullSize ? full : short;
}
