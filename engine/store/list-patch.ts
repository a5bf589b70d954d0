import type { Splice } from "#contract/patches/list-patch.ts";

/** What changed from one list to the next, which share what is unchanged by reference; undefined: nothing. */
export function diffList<Item>(before: readonly Item[], after: readonly Item[]): Splice<Item> | undefined {
  if (before === after) return undefined;
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && before[from] === after[from]) from += 1;
  let kept = 0;
  while (kept < shorter - from && before[before.length - 1 - kept] === after[after.length - 1 - kept])
    kept += 1;
  const remove = before.length - kept - from;
  const insert = after.slice(from, after.length - kept);
  return remove === 0 && insert.length === 0 ? undefined : { from, remove, insert };
}

/** The list that a patch leads to; the same one without a patch. */
export function spliced<Item>(list: readonly Item[], splice: Splice<Item> | undefined): readonly Item[] {
  return splice === undefined ? list : list.toSpliced(splice.from, splice.remove, ...splice.insert);
}

/** Whether two objects have the same things in the same fields. */
export function sameFields<T extends object>(one: T, other: T): boolean {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof T>;
  return [...keys].every((key) => one[key] === other[key]);
}
