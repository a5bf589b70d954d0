import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { MessageSchema, RoomEvent } from "#proto/messaging_pb.ts";
import { namedRoom, type RoomEntry, type RoomEntryKind } from "#server/domain/rooms/ports.ts";
import { frameOf } from "../kit/raw-frames.ts";

const events: Readonly<Record<RoomEntryKind, RoomEvent>> = {
  message: RoomEvent.UNSPECIFIED,
  changed: RoomEvent.CHANGED,
  joined: RoomEvent.JOINED,
  left: RoomEvent.LEFT,
};

/** An entry of a room as clients of both services have it; it is the same for all of them. */
export function toWire(entry: RoomEntry): MessageInitShape<typeof MessageSchema> {
  const { id, roomId, author, text, sentAtMs, editedAtMs } = entry;
  return {
    author,
    text,
    sendTime: timestampFromMs(sentAtMs),
    messageId: id,
    ...namedRoom(roomId),
    seq: BigInt(entry.seq),
    ...(entry.clientMessageId !== undefined && { clientMessageId: entry.clientMessageId }),
    ...(entry.replyTo !== undefined && { replyTo: entry.replyTo }),
    ...(editedAtMs !== undefined && { editedAt: timestampFromMs(editedAtMs) }),
    deleted: entry.deletedAtMs !== undefined,
    authorClosed: entry.authorClosed,
    event: events[entry.kind],
    ...(entry.changes !== undefined && { changes: entry.changes }),
    ...(entry.askedBy !== undefined && { askedBy: entry.askedBy }),
    ...(entry.picture !== undefined && { picture: toPicture(entry.picture) }),
  };
}

/** What is known of a picture without its bytes. */
export function toPicture({ width, height, bytes }: NonNullable<RoomEntry["picture"]>) {
  return { width, height, sizeBytes: bytes, mediaType: "image/jpeg" };
}

const worded = new WeakMap<RoomEntry, RoomEntry>();

/** The entry for clients that may know of no pictures: a message of one alone would say nothing to them. */
export function inWords(entry: RoomEntry): RoomEntry {
  if (entry.picture === undefined || entry.text !== "") return entry;
  const known = worded.get(entry) ?? { ...entry, text: "[picture]" };
  worded.set(entry, known);
  return known;
}

/** Of the entries that readers share. */
const frames = new WeakMap<RoomEntry, Uint8Array>();

/** The entry's frame of gRPC, made for its first reader and kept for the others. */
export function toFrame(entry: RoomEntry): Uint8Array {
  let frame = frames.get(entry);
  if (frame === undefined) {
    frame = frameOf(MessageSchema, create(MessageSchema, toWire(entry)));
    frames.set(entry, frame);
  }
  return frame;
}
