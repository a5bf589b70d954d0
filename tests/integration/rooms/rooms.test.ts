import type { DescMethod } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { Messaging, RoomEvent } from "#proto/messaging_pb.ts";
import { MemberState, Rooms } from "#proto/rooms_pb.ts";
import { openRoomsStage } from "./rooms-stage.ts";

const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const INVALID_ARGUMENT = 3;
const RESOURCE_EXHAUSTED = 8;
const NOWHERE = "01a22000-0000-7000-8000-000000000000";

test("[14] a room from its making to its end, over both services", async () => {
  await using stage = await openRoomsStage();
  const [ann, bob, eve] = [await stage.as("ann"), await stage.as("bob"), await stage.as("eve")];
  const made = { name: "  Birds\n of the garden ", clientRoomId: "01a22000-0000-7000-8000-00000000000B" };
  const { room = "", ...birds } = await ann.ask(Rooms.method.createRoom, made);
  expect(birds).toMatchObject({ name: "Birds of the garden", state: MemberState.OWNER, invitedBy: "" });
  expect((await ann.ask(Rooms.method.createRoom, made)).room).toBe(room);
  expect(await ann.ask(Rooms.method.inviteMember, { room, login: "BOB" })).toMatchObject({
    login: "bob",
    state: MemberState.INVITED,
  });
  expect((await bob.ask(Rooms.method.listRooms, {})).rooms).toMatchObject([
    { room, name: "Birds of the garden", state: MemberState.INVITED, invitedBy: "ann" },
    { name: "", state: MemberState.MEMBER },
  ]);
  const { messages: opened } = await ann.call(Messaging.method.sendMessage, { room, text: "hello" });
  const hello = opened[0]?.messageId ?? "";
  await bob.ask(Rooms.method.joinRoom, { room });
  const reading = bob.follow({ room, resumeAfter: hello, events: true });
  const plain = bob.follow({ room, resumeAfter: hello });
  const answer = await bob.ask(Messaging.method.sendMessage, { room, text: "hi", replyTo: hello });
  await ann.ask(Rooms.method.editMessage, { room, messageId: hello, text: "hello, all" });
  await bob.ask(Rooms.method.deleteMessage, { room, messageId: answer.messageId ?? "" });
  await ann.ask(Messaging.method.sendMessage, { room, text: "well" });
  await expect.poll(() => reading.read.length).toBe(5);
  expect(reading.read.map(({ seq, event }) => [Number(seq), event])).toEqual([
    [3, RoomEvent.JOINED],
    [4, RoomEvent.UNSPECIFIED],
    [5, RoomEvent.CHANGED],
    [6, RoomEvent.CHANGED],
    [7, RoomEvent.UNSPECIFIED],
  ]);
  expect(reading.read[2]).toMatchObject({ changes: hello, author: "ann", text: "hello, all", room });
  expect(reading.read[3]).toMatchObject({ changes: answer.messageId, text: "", deleted: true });
  await expect.poll(() => plain.read.at(-1)?.text).toBe("well");
  expect(plain.read.every(({ event, deleted }) => event === RoomEvent.UNSPECIFIED && !deleted)).toBe(true);
  const { messages, older, newer } = await bob.ask(Rooms.method.history, { room, limit: 2 });
  expect([messages.map(({ text }) => text), older, newer]).toEqual([["", "well"], true, false]);
  expect(messages[0]).toMatchObject({ deleted: true, replyTo: hello });
  const around = await bob.ask(Rooms.method.history, {
    room,
    place: { case: "around", value: hello },
    limit: 1,
  });
  expect(around.messages).toMatchObject([{ messageId: hello, text: "hello, all" }]);
  expect(around.messages[0]?.editedAt).toBeDefined();
  expect(await bob.ask(Rooms.method.markRead, { room, seq: 5n })).toMatchObject({ readSeq: 5n, unread: 1 });
  expect(await bob.ask(Rooms.method.markRead, { room, seq: 1n })).toMatchObject({ readSeq: 5n, unread: 1 });
  // To everybody else it is as if the room were not there, and its messages no messages of another room.
  for (const [method, init] of everyCall(room, hello)) {
    expect(await eve.call(method, init)).toMatchObject({ code: NOT_FOUND, reason: "ROOM_NOT_FOUND" });
    expect(await bob.call(method, { ...init, room: NOWHERE })).toMatchObject({ code: NOT_FOUND });
  }
  const elsewhere = await bob.call(Messaging.method.messageStream, { resumeAfter: hello });
  expect(elsewhere).toMatchObject({ code: INVALID_ARGUMENT, field: "resume_after" });
  const forged = await bob.call(Rooms.method.editMessage, { room, messageId: hello, text: "I am bob" });
  expect(forged).toMatchObject({ code: PERMISSION_DENIED });
  const removed = { room, login: "ann" };
  expect(await bob.call(Rooms.method.removeMember, removed)).toMatchObject({ code: PERMISSION_DENIED });
  await ann.ask(Rooms.method.removeMember, { room, login: "bob" });
  expect(await Promise.all([reading.ended, plain.ended])).toEqual([NOT_FOUND, NOT_FOUND]);
  expect((await ann.ask(Rooms.method.listMembers, { room })).members).toMatchObject([
    { login: "ann", state: MemberState.OWNER },
  ]);
  await ann.ask(Rooms.method.leaveRoom, { room });
  expect((await ann.ask(Rooms.method.listRooms, {})).rooms).toHaveLength(1);
});

/** Every call that names a room, as a member would make it. */
function everyCall(room: string, messageId: string): readonly (readonly [DescMethod, { room: string }])[] {
  const { method } = Rooms;
  const calls: readonly (readonly [DescMethod, object])[] = [
    [Messaging.method.sendMessage, { text: "x" }],
    [Messaging.method.messageStream, {}],
    [method.inviteMember, { login: "eve" }],
    [method.removeMember, { login: "ann" }],
    [method.joinRoom, {}],
    [method.leaveRoom, {}],
    [method.listMembers, {}],
    [method.history, {}],
    [method.getPicture, { messageId }],
    [method.editMessage, { messageId, text: "x" }],
    [method.deleteMessage, { messageId }],
    [method.markRead, { seq: 1n }],
  ];
  return calls.map(([one, init]) => [one, { ...init, room }] as const);
}

test("what a room cannot take is refused with the field and the cure", async () => {
  await using stage = await openRoomsStage();
  const ann = await stage.as("ann");
  const { room = "" } = await ann.ask(Rooms.method.createRoom, { name: "x" });
  const { method } = Rooms;
  const wrong: readonly (readonly [DescMethod, Record<string, unknown>, string])[] = [
    [method.createRoom, { name: " \n" }, "name"],
    [method.createRoom, { name: "x".repeat(101) }, "name"],
    [method.createRoom, { name: "x", clientRoomId: "1" }, "client_room_id"],
    [method.inviteMember, { room, login: "nobody" }, "login"],
    [method.inviteMember, { room: "", login: "local" }, "room"],
    [method.joinRoom, { room: "" }, "room"],
    [method.leaveRoom, { room: "" }, "room"],
    [method.listMembers, { room: "" }, "room"],
    [method.listMembers, { room, limit: 501 }, "limit"],
    [method.listMembers, { room, cursor: "!" }, "cursor"],
    [method.listRooms, { limit: 0 }, "limit"],
    [method.listRooms, { cursor: Buffer.from("[1]").toString("base64url") }, "cursor"],
    [method.history, { room, limit: 201 }, "limit"],
    [method.history, { room, place: { case: "around", value: NOWHERE } }, "around"],
    [method.editMessage, { room, messageId: NOWHERE, text: "x" }, "message_id"],
    [method.editMessage, { room, messageId: "", text: "x" }, "message_id"],
    [method.deleteMessage, { room, messageId: "a\0b" }, "message_id"],
    [Messaging.method.sendMessage, { room, text: "x", replyTo: NOWHERE }, "reply_to"],
  ];
  for (const [one, init, field] of wrong) {
    expect([one.name, await ann.call(one, init)]).toMatchObject([
      one.name,
      { code: INVALID_ARGUMENT, field },
    ]);
  }
  const said = await ann.ask(Messaging.method.sendMessage, { room, text: "short" });
  const long = { room, messageId: said.messageId ?? "", text: "x".repeat(1_048_576) };
  expect(await ann.call(method.editMessage, long)).toMatchObject({ code: INVALID_ARGUMENT, field: "text" });
  // A number that no room ever has is no fault: the reader is behind all, or before all.
  for (const seq of [-(2n ** 63n), 2n ** 63n - 1n]) {
    await ann.ask(method.markRead, { room, seq });
    await ann.ask(method.history, { room, place: { case: "afterSeq", value: seq } });
    await ann.ask(method.history, { room, place: { case: "beforeSeq", value: seq } });
  }
});

test("messages of an account are limited by the minute, and the refusal says when to come back", async () => {
  await using stage = await openRoomsStage({ roomMessagesPerMinute: 2 });
  const [ann, bob] = [await stage.as("ann"), await stage.as("bob")];
  for (const text of ["1", "2"]) await ann.ask(Messaging.method.sendMessage, { text });
  const refused = await ann.call(Messaging.method.sendMessage, { text: "3" });
  expect(refused).toMatchObject({ code: RESOURCE_EXHAUSTED, reason: "RATE_LIMITED", messages: [] });
  expect(Number(refused.metadata.get("retry-after-ms")[0])).toBeGreaterThan(0);
  await bob.ask(Messaging.method.sendMessage, { text: "4" });
});
