/** How many bits are set in each byte. */
const setBits = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll("0", "").length);

/** In how many bits two rows of bytes differ; those that only one has differ too. */
export function differingBits(a: Uint8Array, b: Uint8Array): number {
  let bits = 8 * Math.abs(a.length - b.length);
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) bits += setBits[(a[at] ?? 0) ^ (b[at] ?? 0)] ?? 0;
  return bits;
}
