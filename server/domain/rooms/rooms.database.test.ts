import { describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { createMemoryBus } from "#server/bus/memory-bus.ts";
import { createAttemptLimits } from "#server/domain/limits/attempt-limits.ts";
import { accountOf } from "#server/testing/account-of.ts";
import { databases, sqlite, type DatabaseStore } from "#server/testing/databases.ts";
import { limitMs } from "#tests/testing/test-size.ts";
import { COMMON_ROOM, type RoomEntry, type RoomStore } from "./ports.ts";
import { KEPT_MESSAGES } from "./room-feed.ts";
import { Rooms } from "./rooms.ts";

const never = new AbortController().signal;
const reader = { userId: "ann", roomId: undefined, resumeAfter: undefined, events: false };

/** Rooms on the test's database, in a process that hears nothing of others. */
function stageOn(
  { store, logger, clock }: DatabaseStore,
  over: Partial<RoomStore> = {},
  messagesPerMinute = 1_000,
) {
  const counting = createAttemptLimits({ counters: store.counters, clock });
  const limits = {
    unreachable: false,
    take: async (...args: Parameters<typeof counting.take>) => {
      if (limits.unreachable) throw new PipitError("LIMITS_UNREACHABLE", "gone");
      return counting.take(...args);
    },
  };
  let onPlaced: (() => void) | undefined;
  const rooms = new Rooms({
    rooms: {
      ...store.rooms,
      ...over,
      async position(...args) {
        const position = await store.rooms.position(...args);
        onPlaced?.();
        return position;
      },
    },
    bus: createMemoryBus(),
    limits,
    messagesPerMinute,
    clock,
    logger,
  });
  return {
    rooms,
    limits,
    /** A reader that has its place: what is said after this, it gets. */
    async open(resumeAfter?: string) {
      const placed = Promise.withResolvers<void>();
      onPlaced = placed.resolve;
      const stream = rooms.follow({ ...reader, resumeAfter }, never);
      let next: Promise<IteratorResult<RoomEntry, never>> | undefined = stream.next();
      await placed.promise;
      return {
        /** The numbers of so many messages. */
        async take(count: number): Promise<readonly number[]> {
          const seqs: number[] = [];
          while (seqs.length < count) {
            const { value } = await (next ?? stream.next());
            next = undefined;
            seqs.push(value.seq);
          }
          return seqs;
        },
        close: () => stream.return(undefined as never),
      };
    },
  };
}

function say(rooms: Rooms, text: string): Promise<RoomEntry> {
  return rooms.send({
    userId: "bob",
    roomId: undefined,
    text,
    clientMessageId: undefined,
    replyTo: undefined,
  });
}

/** Messages f1, f2 ... as a server would have stored them, which none of this process was told of. */
async function fill({ query }: DatabaseStore, from: number, to: number): Promise<void> {
  await query(`with recursive n (i) as (select ${from} union all select i + 1 from n where i < ${to})
    insert into room_messages (id, room_id, seq, author_id, text, sent_at_ms)
    select 'f' || i, '${COMMON_ROOM}', i, 'bob', 'text', 1 from n`);
  await query(`update rooms set last_seq = ${to} where id = '${COMMON_ROOM}'`);
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

describe.each(databases)("rooms on $name", (database) => {
  test("[14] a reader that comes back has each message once, in order, while others go on talking", async () => {
    await using temporary = await database.open();
    const { rooms, open } = stageOn(temporary);
    await fill(temporary, 1, 1_200);
    const reading = await open("f150");
    expect(await reading.take(1)).toEqual([151]);
    // Between its pages, at its last one, and when it is live.
    const [seqs] = await Promise.all([
      reading.take(1_069),
      ...numbers(1, 20).map((at) => say(rooms, `during ${at}`)),
    ]);
    expect(seqs).toEqual(numbers(152, 1_220));
    const next = reading.take(1);
    await say(rooms, "after");
    expect(await next).toEqual([1_221]);
    await reading.close();
  });

  test("[14] what another server stored is delivered although the bus says nothing of it", async () => {
    await using temporary = await database.open();
    const { lastSeqs, after } = temporary.store.rooms;
    let looks = 0;
    let reads = 0;
    const reading = await stageOn(temporary, {
      lastSeqs: async (ids) => ((looks += 1), await lastSeqs(ids)),
      after: async (...args) => ((reads += 1), await after(...args)),
    }).open();
    await fill(temporary, 1, 3);
    expect(await reading.take(3)).toEqual([1, 2, 3]);
    // In silence no room is read: one question, for all rooms, tells that there is nothing.
    const [before, looked] = [reads, looks];
    await expect.poll(() => looks).toBeGreaterThan(looked + 1);
    expect(reads).toBe(before);
    await reading.close();
  });

  test("[13] a reader that lets too much wait is ended, goes on without a gap, and delays no other", async () => {
    await using temporary = await database.open();
    const { rooms, open } = stageOn(temporary);
    const [slow, quick] = [await open(), await open()];
    await say(rooms, "both are live");
    expect([await slow.take(1), await quick.take(1)]).toEqual([[1], [1]]);
    const half = KEPT_MESSAGES / 2 + 1;
    for (const from of [2, half + 2]) {
      await fill(temporary, from, from + half - 2);
      await say(rooms, "it wakes them");
      expect(await quick.take(half)).toEqual(numbers(from, from + half - 1));
    }
    await expect(slow.take(1)).rejects.toMatchObject({ code: "READER_TOO_SLOW", grpcStatus: 8 });
    expect(rooms.counts).toMatchObject({ readers: 1, tooSlow: 1 });
    const again = await open("f2");
    expect(await again.take(KEPT_MESSAGES + 1)).toEqual(numbers(3, KEPT_MESSAGES + 3));
    await Promise.all([quick.close(), again.close()]);
    expect(rooms.counts).toEqual({ readers: 0, delivered: 2 * KEPT_MESSAGES + 5, tooSlow: 1 });
  });

  test("a database that fails once costs readers no message", async () => {
    await using temporary = await database.open();
    const { after } = temporary.store.rooms;
    let failures = 0;
    const { rooms, open } = stageOn(temporary, {
      async after(...args) {
        if (failures-- > 0) throw new Error("the disk is gone");
        return after(...args);
      },
    });
    const reading = await open();
    await say(rooms, "it is live");
    expect(await reading.take(1)).toEqual([1]);
    failures = 1;
    await say(rooms, "not lost");
    expect(await reading.take(1)).toEqual([2]);
    expect(temporary.logger.lines.map(({ event }) => event)).toContain("rooms.unread");
    await reading.close();
  });

  test("a reader ends with its signal and with the server, and is told what it cannot read", async () => {
    await using temporary = await database.open();
    const { rooms, open } = stageOn(temporary);
    const ended = new AbortController();
    const aborted = rooms.follow(reader, ended.signal).next();
    ended.abort(new Error("signed out"));
    await expect(aborted).rejects.toThrow("signed out");
    const wrong = { code: "INVALID_REQUEST", field: "resume_after" };
    await expect(open("future").then(({ take }) => take(1))).rejects.toMatchObject(wrong);
    for (const text of ["", " \n", "x".repeat(16_385)]) {
      await expect(say(rooms, text)).rejects.toMatchObject({ code: "INVALID_REQUEST", field: "text" });
    }
    const stopped = await open();
    expect(await say(rooms, "a\0b \ud800")).toMatchObject({ text: "a\ufffdb \ufffd" });
    expect(await stopped.take(1)).toEqual([1]);
    const waiting = stopped.take(1);
    rooms.stop();
    await expect(waiting).rejects.toMatchObject({ code: "SERVER_STOPPING" });
  });

  test("who asks for events has every number; others what stands, and a change never as a new message", async () => {
    await using temporary = await database.open();
    const { rooms } = stageOn(temporary);
    const from = await say(rooms, "from here");
    const follow = async (events: boolean, count: number) => {
      const found: (readonly [number, string, string])[] = [];
      const entries = rooms.follow({ ...reader, resumeAfter: from.id, events }, never);
      for await (const { seq, kind, text } of entries) {
        found.push([seq, kind, text]);
        if (found.length === count) break;
      }
      return found;
    };
    const live = [follow(true, 6), follow(false, 2)];
    const first = await say(rooms, "first");
    const second = await say(rooms, "second");
    await rooms.edit({ userId: "bob", roomId: undefined, messageId: first.id, text: "better" });
    await rooms.remove({ userId: "bob", roomId: undefined, messageId: second.id });
    const third = await say(rooms, "third");
    await rooms.edit({ userId: "bob", roomId: undefined, messageId: third.id, text: "third, better" });
    const [all, plain] = await Promise.all(live);
    expect(all?.map(([seq]) => seq)).toEqual(numbers(2, 7));
    expect(all?.at(-1)).toEqual([7, "changed", "third, better"]);
    expect(plain?.every(([, kind]) => kind === "message")).toBe(true);
    // Whoever comes later reads what there is now.
    expect(await follow(true, 6)).toEqual([
      [2, "message", "better"],
      [3, "message", ""],
      [4, "changed", "better"],
      [5, "changed", ""],
      [6, "message", "third, better"],
      [7, "changed", "third, better"],
    ]);
    expect(await follow(false, 2)).toEqual([
      [2, "message", "better"],
      [6, "message", "third, better"],
    ]);
  });

  test("[14] who is removed at another server reads no more within a second, though nobody tells this one", async () => {
    await using temporary = await database.open();
    const { accounts, roomMembers: members } = temporary.store.auth;
    for (const id of ["ann", "bob"]) await accounts.create(accountOf({ id, login: id }));
    await members.create({ id: "r", name: "Birds", ownerId: "bob" });
    const come = async () => {
      await members.invite("bob", "r", "ann", 10);
      await members.join("ann", "r");
    };
    await come();
    const { rooms } = stageOn(temporary);
    const open = (resumeAfter: string | undefined, userId = "ann") =>
      rooms.follow({ userId, roomId: "r", resumeAfter, events: true }, never);
    const [first] = await temporary.store.rooms.after("r", 0, 1);
    const [reading, staying] = [open(first?.id), open(first?.id, "bob")];
    for (const stream of [reading, staying]) expect((await stream.next()).value).toMatchObject({ seq: 2 });
    const [waiting, left] = [reading.next(), staying.next()];
    const beganMs = performance.now();
    await members.remove("bob", "r", "ann");
    await expect(waiting).rejects.toMatchObject({ code: "ROOM_NOT_FOUND" });
    expect(performance.now() - beganMs).toBeLessThan(limitMs(20_000, 1_000));
    await expect(open(first?.id).next()).rejects.toMatchObject({ code: "ROOM_NOT_FOUND" });
    expect((await left).value).toMatchObject({ kind: "left", author: "ann", seq: 3 });
    await come();
    // Invited anew, one reads on over the place where one had left.
    const again = open(first?.id);
    const seqs: number[] = [];
    while (seqs.length < 3) seqs.push((await again.next()).value.seq);
    expect(seqs).toEqual([2, 3, 4]);
    await Promise.all([again, staying].map((stream) => stream.return(undefined as never)));
  });
});

test("what one account sends in a minute is limited, also what it changes, and not while nothing can be counted", async () => {
  await using temporary = await sqlite.open();
  const { limits, rooms } = stageOn(temporary, {}, 3);
  const first = await say(rooms, "1");
  await say(rooms, "2");
  await rooms.edit({ userId: "bob", roomId: undefined, messageId: first.id, text: "one" });
  const refused = { code: "RATE_LIMITED", grpcStatus: 8, retryAfterMs: 60_000 };
  await expect(say(rooms, "3")).rejects.toMatchObject(refused);
  await expect(rooms.remove({ userId: "bob", roomId: undefined, messageId: first.id })).rejects.toMatchObject(
    refused,
  );
  // Another's are their own.
  await rooms.send({
    userId: "ann",
    roomId: undefined,
    text: "4",
    clientMessageId: undefined,
    replyTo: undefined,
  });
  // The clock is set back: nobody waits longer than a minute for that.
  temporary.clock.advance(-3_600_000);
  await expect(say(rooms, "5")).rejects.toMatchObject(refused);
  temporary.clock.advance(60_000);
  await say(rooms, "6");
  limits.unreachable = true;
  for (const text of ["7", "8", "9", "10"]) await say(rooms, text);
  expect(await temporary.store.rooms.position("bob", COMMON_ROOM, undefined)).toMatchObject({ lastSeq: 9 });
});
