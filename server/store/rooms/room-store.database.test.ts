import { describe, expect, test } from "vitest";
import { COMMON_ROOM, type HistoryPlace, type NewRoomMessage } from "#server/domain/rooms/ports.ts";
import { accountOf } from "#server/testing/account-of.ts";
import { databases } from "#server/testing/databases.ts";

const said = (id: string, over: Partial<NewRoomMessage> = {}): NewRoomMessage => ({
  id,
  roomId: COMMON_ROOM,
  authorId: "ann",
  text: `text of ${id}`,
  clientMessageId: undefined,
  replyTo: undefined,
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

  test("a picture goes with its message, and is wiped with it", async () => {
    await using temporary = await database.open();
    const { rooms } = temporary.store;
    const picture = { width: 4, height: 3, jpeg: Buffer.from("a picture of a siskin") };
    const sent = await rooms.append(said("m", { text: "", picture }));
    expect(sent.picture).toEqual({ width: 4, height: 3, bytes: picture.jpeg.byteLength });
    const [read] = await rooms.after(COMMON_ROOM, 0, 1);
    expect(read).toEqual(sent);
    expect(await rooms.picture("bob", COMMON_ROOM, "m")).toEqual(picture);
    expect(await rooms.ownPicture("ann", "m")).toEqual(picture);
    expect(await rooms.ownPicture("bob", "m")).toBeUndefined();
    expect(await rooms.change("ann", COMMON_ROOM, "m", "seen")).toMatchObject({ picture: sent.picture });
    expect((await rooms.change("ann", COMMON_ROOM, "m", undefined)).picture).toBeUndefined();
    expect(await rooms.picture("bob", COMMON_ROOM, "m")).toBeUndefined();
    expect(await temporary.query("select * from room_pictures")).toEqual([]);
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

  test("its author changes a message, once for all; others see what it reads now, and that it was changed", async () => {
    await using temporary = await database.open();
    const { rooms } = temporary.store;
    const asked = await rooms.append(said("q", { clientMessageId: "c1" }));
    const answer = await rooms.append(said("a", { authorId: "bob", replyTo: "q" }));
    expect(answer).toMatchObject({ replyTo: "q", seq: 2 });
    const edited = await rooms.change("ann", COMMON_ROOM, "q", "better");
    expect(edited).toMatchObject({ id: "q", seq: 1, text: "better", editedAtMs: expect.any(Number) });
    expect(await rooms.change("ann", COMMON_ROOM, "q", "better")).toEqual(edited);
    expect(await rooms.after(COMMON_ROOM, 2, 10)).toEqual([
      { ...edited, id: expect.any(String), seq: 3, kind: "changed", changes: "q" },
    ]);
    const deleted = await rooms.change("ann", COMMON_ROOM, "q", undefined);
    expect(deleted).toMatchObject({ id: "q", text: "", deletedAtMs: expect.any(Number) });
    expect(await rooms.change("ann", COMMON_ROOM, "q", undefined)).toEqual(deleted);
    expect(await temporary.query("select id from room_messages where text like '%better%'")).toEqual([]);
    // Sent again by a client that never heard of it, it stays deleted.
    expect(await rooms.append(said("again", { clientMessageId: "c1", text: asked.text }))).toEqual(deleted);
    const entries = await rooms.after(COMMON_ROOM, 0, 10);
    expect(entries.map(({ seq, kind, text }) => [seq, kind, text])).toEqual([
      [1, "message", ""],
      [2, "message", "text of a"],
      [3, "changed", ""],
      [4, "changed", ""],
    ]);
    const wrong = { code: "INVALID_REQUEST", field: "message_id" };
    await expect(rooms.change("ann", COMMON_ROOM, "q", "back")).rejects.toMatchObject(wrong);
    for (const id of ["nowhere", entries[2]?.id ?? ""]) {
      await expect(rooms.change("ann", COMMON_ROOM, id, "x")).rejects.toMatchObject(wrong);
      const reply = rooms.append(said("r", { replyTo: id }));
      await expect(reply).rejects.toMatchObject({ code: "INVALID_REQUEST", field: "reply_to" });
    }
    await expect(rooms.change("ann", COMMON_ROOM, "a", "x")).rejects.toMatchObject({ code: "NOT_ALLOWED" });
    await temporary.query("insert into rooms (id, name, created_at_ms) values ('r', 'Birds', 1)");
    await expect(rooms.change("ann", "r", "q", "x")).rejects.toMatchObject({ code: "ROOM_NOT_FOUND" });
    // Nothing of what was refused has taken a number.
    expect(await rooms.position("ann", COMMON_ROOM, undefined)).toMatchObject({ lastSeq: 4 });
  });

  test("history turns pages both ways over what is no message, and around one", async () => {
    await using temporary = await database.open();
    const { rooms } = temporary.store;
    for (let at = 1; at <= 10; at++) await rooms.append(said(`m${at}`));
    for (let at = 1; at <= 5; at++) await rooms.change("ann", COMMON_ROOM, "m5", `${at}`);
    for (let at = 11; at <= 20; at++) await rooms.append(said(`m${at}`));
    const page = async (place: HistoryPlace, limit = 4) => {
      const { messages, older, newer } = await rooms.history("ann", COMMON_ROOM, place, limit);
      return [messages.map(({ id }) => id).join(" "), older, newer];
    };
    expect(await page({ at: "end" })).toEqual(["m17 m18 m19 m20", true, false]);
    expect(await page({ at: "before", seq: 17 })).toEqual(["m8 m9 m10 m11", true, true]);
    expect(await page({ at: "before", seq: 3 })).toEqual(["m1 m2", false, true]);
    expect(await page({ at: "after", seq: 9 })).toEqual(["m10 m11 m12 m13", true, true]);
    expect(await page({ at: "after", seq: 23 })).toEqual(["m19 m20", true, false]);
    expect(await page({ at: "after", seq: 2 ** 53 })).toEqual(["", true, false]);
    expect(await page({ at: "around", id: "m11" }, 5)).toEqual(["m9 m10 m11 m12 m13", true, true]);
    await expect(page({ at: "around", id: "nowhere" })).rejects.toMatchObject({ field: "around" });
  });

  test("the messages of an account are read in pages", async () => {
    await using temporary = await database.open();
    const { rooms } = temporary.store;
    for (let at = 1; at <= 5; at++)
      await rooms.append(said(`m${at}`, { authorId: at === 3 ? "bob" : "ann" }));
    const first = await rooms.ofAuthor("ann", undefined, 3);
    expect(first.map(({ id }) => id)).toEqual(["m1", "m2", "m4"]);
    expect((await rooms.ofAuthor("ann", first.at(-1), 3)).map(({ id }) => id)).toEqual(["m5"]);
  });
});
