import { randomBytes } from "node:crypto";
import sharp from "sharp";
import { expect, test } from "vitest";
import { Messaging } from "#proto/messaging_pb.ts";
import { Rooms } from "#proto/rooms_pb.ts";
import { openRoomsStage } from "./rooms-stage.ts";

const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;

async function png(width: number, height: number): Promise<Uint8Array> {
  return sharp({ create: { width, height, channels: 3, background: "#20c060" } })
    .withExif({ IFD0: { Artist: "Ann" } })
    .png()
    .toBuffer();
}

test("[14] a picture in a room: told to all by its size, given to members alone, and gone with its message", async () => {
  await using stage = await openRoomsStage();
  const [ann, bob, eve] = [await stage.as("ann"), await stage.as("bob"), await stage.as("eve")];
  const { room = "" } = await ann.ask(Rooms.method.createRoom, { name: "Birds" });
  for (const login of ["bob", "eve"]) await ann.ask(Rooms.method.inviteMember, { room, login });
  await bob.ask(Rooms.method.joinRoom, { room });
  const { messageId: firstId = "" } = await ann.ask(Messaging.method.sendMessage, { room, text: "look" });
  const reading = bob.follow({ room, resumeAfter: firstId, events: true });
  const original = bob.follow({ room, resumeAfter: firstId });
  const said = {
    room,
    text: " ",
    picture: { data: await png(2_000, 500) },
    clientMessageId: "01a22000-0000-7000-8000-00000000000c",
  };
  const { messageId = "" } = await ann.ask(Messaging.method.sendMessage, said);
  expect((await ann.ask(Messaging.method.sendMessage, said)).messageId).toBe(messageId);
  const captioned = { ...said, text: "a siskin", clientMessageId: "01a22000-0000-7000-8000-00000000000d" };
  const second = await ann.ask(Messaging.method.sendMessage, captioned);
  await expect.poll(() => reading.read.length).toBe(2);
  const size = { width: 1568, height: 392, mediaType: "image/jpeg" };
  expect(reading.read).toMatchObject([
    { messageId, text: "", picture: size },
    { text: "a siskin", picture: size },
  ]);
  // Streams and lists carry no bytes.
  for (const { picture } of reading.read) expect(picture?.data).toHaveLength(0);
  await expect.poll(() => original.read.map(({ text }) => text)).toEqual(["[picture]", "a siskin"]);
  const { messages: page } = await bob.ask(Rooms.method.history, { room });
  expect(page.map(({ picture }) => picture?.width)).toEqual([undefined, 1568, 1568]);

  const wanted = { room, messageId };
  const { data, sizeBytes } = await bob.ask(Rooms.method.getPicture, wanted);
  expect(data).toHaveLength(sizeBytes);
  expect(sizeBytes).toBe(page[1]?.picture?.sizeBytes);
  const shown = await sharp(data).metadata();
  expect(shown).toMatchObject({ format: "jpeg", width: 1568, height: 392 });
  expect(shown.exif).toBeUndefined();
  // Who is only invited is told nothing, nor is anybody in another room.
  expect(await eve.call(Rooms.method.getPicture, wanted)).toMatchObject({ code: NOT_FOUND });
  const elsewhere = await bob.call(Rooms.method.getPicture, { messageId });
  expect(elsewhere).toMatchObject({ code: INVALID_ARGUMENT, field: "message_id" });

  await ann.ask(Rooms.method.deleteMessage, wanted);
  expect(await bob.call(Rooms.method.getPicture, wanted)).toMatchObject({ code: INVALID_ARGUMENT });
  await expect.poll(() => reading.read[2]).toMatchObject({ changes: messageId, deleted: true });
  expect(reading.read[2]?.picture).toBeUndefined();
  const later = { room, messageId: second.messageId ?? "" };
  const edited = await ann.ask(Rooms.method.editMessage, { ...later, text: "a greenfinch" });
  expect(edited).toMatchObject({ text: "a greenfinch", picture: size });
  // The words may go, the picture says enough; a message of words alone may not be emptied.
  const bare = await ann.ask(Rooms.method.editMessage, { ...later, text: " " });
  expect(bare).toMatchObject({ text: "", picture: size });
  const emptied = await ann.call(Rooms.method.editMessage, { room, messageId: firstId, text: " " });
  expect(emptied).toMatchObject({ code: INVALID_ARGUMENT, field: "text" });
  await ann.ask(Rooms.method.editMessage, { ...later, text: "a greenfinch" });
  await bob.ask(Rooms.method.leaveRoom, { room });
  expect(await bob.call(Rooms.method.getPicture, later)).toMatchObject({ code: NOT_FOUND });

  await ann.ask(Rooms.method.leaveRoom, { room });
  const exported = await fetch(`${stage.server.httpUrl}/auth/export`, {
    headers: { authorization: `Bearer ${ann.token}` },
  });
  const { room_messages: own } = (await exported.json()) as { room_messages: readonly object[] };
  const bytes = expect.stringMatching(/^\/9j\//u) as string;
  expect(own[2]).toMatchObject({ text: "a greenfinch", picture: { width: 1568, height: 392, jpeg: bytes } });
  expect(own[1]).not.toHaveProperty("picture");
});

test("[14] what is no picture, or too much of one, is refused with the field, and nothing is said", async () => {
  await using stage = await openRoomsStage();
  const [ann, eve] = [await stage.as("ann"), await stage.as("eve")];
  const { room = "" } = await ann.ask(Rooms.method.createRoom, { name: "Birds" });
  const whole = await png(300, 300);
  const large = Buffer.concat([whole, randomBytes(11 * 1024 * 1024)]);
  const wrong: readonly (readonly [Uint8Array, string])[] = [
    [large, "SCREENSHOT_TOO_LARGE"],
    [Buffer.from("GIF89a, or so it says"), "SCREENSHOT_INVALID"],
    [whole.subarray(0, whole.length / 2), "SCREENSHOT_INVALID"],
    [new Uint8Array(), "SCREENSHOT_INVALID"],
  ];
  for (const [data, reason] of wrong) {
    const refused = await ann.call(Messaging.method.sendMessage, { room, text: "x", picture: { data } });
    expect(refused).toMatchObject({ code: INVALID_ARGUMENT, reason, field: "picture" });
    expect(refused.details).toContain("8 MiB");
  }
  const foreign = await eve.call(Messaging.method.sendMessage, { room, text: "x", picture: { data: whole } });
  expect(foreign).toMatchObject({ code: NOT_FOUND, reason: "ROOM_NOT_FOUND" });
  expect((await ann.ask(Rooms.method.history, { room })).messages).toEqual([]);
  // Without one, a message has a text.
  const empty = await ann.call(Messaging.method.sendMessage, { room, text: " " });
  expect(empty).toMatchObject({ code: INVALID_ARGUMENT, field: "text" });
});
