import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { COMMON_ROOM } from "#server/domain/rooms/ports.ts";
import { accountOf } from "#server/testing/account-of.ts";
import { databases, type DatabaseStore } from "#server/testing/databases.ts";
import { sized } from "#tests/testing/test-size.ts";

const MOST = 5_000;
const none = { code: "ROOM_NOT_FOUND" };

async function openWith(database: (typeof databases)[number], ...ids: readonly string[]) {
  const temporary = await database.open();
  for (const id of ids)
    await temporary.store.auth.accounts.create(accountOf({ id, login: id.toUpperCase() }));
  return temporary;
}

function say({ store }: DatabaseStore, authorId: string, text: string, over: object = {}) {
  const rest = { roomId: "r", clientMessageId: undefined, replyTo: undefined };
  return store.rooms.append({ id: `${authorId} ${text}`, authorId, text, ...rest, ...over });
}

/** As a client does: again while all connections to the database are taken, which others of the storm may hold long. */
async function untilDone(
  work: () => Promise<unknown>,
  done: Readonly<Record<string, true>> = {},
): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      const { code } = PipitError.from(error);
      if (done[code] === true) return;
      if (code !== "DATABASE_UNREACHABLE") throw error;
    }
  }
}

/** What stands in the room: who, and what happened. */
async function told({ store }: DatabaseStore): Promise<readonly string[]> {
  const entries = await store.rooms.after("r", 0, 1_000);
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, at) => at + 1));
  return entries.map(({ author, kind, text }) => `${author} ${kind === "message" ? text : kind}`);
}

describe.each(databases)("members of rooms on $name", (database) => {
  test("a room is its members': by invitation, until they leave or are removed; nobody left, it is wiped", async () => {
    await using temporary = await openWith(database, "ann", "bob", "cleo");
    const { rooms, auth } = temporary.store;
    const { roomMembers: members } = auth;
    await members.create({ id: "r", name: "Birds", ownerId: "ann" });
    await members.create({ id: "r", name: "Another", ownerId: "ann" });
    await say(temporary, "ann", "first");
    await expect(members.invite("bob", "r", "bob", MOST)).rejects.toMatchObject(none);
    await expect(members.join("bob", "r")).rejects.toMatchObject(none);
    expect(await members.invite("ann", "r", "bob", MOST)).toMatchObject({ login: "BOB", state: "invited" });
    await expect(members.invite("ann", "r", "cleo", 2)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    // Invited, one sees the name, and nothing that was said.
    expect(await members.find("bob", "r")).toMatchObject({
      name: "Birds",
      state: "invited",
      invitedBy: "ANN",
      lastMessage: undefined,
      lastSeq: 0,
    });
    for (const shut of [
      () => say(temporary, "bob", "hi"),
      () => rooms.position("bob", "r", undefined),
      () => rooms.history("bob", "r", { at: "end" }, 10),
      () => members.members("bob", "r", undefined, 10),
      () => members.invite("bob", "r", "cleo", MOST),
      () => members.remove("bob", "r", "ann"),
      () => members.markRead("bob", "r", 1),
    ]) {
      await expect(shut()).rejects.toMatchObject(none);
    }
    await members.join("bob", "r");
    await members.join("bob", "r");
    // What was said before is no news, and can be read.
    expect(await members.find("bob", "r")).toMatchObject({ state: "member", unread: 0, readSeq: 3 });
    await members.invite("bob", "r", "cleo", MOST);
    await expect(members.remove("bob", "r", "ann")).rejects.toMatchObject({ code: "NOT_ALLOWED" });
    await members.remove("ann", "r", "cleo");
    await expect(members.find("cleo", "r")).rejects.toMatchObject(none);
    expect((await members.members("bob", "r", undefined, 10)).map(({ login }) => login)).toEqual([
      "ANN",
      "BOB",
    ]);
    await members.leave("ann", "r");
    await expect(say(temporary, "ann", "still here?")).rejects.toMatchObject(none);
    expect(await members.find("bob", "r")).toMatchObject({ state: "owner" });
    expect(await told(temporary)).toEqual(["ANN joined", "ANN first", "BOB joined", "ANN left"]);
    await members.leave("bob", "r");
    await expect(members.find("bob", "r")).rejects.toMatchObject(none);
    // Once each, for whom it concerns; what was asked for twice or refused was no change.
    const noted = async (userId: string) =>
      (await temporary.store.sync.after(userId, 0, 100)).map(({ kind, roomId }) => `${kind} ${roomId}`);
    expect(await noted("ann")).toEqual(["room.joined r", "room.left r"]);
    expect(await noted("bob")).toEqual(["room.invited r", "room.joined r", "room.left r"]);
    expect(await noted("cleo")).toEqual(["room.invited r", "room.left r"]);
    await temporary.store.purgeDeleted(new AbortController().signal);
    expect(await temporary.query("select id from rooms")).toEqual([{ id: COMMON_ROOM }]);
    expect(await temporary.query("select count(*) as rows from room_messages")).toEqual([
      { rows: expect.toSatisfy((rows) => Number(rows) === 0) },
    ]);
  });

  test("[14] a storm of joins while people talk and leave: every number once, nobody's word after they left", async () => {
    const count = sized(24, 400);
    const guests = Array.from({ length: count }, (_, at) => `guest${at}`);
    await using temporary = await openWith(database, "ann", ...guests);
    const { roomMembers: members } = temporary.store.auth;
    await members.create({ id: "r", name: "Storm", ownerId: "ann" });
    for (const guest of guests) await members.invite("ann", "r", guest, MOST);
    await Promise.all(
      guests.map(async (guest, at) => {
        const join = () => untilDone(() => members.join(guest, "r"));
        const talk = (who: string, text: string) =>
          untilDone(() => say(temporary, who, text, { clientMessageId: `${who} ${text}` }));
        await Promise.all([join(), join(), talk("ann", `${at}`)]);
        const gone = { ROOM_NOT_FOUND: true } as const;
        await Promise.all([
          talk(guest, "bye").catch((error: unknown) => expect(error).toMatchObject(none)),
          untilDone(() => members.leave(guest, "r"), gone),
        ]);
      }),
    );
    const lines = await told(temporary);
    for (const guest of guests) {
      const own = lines
        .filter((line) => line.startsWith(`${guest.toUpperCase()} `))
        .map((line) => line.split(" ")[1]);
      expect([own[0], own.at(-1), own.filter((one) => one === "joined").length]).toEqual([
        "joined",
        "left",
        1,
      ]);
    }
    expect(lines.filter((line) => /^ANN \d+$/.test(line))).toHaveLength(count);
    expect(await members.members("ann", "r", undefined, 10)).toHaveLength(1);
  });

  test("lists turn pages, count what is unread, and marks never go back", async () => {
    await using temporary = await openWith(database, "ann", "bob");
    const { store, clock } = temporary;
    const { rooms } = store;
    const { roomMembers: members } = store.auth;
    const many = sized(12, 10_000);
    for (let at = 0; at < many; at++) {
      clock.advance(1);
      await members.create({ id: `r${at}`, name: `Room ${at}`, ownerId: "ann" });
    }
    clock.advance(1);
    await say(temporary, "bob", "to all", { roomId: COMMON_ROOM });
    const names: string[] = [];
    for (let after: { atMs: number; id: string } | undefined; ;) {
      const page = await members.list("ann", after, 5);
      names.push(...page.map(({ id }) => id));
      const last = page.at(-1);
      if (last === undefined) break;
      after = { atMs: last.updatedAtMs, id: last.id };
    }
    expect(names).toEqual([COMMON_ROOM, ...Array.from({ length: many }, (_, at) => `r${many - 1 - at}`)]);
    expect(await members.find("ann", COMMON_ROOM)).toMatchObject({
      unread: 1,
      lastMessage: { text: "to all" },
    });
    // What was said before an account was made is no news to it.
    clock.advance(1);
    await store.auth.accounts.create(accountOf({ id: "new", login: "new", createdAtMs: clock.nowMs() }));
    expect(await members.find("new", COMMON_ROOM)).toMatchObject({ unread: 0, readSeq: 0 });
    const ids: string[] = [];
    for (let at = 0; at < 120; at++)
      ids.push((await say(temporary, "bob", `${at}`, { roomId: COMMON_ROOM })).id);
    expect(await members.find("new", COMMON_ROOM)).toMatchObject({ unread: 100 });
    await rooms.change("bob", COMMON_ROOM, ids[119] ?? "", undefined);
    expect(await members.markRead("ann", COMMON_ROOM, 111)).toMatchObject({ readSeq: 111, unread: 9 });
    expect(await members.markRead("ann", COMMON_ROOM, 3)).toMatchObject({ readSeq: 111, unread: 9 });
    expect(await members.markRead("ann", COMMON_ROOM, -1)).toMatchObject({ readSeq: 111 });
    expect(await members.markRead("ann", COMMON_ROOM, 2 ** 60)).toMatchObject({ readSeq: 122, unread: 0 });
    expect(await members.find("bob", COMMON_ROOM)).toMatchObject({ unread: 0 });
  });

  test("a message is noted for the members whom it names, and for no other; who watches has the rooms they are in", async () => {
    await using temporary = await openWith(database, "ann", "bob", "cleo", "eve");
    const { rooms, auth, sync } = temporary.store;
    await auth.roomMembers.create({ id: "r", name: "Birds", ownerId: "ann" });
    for (const guest of ["bob", "cleo"]) await auth.roomMembers.invite("ann", "r", guest, MOST);
    await auth.roomMembers.join("bob", "r");
    const before = await sync.end("bob");
    const named = { clientMessageId: "01a22000-0000-7000-8000-00000000000b" };
    await say(temporary, "ann", "@BOB and @bob, @cleo, @eve, @nobody, and I, @ann: hello", named);
    await say(temporary, "ann", "again", named);
    await say(temporary, "bob", "Is @eve here?", { roomId: COMMON_ROOM });
    const noted = async (userId: string) =>
      (await sync.after(userId, 0, 100)).filter(({ kind }) => kind === "room.mention");
    expect(await sync.after("bob", before.seq, 10)).toMatchObject([
      { kind: "room.mention", roomId: "r", roomSeq: 3 },
    ]);
    expect(await noted("eve")).toMatchObject([{ roomId: COMMON_ROOM, roomSeq: 1 }]);
    expect([await noted("ann"), await noted("cleo")]).toEqual([[], []]);
    expect(new Set(await rooms.watched("bob", 10))).toEqual(
      new Set([
        { id: "r", lastSeq: 3 },
        { id: COMMON_ROOM, lastSeq: 1 },
      ]),
    );
    expect(await rooms.watched("cleo", 10)).toEqual([{ id: COMMON_ROOM, lastSeq: 1 }]);
    expect(await rooms.watched("bob", 1)).toHaveLength(1);
    expect(await rooms.lastSeqs(["r", "none"])).toEqual(new Map([["r", 3]]));
  });

  test("an account that is closed leaves its rooms, and its messages say so", async () => {
    await using temporary = await openWith(database, "ann", "bob");
    const { store } = temporary;
    await store.auth.roomMembers.create({ id: "r", name: "Birds", ownerId: "ann" });
    await store.auth.roomMembers.invite("ann", "r", "bob", MOST);
    await store.auth.roomMembers.join("bob", "r");
    await say(temporary, "ann", "hello");
    await store.auth.transaction(async (tx) => {
      await tx.accounts.update("ann", { active: false }, temporary.clock.nowMs());
      await tx.roomMembers.removeAll("ann");
    });
    expect(await told(temporary)).toEqual(["ANN joined", "BOB joined", "ANN hello", "ANN left"]);
    expect(await store.auth.roomMembers.find("bob", "r")).toMatchObject({
      state: "owner",
      lastMessage: { author: "ANN", authorClosed: true, text: "hello" },
    });
  });
});
