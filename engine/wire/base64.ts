/** A multiple of 3, so that pieces join without padding between them, and few enough arguments for one call. */
const PIECE_BYTES = 3 * 8192;

/** Standard base64 with padding. Every runtime has `btoa`; pieces keep an 8 MiB picture from holding up a page. */
export function toBase64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    pieces.push(btoa(String.fromCharCode(...bytes.subarray(at, at + PIECE_BYTES))));
  }
  return pieces.join("");
}
