import { MemoryFile } from "./memory-file.ts";
import { webAssembly, type WasmMemory, type WasmModule } from "./web-assembly.ts";

/** WASI error numbers (wasi_snapshot_preview1, `errno`). */
const OK = 0;
const BAD_FILE = 8;
const NOT_FOUND = 44;
/** WASI file types. */
const FOLDER_TYPE = 3;
const FILE_TYPE = 4;

const FOLDER_FD = 3;
const OUTPUT_FD = 4;
/** Bit of `oflags` in path_open: create. */
const CREATE = 1;

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
 * environment. `node:wasi` would need a folder on disk, and what is spoken has no business there.
 * @returns the bytes of the file it wrote.
 * @throws Error when the program ends with another status than 0.
 */
export function runWasiCommand(module: WasmModule, args: readonly string[]): Uint8Array {
  const memory: { current: WasmMemory | undefined } = { current: undefined };
  const guest = new GuestMemory(() => memory.current);
  const output = new MemoryFile();
  const host = {
    ...argumentCalls(guest, args),
    ...folderCalls(guest),
    ...outputCalls(guest, output),
    ...otherCalls(guest),
  };
  const { exports } = new webAssembly.Instance(module, { wasi_snapshot_preview1: host });
  memory.current = exports["memory"] as WasmMemory;
  try {
    (exports["_start"] as () => void)();
  } catch (reason) {
    if (!(reason instanceof ProgramExit) || reason.status !== 0) throw reason;
  }
  return output.content();
}

/** The program's memory; its buffer is replaced when it grows, so a view is made for each access. */
class GuestMemory {
  readonly #memory: () => WasmMemory | undefined;

  constructor(memory: () => WasmMemory | undefined) {
    this.#memory = memory;
  }

  view(): DataView {
    return new DataView(this.#buffer());
  }

  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#buffer(), at, length);
  }

  setU32(at: number, value: number): void {
    this.view().setUint32(at, value, true);
  }

  setU64(at: number, value: bigint): void {
    this.view().setBigUint64(at, value, true);
  }

  #buffer(): ArrayBuffer {
    const memory = this.#memory();
    if (memory === undefined) throw new Error("The program has no memory yet.");
    return memory.buffer;
  }
}

function argumentCalls(guest: GuestMemory, args: readonly string[]) {
  const argv = args.map((text) => Buffer.from(`${text}\0`, "utf8"));
  return {
    args_sizes_get(countAt: number, sizeAt: number) {
      guest.setU32(countAt, argv.length);
      guest.setU32(
        sizeAt,
        argv.reduce((sum, text) => sum + text.length, 0),
      );
      return OK;
    },
    args_get(listAt: number, textAt: number) {
      let at = textAt;
      for (const [index, text] of argv.entries()) {
        guest.setU32(listAt + index * 4, at);
        guest.bytes(at, text.length).set(text);
        at += text.length;
      }
      return OK;
    },
  };
}

/** One folder "/", in which a file can be made and nothing is found. */
function folderCalls(guest: GuestMemory) {
  return {
    fd_prestat_get(fd: number, at: number) {
      if (fd !== FOLDER_FD) return BAD_FILE;
      guest.setU32(at, 0);
      guest.setU32(at + 4, 1);
      return OK;
    },
    fd_prestat_dir_name(fd: number, at: number) {
      if (fd !== FOLDER_FD) return BAD_FILE;
      guest.bytes(at, 1).set(Buffer.from("/"));
      return OK;
    },
    fd_fdstat_get(fd: number, at: number) {
      guest.bytes(at, 24).fill(0);
      guest.view().setUint8(at, fd === FOLDER_FD ? FOLDER_TYPE : FILE_TYPE);
      guest.setU64(at + 8, 0xffff_ffff_ffff_ffffn);
      guest.setU64(at + 16, 0xffff_ffff_ffff_ffffn);
      return OK;
    },
    /** Parameters: fd, dirflags, path, path length, oflags, two rights, fdflags, where to put the new fd. */
    path_open(...parameters: readonly (number | bigint)[]) {
      if ((Number(parameters[4]) & CREATE) === 0) return NOT_FOUND;
      guest.setU32(Number(parameters[8]), OUTPUT_FD);
      return OK;
    },
  };
}

function outputCalls(guest: GuestMemory, output: MemoryFile) {
  return {
    fd_write(fd: number, listAt: number, count: number, writtenAt: number) {
      let written = 0;
      for (let index = 0; index < count; index += 1) {
        const at = guest.view().getUint32(listAt + index * 8, true);
        const length = guest.view().getUint32(listAt + index * 8 + 4, true);
        if (fd === OUTPUT_FD) output.write(guest.bytes(at, length));
        written += length;
      }
      guest.setU32(writtenAt, written);
      return OK;
    },
    fd_seek(fd: number, offset: bigint, whence: number, positionAt: number) {
      if (fd !== OUTPUT_FD) return BAD_FILE;
      guest.setU64(positionAt, BigInt(output.seek(Number(offset), whence)));
      return OK;
    },
  };
}

function otherCalls(guest: GuestMemory) {
  return {
    clock_time_get(_id: number, _precision: bigint, timeAt: number) {
      guest.setU64(timeAt, 0n);
      return OK;
    },
    fd_read(_fd: number, _listAt: number, _count: number, readAt: number) {
      guest.setU32(readAt, 0);
      return OK;
    },
    fd_fdstat_set_flags: () => OK,
    fd_close: () => OK,
    proc_exit(status: number) {
      throw new ProgramExit(status);
    },
  };
}
