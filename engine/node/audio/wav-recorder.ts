import { open, type FileHandle } from "node:fs/promises";
import { isFullDisk, systemCodeOf } from "#contract/system-error.ts";
import { BYTES_PER_SAMPLE, BYTES_PER_SECOND, CHANNELS, SAMPLE_RATE_HZ } from "#contract/audio-format.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Speaker } from "#engine/ports.ts";

const HEADER_BYTES = 44;
/** RIFF counts in 32 bits: the size field holds everything after its own first 8 bytes. */
const MAX_DATA_BYTES = 0xffff_ffff - (HEADER_BYTES - 8);

/**
 * A {@link Speaker} that writes a WAV file instead of playing: 48 kHz, mono, s16le. The header is brought up to date by
 * `drain`, `stop` and dispose, so the file is valid after a cancelled answer too. Volume is not applied: a recording
 * is what was said. Writes need no pauses, so pauses between answers do not appear in the file.
 *
 * @param maxDataBytes most audio bytes in the file; at most what a WAV header can say (4 GiB)
 * @throws PipitError USAGE when the file cannot be made; `write` throws STORAGE_FULL at 4 GiB or on a full disk.
 */
export async function createWavRecorder(path: string, maxDataBytes = MAX_DATA_BYTES): Promise<Speaker> {
  const file = await openForWriting(path);
  let dataBytes = 0;
  let closed = false;
  // Positional writes in order; one chain keeps the header and the pieces from overtaking each other.
  let chain: Promise<void> = Promise.resolve();

  function inOrder(work: () => Promise<void>): Promise<void> {
    const next = chain.then(async () => {
      try {
        await work();
      } catch (error) {
        throw toPipitError(error, path);
      }
    });
    chain = next.catch(() => undefined);
    return next;
  }
  const patchHeader = () => inOrder(async () => writeAll(file, wavHeader(dataBytes), 0));

  const recorder: Speaker = {
    write: (pcm) =>
      inOrder(async () => {
        if (dataBytes + pcm.byteLength > maxDataBytes) throw fileTooLarge(path);
        await writeAll(file, pcm, HEADER_BYTES + dataBytes);
        dataBytes += pcm.byteLength;
      }),
    drain: patchHeader,
    stop: patchHeader,
    setVolume: () => undefined,
    async [Symbol.asyncDispose]() {
      if (closed) return;
      closed = true;
      try {
        await patchHeader();
      } finally {
        await file.close();
      }
    },
  };
  try {
    await patchHeader();
  } catch (error) {
    await file.close();
    throw error;
  }
  return recorder;
}

/** The canonical 44-byte PCM header (Microsoft, "Multiple channel audio data and WAVE files"). */
function wavHeader(dataBytes: number): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(HEADER_BYTES - 8 + dataBytes, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(CHANNELS, 22);
  header.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  header.writeUInt32LE(BYTES_PER_SECOND, 28);
  header.writeUInt16LE(CHANNELS * BYTES_PER_SAMPLE, 32);
  header.writeUInt16LE(BYTES_PER_SAMPLE * 8, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(dataBytes, 40);
  return header;
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let offset = 0; offset < bytes.byteLength;) {
    const { bytesWritten } = await file.write(bytes, offset, bytes.byteLength - offset, position + offset);
    offset += bytesWritten;
  }
}

async function openForWriting(path: string): Promise<FileHandle> {
  try {
    // Nobody else is to hear what was said.
    return await open(path, "w", 0o600);
  } catch (error) {
    const reason = systemCodeOf(error) || String(error);
    throw new PipitError(
      "USAGE",
      `Cannot write the audio file ${path} (${reason}). Choose a path in a folder you may write to.`,
      { cause: error },
    );
  }
}

function fileTooLarge(path: string): PipitError {
  return new PipitError(
    "STORAGE_FULL",
    `The recording ${path} has reached 4 GiB, the most a WAV file can hold. Start a new file.`,
  );
}

function toPipitError(error: unknown, path: string): PipitError {
  if (error instanceof PipitError) return error;
  const code = systemCodeOf(error);
  if (isFullDisk(code)) {
    return new PipitError(
      "STORAGE_FULL",
      `The disk is full: ${path} holds what was recorded until now. Free some space and try again.`,
      { cause: error },
    );
  }
  return PipitError.from(error);
}
