import { open } from "node:fs/promises";
import type { PackagePlatform } from "../shipped-packages.ts";

/** For which machine a native file is; `minOs`: the oldest macOS that it says to run on. */
export interface NativeHeader extends PackagePlatform {
  readonly minOs?: string;
}

const HEADER_BYTES = 8_192;
const MACH_O_64 = 0xfeed_facf;
const LC_BUILD_VERSION = 0x32;
const LC_VERSION_MIN_MACOSX = 0x24;
const machO = new Map<number, PackagePlatform["cpu"]>([
  [0x0100_000c, "arm64"],
  [0x0100_0007, "x64"],
]);
const elf = new Map<number, PackagePlatform["cpu"]>([
  [0xb7, "arm64"],
  [0x3e, "x64"],
]);
const pe = new Map<number, PackagePlatform["cpu"]>([
  [0xaa64, "arm64"],
  [0x8664, "x64"],
]);

/** Reads a Mach-O, ELF or PE header; undefined for any other file, and for machines that Pipit has no package for. */
export async function readNativeHeader(path: string): Promise<NativeHeader | undefined> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
  return parseNativeHeader(buffer.subarray(0, bytesRead));
}

/** @param head the file's first 8 KiB, or all of a smaller one */
export function parseNativeHeader(head: Buffer): NativeHeader | undefined {
  if (head.length < 64) return undefined;
  if (head.readUInt32LE(0) === MACH_O_64) return parseMachO(head);
  if (head.readUInt32BE(0) === 0x7f45_4c46) return found("linux", elf.get(head.readUInt16LE(18)));
  if (head.readUInt16BE(0) !== 0x4d5a) return undefined;
  const at = head.readUInt32LE(60);
  if (at + 6 > head.length || head.readUInt32BE(at) !== 0x5045_0000) return undefined;
  return found("win32", pe.get(head.readUInt16LE(at + 4)));
}

function parseMachO(head: Buffer): NativeHeader | undefined {
  const header = found("darwin", machO.get(head.readUInt32LE(4)));
  if (header === undefined) return undefined;
  let at = 32;
  for (let left = head.readUInt32LE(16); left > 0 && at + 16 <= head.length; left--) {
    const command = head.readUInt32LE(at);
    const version = { [LC_BUILD_VERSION]: at + 12, [LC_VERSION_MIN_MACOSX]: at + 8 }[command];
    if (version !== undefined)
      return { ...header, minOs: `${head.readUInt16LE(version + 2)}.${head.readUInt8(version + 1)}` };
    at += head.readUInt32LE(at + 4);
  }
  return header;
}

function found(os: PackagePlatform["os"], cpu: PackagePlatform["cpu"] | undefined): NativeHeader | undefined {
  return cpu === undefined ? undefined : { os, cpu };
}
