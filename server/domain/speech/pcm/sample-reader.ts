/**
 * Turns bytes of one stream, of any lengths, into s16le samples; a byte left over waits for its other half. One that is
 * left at the end of the stream is dropped by dropping the reader.
 */
export function createSampleReader() {
  let left: number | undefined;
  return {
    push(bytes: Uint8Array): Int16Array {
      const total = bytes.length + (left === undefined ? 0 : 1);
      const aligned = new Uint8Array(total - (total % 2));
      const offset = left === undefined ? 0 : 1;
      if (left !== undefined && aligned.length > 0) aligned[0] = left;
      const taken = Math.max(0, aligned.length - offset);
      aligned.set(bytes.subarray(0, taken), offset);
      if (aligned.length > 0) left = undefined;
      if (taken < bytes.length) left = bytes[bytes.length - 1];
      // Every platform Node 24 supports is little-endian, except AIX and s390x, which Pipit does not.
      return new Int16Array(aligned.buffer);
    },
  };
}
