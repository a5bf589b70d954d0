/** Damerau-Levenshtein: letters added, left out, changed, and two neighbours swapped; `most + 1` for anything beyond. */
export function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: readonly number[] = [];
  let above: readonly number[] = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i++) {
    const row = nextRow(a, b, i, above, before);
    if (Math.min(...row) > most) return most + 1;
    before = above;
    above = row;
  }
  return above[b.length] ?? most + 1;
}

function at(row: readonly number[], j: number): number {
  return row[j] ?? Number.POSITIVE_INFINITY;
}

/** Distances of the first `i` letters of `a` to all beginnings of `b`. */
function nextRow(
  a: string,
  b: string,
  i: number,
  above: readonly number[],
  before: readonly number[],
): readonly number[] {
  const row = [i];
  for (let j = 1; j <= b.length; j++) {
    const changed = at(above, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
    const isSwapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
    const swapped = isSwapped ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY;
    row.push(Math.min(at(above, j) + 1, at(row, j - 1) + 1, changed, swapped));
  }
  return row;
}
