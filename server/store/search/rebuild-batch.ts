/** Entries written anew at once: on SQLite others wait with their writing for as long as that takes. */
export const REBUILD_ENTRIES = 100;
const REBUILD_BYTES = 1_000_000;

/** The first of some entries whose texts are not too much together; at least one. */
export function fitting<Entry extends { readonly size: number }>(some: readonly Entry[]): readonly Entry[] {
  let bytes = 0;
  return some.filter(({ size }, at) => (bytes += size) <= REBUILD_BYTES || at === 0);
}
