import { stringify } from "uuid";

/** A UUID of version 8 (RFC 9562 §5.8): an id that follows from something, of whose hash it has the first 16 bytes. */
export function uuidV8(hash: Buffer): string {
  const bytes = Buffer.from(hash.subarray(0, 16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return stringify(bytes);
}
