import { describe, expect, test } from "vitest";
import { COMMON_ROOM, type NewRoomMessage } from "#server/domain/rooms/ports.ts";
import { accountOf } from "#server/testing/account-of.ts";
import { databases } from "#server/testing/databases.ts";

const said = (id: string, over: Partial<NewRoomMessage> = {}): NewRoomMessage => ({
  id,
  roomId: COMMON_ROOM,
  authorId: "ann",
  text: `text of ${id}`,
  clientMessageId: undefined,
  ...over,
});

describe.each(databases)("rooms on $name", (database) => {
  test("[14] each message has the next number of its room, whoever sends and from which server", async () => {
    await using temporary = await database.open();
    const { store, clock } = temporary;
    await store.auth.accounts.create(accountOf({ id: "ann", login: "Ann" }));
    // SQLite has one server.
    const other = database.name === "SQLite" ? store : await temporary.openSecond();
    const ids = Array.from({ length: 40 }, (_, at) => `m${at}`);
    const sent = await Promise.all(
      ids.map((id, at) => (at % 2 === 0 ? store : other).rooms.append(said(id))),
    );
    expect(sent.map(({ seq }) => seq).toSorted((a, b) => a - b)).toEqual(ids.map((_, at) => at + 1));
    const bySeq = sent.toSorted((a, b) => a.seq - b.seq);
    expect(await other.rooms.after(COMMON_ROOM, 0, 100)).toEqual(bySeq);
    expect(await store.rooms.after(COMMON_ROOM, 37, 2)).toEqual(bySeq.slice(37, 39));
    expect(bySeq[0]).toMatchObject({ author: "Ann", roomId: COMMON_ROOM, sentAtMs: clock.nowMs() });
    const third = bySeq[2]?.id;
    expect(await store.rooms.position("ann", COMMON_ROOM, third)).toEqual({ lastSeq: 40, seq: 3 });
    expect(await store.rooms.position("ann", COMMON_ROOM, undefined)).toEqual({
      lastSeq: 40,
      seq: undefined,
    });
  });

  test("a message that is sent again, eight times at once or later, is one message and takes one number", async () => {
    await using temporary = await database.open();
    const { rooms } = temporary.store;
    const again = { clientMessageId: "c1", text: "once" };
    const ids = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const sent = await Promise.all(ids.map((id) => rooms.append(said(id, again))));
    expect(new Set(sent.map(({ id }) => id)).size).toBe(1);
    expect(await rooms.append(said("later", again))).toEqual(sent[0]);
    expect(await rooms.append(said("next"))).toMatchObject({ seq: 2 });
    // Another's id is no id of ours.
    expect(await rooms.append(said("bob's", { ...again, authorId: "bob" }))).toMatchObject({ seq: 3 });
  });

  test("a room is for its members: to others it is as if it were not there", async () => {
    await using temporary = await database.open();
    const { rooms } = temporary.store;
    await temporary.query("insert into rooms (id, name, created_at_ms) values ('r', 'Birds', 1)");
    await temporary.query("insert into room_members (room_id, user_id, joined_at_ms) values ('r', 'ann', 1)");
    const none = { code: "ROOM_NOT_FOUND", field: "room" };
    for (const roomId of ["r", "nowhere"]) {
      await expect(rooms.append(said("x", { roomId, authorId: "bob" }))).rejects.toMatchObject(none);
      await expect(rooms.position("bob", roomId, undefined)).rejects.toMatchObject(none);
    }
    expect(await rooms.append(said("m1", { clientMessageId: "c1" }))).toMatchObject({ seq: 1 });
    expect(await rooms.append(said("m2", { roomId: "r" }))).toMatchObject({ seq: 1, roomId: "r" });
    // A message of another room is no place in this one, nor is it the same message.
    expect(await rooms.position("ann", "r", "m1")).toEqual({ lastSeq: 1, seq: undefined });
    const elsewhere = rooms.append(said("m3", { roomId: "r", clientMessageId: "c1" }));
    await expect(elsewhere).rejects.toMatchObject({ code: "INVALID_REQUEST", field: "client_message_id" });
  });
});
