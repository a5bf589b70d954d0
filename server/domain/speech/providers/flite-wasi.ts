/** WASI error numbers (wasi_snapshot_preview1, `errno`). */
const OK = 0;
const BAD_FILE = 8;
const NOT_FOUND = 44;
/** WASI file types. */
const FOLDER_TYPE = 3;
const FILE_TYPE = 4;

const FOLDER_FD = 3;
const OUTPUT_FD = 4;

/** Thrown to unwind the program at `proc_exit`. */
class ProgramExit extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`The program ended with ${status}.`);
    this.status = status;
  }
}

/**
 * Runs a WASI command that writes one file, wholly in memory: no file of this machine, no clock but a constant, no
 * environment. `node:wasi` would need a folder on disk, and the spoken text has no business there.
 * @returns the bytes of the file it wrote.
 * @throws Error when the program ends with another status than 0.
 */
export function runWasiCommand(module: WebAssembly.Module, args: readonly string[]): Uint8Array {
  const argv = args.map((text) => Buffer.from(`${text}\0`, "utf8"));
  const output = new MemoryFile();
  let memory: WebAssembly.Memory | undefined;
  const view = (): DataView => new DataView((memory as WebAssembly.Memory).buffer);
  const bytes = (at: number, length: number): Uint8Array =>
    new Uint8Array((memory as WebAssembly.Memory).buffer, at, length);

  const host = {
    args_sizes_get(countAt: number, sizeAt: number) {
      view().setUint32(countAt, argv.length, true);
      view().setUint32(
        sizeAt,
        argv.reduce((sum, text) => sum + text.length, 0),
        true,
      );
      return OK;
    },
    args_get(listAt: number, textAt: number) {
      let at = textAt;
      for (const [index, text] of argv.entries()) {
        view().setUint32(listAt + index * 4, at, true);
        bytes(at, text.length).set(text);
        at += text.length;
      }
      return OK;
    },
    clock_time_get(_id: number, _precision: bigint, timeAt: number) {
      view().setBigUint64(timeAt, 0n, true);
      return OK;
    },
    fd_prestat_get(fd: number, at: number) {
      if (fd !== FOLDER_FD) return BAD_FILE;
      view().setUint32(at, 0, true);
      view().setUint32(at + 4, 1, true);
      return OK;
    },
    fd_prestat_dir_name(fd: number, at: number) {
      if (fd !== FOLDER_FD) return BAD_FILE;
      bytes(at, 1).set(Buffer.from("/"));
      return OK;
    },
    fd_fdstat_get(fd: number, at: number) {
      bytes(at, 24).fill(0);
      view().setUint8(at, fd === FOLDER_FD ? FOLDER_TYPE : FILE_TYPE);
      view().setBigUint64(at + 8, 0xffff_ffff_ffff_ffffn, true);
      view().setBigUint64(at + 16, 0xffff_ffff_ffff_ffffn, true);
      return OK;
    },
    fd_fdstat_set_flags: () => OK,
    path_open(...options: readonly (number | bigint)[]) {
      // Only to write: creating (bit 0 of oflags) is what tells it from a look for a voice or a lexicon.
      if ((Number(options[4]) & 1) === 0) return NOT_FOUND;
      view().setUint32(Number(options[8]), OUTPUT_FD, true);
      return OK;
    },
    fd_write(fd: number, listAt: number, count: number, writtenAt: number) {
      let written = 0;
      for (let index = 0; index < count; index += 1) {
        const at = view().getUint32(listAt + index * 8, true);
        const length = view().getUint32(listAt + index * 8 + 4, true);
        if (fd === OUTPUT_FD) output.write(bytes(at, length));
        written += length;
      }
      view().setUint32(writtenAt, written, true);
      return OK;
    },
    fd_seek(fd: number, offset: bigint, whence: number, positionAt: number) {
      if (fd !== OUTPUT_FD) return BAD_FILE;
      view().setBigUint64(positionAt, BigInt(output.seek(Number(offset), whence)), true);
      return OK;
    },
    fd_read(_fd: number, _listAt: number, _count: number, readAt: number) {
      view().setUint32(readAt, 0, true);
      return OK;
    },
    fd_close: () => OK,
    proc_exit(status: number) {
      throw new ProgramExit(status);
    },
  };

  const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: host });
  memory = instance.exports["memory"] as WebAssembly.Memory;
  try {
    (instance.exports["_start"] as () => void)();
  } catch (reason) {
    if (!(reason instanceof ProgramExit) || reason.status !== 0) throw reason;
  }
  return output.content();
}

/** A growing file with a position, as `fseek` and `fwrite` see it. */
class MemoryFile {
  #bytes = new Uint8Array(256 * 1024);
  #length = 0;
  #position = 0;

  write(part: Uint8Array): void {
    const end = this.#position + part.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(part, this.#position);
    this.#position = end;
    this.#length = Math.max(this.#length, end);
  }

  /** @param whence 0 start, 1 here, 2 end (WASI `whence`). */
  seek(offset: number, whence: number): number {
    const base = whence === 0 ? 0 : whence === 1 ? this.#position : this.#length;
    this.#position = Math.max(0, base + offset);
    return this.#position;
  }

  content(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}
