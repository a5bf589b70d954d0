/** Sample rate of all speech on the wire, in Hz (docs/reference/streaming.md). */
export const SAMPLE_RATE_HZ = 48_000;
/** One channel. */
export const CHANNELS = 1;
/** Signed 16-bit little-endian. */
export const DTYPE = "int16";
export const BYTES_PER_SAMPLE = 2;
/** Largest audio piece on the wire, in bytes. */
export const AUDIO_PIECE_BYTES = 4096;
/** Bytes of one second of speech. */
export const BYTES_PER_SECOND = SAMPLE_RATE_HZ * CHANNELS * BYTES_PER_SAMPLE;
