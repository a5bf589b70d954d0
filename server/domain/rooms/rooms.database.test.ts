import { describe, expect, test } from "vitest";
import { createMemoryBus } from "#server/bus/memory-bus.ts";
import { databases, type DatabaseStore } from "#server/testing/databases.ts";
import { COMMON_ROOM, type RoomMessage, type RoomStore } from "./ports.ts";
import { KEPT_MESSAGES } from "./room-feed.ts";
import { Rooms } from "./rooms.ts";

const never = new AbortController().signal;
const reader = { userId: "ann", roomId: undefined, resumeAfter: undefined };

/** Rooms on the test's database, in a process that hears nothing of others. */
function stageOn({ store, logger }: DatabaseStore, over: Partial<RoomStore> = {}) {
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
    logger,
  });
  return {
    rooms,
    /** A reader that has its place: what is said after this, it gets. */
    async open(resumeAfter?: string) {
      const placed = Promise.withResolvers<void>();
      onPlaced = placed.resolve;
      const stream = rooms.follow({ ...reader, resumeAfter }, never);
      let next: Promise<IteratorResult<RoomMessage, never>> | undefined = stream.next();
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

function say(rooms: Rooms, text: string): Promise<RoomMessage> {
  return rooms.send({ userId: "bob", roomId: undefined, text, clientMessageId: undefined });
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
    const reading = await stageOn(temporary).open();
    await fill(temporary, 1, 3);
    expect(await reading.take(3)).toEqual([1, 2, 3]);
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
    const again = await open("f2");
    expect(await again.take(KEPT_MESSAGES + 1)).toEqual(numbers(3, KEPT_MESSAGES + 3));
    await Promise.all([quick.close(), again.close()]);
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
});
