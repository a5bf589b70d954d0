import { deflateRawSync } from "node:zlib";

/** An archive of packed files, under whatever names (APPNOTE.TXT 4.3). */
export function zipOf(files: Readonly<Record<string, Buffer>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const packed = deflateRawSync(content);
    const nameBytes = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    const local = Buffer.concat([Buffer.from("PK\u0003\u0004", "latin1"), common, nameBytes, packed]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    const version = Buffer.from([20, 0]);
    directory.push(
      Buffer.concat([Buffer.from("PK\u0001\u0002", "latin1"), version, common, place, nameBytes]),
    );
    parts.push(local);
    at += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\u0005\u0006", 0, "latin1");
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, central, end]);
}

/** Where the directory of an archive begins. */
function directoryOf(zip: Buffer): number {
  return zip.readUInt32LE(zip.length - 6);
}

/** An archive of one file whose directory names it so many times. */
export function repeatedZip(zip: Buffer, times: number): Buffer {
  const at = directoryOf(zip);
  const end = Buffer.from(zip.subarray(-22));
  end.writeUInt16LE(times, 8);
  end.writeUInt16LE(times, 10);
  const entries = Array.from({ length: times }, () => zip.subarray(at, -22));
  return Buffer.concat([zip.subarray(0, at), ...entries, end]);
}

/** An archive of one file with all numbers in ZIP64 (4.3.14, 4.5.3). */
export function zip64Of(zip: Buffer): Buffer {
  const at = directoryOf(zip);
  const entry = Buffer.from(zip.subarray(at, -22));
  const extra = Buffer.alloc(4 + 4 + 28);
  // Another extra field stands before it.
  extra.writeUInt16LE(0x5455, 0);
  extra.writeUInt16LE(4, 2);
  extra.writeUInt16LE(1, 8);
  extra.writeUInt16LE(24, 10);
  for (const [place, from] of [24, 20, 42].entries()) {
    extra.writeBigUInt64LE(BigInt(entry.readUInt32LE(from)), 12 + place * 8);
    entry.writeUInt32LE(0xffffffff, from);
  }
  entry.writeUInt16LE(extra.length, 30);
  const end64 = Buffer.alloc(56);
  end64.write("PK\u0006\u0006", 0, "latin1");
  end64.writeBigUInt64LE(1n, 32);
  end64.writeBigUInt64LE(BigInt(at), 48);
  const locator = Buffer.alloc(20);
  locator.write("PK\u0006\u0007", 0, "latin1");
  locator.writeBigUInt64LE(BigInt(at + entry.length + extra.length), 8);
  const end = Buffer.from(zip.subarray(-22)).fill(0xff, 8, 20);
  return Buffer.concat([zip.subarray(0, at), entry, extra, end64, locator, end]);
}
