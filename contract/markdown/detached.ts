/**
 * A copy that shares no memory with the text it was cut from. V8 keeps the whole text alive for each slice of it, and a
 * growing answer is another text with each token: without this, each block would hold an answer of its own.
 */
export function detached(slice: string): string {
  // The joined string is made anew, and the slice of it holds only that.
  return ` ${slice}`.slice(1);
}
