import { expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import { waitFor } from "#engine/abort.ts";
import { createFakeClock, settle } from "#engine/testing/fake-clock.ts";
import { RoomSession, type RoomNews, type RoomSessionDeps } from "./room-session.ts";
import type { RoomMessage } from "#contract/rooms/rooms.ts";

const unreachable = new PipitError("SERVER_UNREACHABLE", "Away.");
const notFound = new PipitError("ROOM_NOT_FOUND", "There is no such room.");

/** A room of a server that does what a real one does under load only, and a person in it. */
function openRoom(begin: readonly string[], refusal?: PipitError) {
  const clock = createFakeClock();
  const stop = new AbortController();
  const log: RoomMessage[] = [];
  const stored = new Map<string, number>();
  /** What the next calls answer in place of what they should. */
  const faults = {
    page: refusal === undefined ? [] : [refusal],
    follow: [] as PipitError[],
    send: [] as PipitError[],
    /** Stored, and never told. */
    answer: [] as PipitError[],
    mark: [] as PipitError[],
  };
  const asked = { resumes: [] as string[], sends: [] as string[], marks: [] as number[] };
  let changed = Promise.withResolvers<PipitError | undefined>();
  /** A stream sends what it has sent already. */
  let doubles = false;
  const say = (text: string, more: Partial<RoomMessage> = {}): RoomMessage => {
    const seq = log.length + 1;
    const plain = { author: "zoe", sentAtMs: 0, deleted: false, edited: false, kind: "message" as const };
    const line = { id: `m${seq}`, seq, text, ...plain, ...more };
    log.push(line);
    changed.resolve(undefined);
    changed = Promise.withResolvers();
    return line;
  };
  const fail = (from: PipitError[]): void => {
    const error = from.shift();
    if (error !== undefined) throw error;
  };
  const rooms: RoomSessionDeps["rooms"] = {
    async page(_room, limit) {
      fail(faults.page);
      return { messages: log.slice(-limit), older: log.length > limit };
    },
    async *follow(_room, resumeAfter, signal) {
      asked.resumes.push(resumeAfter);
      fail(faults.follow);
      for (let at = log.findIndex(({ id }) => id === resumeAfter) + 1; ; at += 1) {
        while (log[at] === undefined) {
          const error = await waitFor(changed.promise, signal);
          if (error !== undefined) throw error;
        }
        const line = log[at];
        if (line === undefined) return;
        yield line;
        if (doubles) yield line;
      }
    },
    async send(_room, text, id) {
      asked.sends.push(`${text} ${id}`);
      fail(faults.send);
      const seq = stored.get(id) ?? say(text, { author: "me" }).seq;
      stored.set(id, seq);
      fail(faults.answer);
      return seq;
    },
    async markRead(_room, seq) {
      asked.marks.push(seq);
      fail(faults.mark);
    },
  };
  begin.forEach((text) => say(text));
  const told: RoomNews[] = [];
  let ids = 0;
  const deps = { rooms, clock, random: () => 0, outbox: { picture: async () => undefined } };
  const session = new RoomSession(deps, "r", (news) => told.push(news), stop.signal);
  const over = session.run().then(undefined, (reason: unknown) => PipitError.from(reason).code);
  return {
    clock,
    faults,
    asked,
    session,
    write: (text: string) => session.send({ id: `id${(ids += 1)}`, text }),
    say,
    over,
    /** The stream ends. */
    async cut(error: PipitError): Promise<void> {
      changed.resolve(error);
      changed = Promise.withResolvers();
      await settle();
    },
    repeat: () => (doubles = true),
    async pass(ms: number): Promise<void> {
      await settle();
      clock.advance(ms);
      await settle();
    },
    /** What was told, shortly. */
    shown: () =>
      told.flatMap((news) => {
        if (news.kind === "stored" || (news.kind === "waiting" && news.failures > 1)) return [];
        if (news.kind === "line") return news.line.text;
        if (news.kind === "history") return news.messages.map(({ text }) => text).join(" ");
        if (news.kind === "reconnected") return `(${news.messages} more)`;
        return `(${news.kind} ${news.error.code})`;
      }),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await over;
    },
  };
}

test("a reader that was too slow goes on after its last message: nothing is missed, doubled, or counted that is no message", async () => {
  await using room = openRoom(["one", "two"]);
  await settle();
  room.say("three");
  await settle();
  await room.cut(new PipitError("READER_TOO_SLOW", "Too slow."));
  room.say("four");
  room.say("zoe joined", { kind: "joined" });
  room.say("three, edited", { kind: "changed", edited: true });
  room.say("five");
  room.repeat();
  room.faults.follow.push(unreachable);
  await room.pass(2_000);
  await room.pass(4_000);
  expect(room.asked.resumes).toEqual(["m2", "m3", "m3"]);
  const missed = ["four", "zoe joined", "three, edited", "five"];
  const cut = ["(cut READER_TOO_SLOW)", "(cut SERVER_UNREACHABLE)"];
  expect(room.shown()).toEqual(["one two", "three", ...cut, ...missed, "(2 more)"]);
  room.say("six");
  await settle();
  expect(room.shown().at(-1)).toBe("six");
});

test("a send waits as long as a limit asks, keeps its order, and one whose answer is lost is sent again as the same", async () => {
  await using room = openRoom(["one"]);
  await settle();
  room.faults.send.push(
    new PipitError("RATE_LIMITED", "Too many.", { retryAfterMs: 30_000 }),
    new PipitError("RATE_LIMITED", "Too many.", { retryAfterMs: 30_000 }),
  );
  room.write("a");
  room.write("b");
  await settle();
  expect(room.shown()).toEqual(["one", "(waiting RATE_LIMITED)"]);
  await room.pass(29_000);
  expect(room.asked.sends).toEqual(["a id1"]);
  await room.pass(11_000);
  room.faults.answer.push(unreachable);
  await room.pass(40_000);
  expect(room.session.pending).toBe(2);
  await room.pass(40_000);
  await room.session.delivered();
  expect(room.asked.sends).toEqual(["a id1", "a id1", "a id1", "a id1", "b id2"]);
  expect(room.shown()).toEqual(["one", "(waiting RATE_LIMITED)", "a", "b"]);
});

test("a message that is refused lets the next one go", async () => {
  await using room = openRoom(["one"]);
  await settle();
  room.faults.send.push(new PipitError("INVALID_REQUEST", "Too long.", { field: "text" }));
  room.write("long");
  room.write("short");
  await settle();
  await room.session.delivered();
  expect(room.shown()).toEqual(["one", "(refused INVALID_REQUEST)", "short"]);
});

test("whoever is removed, whose room is deleted, or whose server knows no rooms is told so, and nothing is tried again", async () => {
  {
    await using removed = openRoom(["one"]);
    await settle();
    removed.say("me left", { kind: "left" });
    await settle();
    removed.faults.send.push(notFound);
    removed.write("too late");
    await removed.cut(notFound);
    expect(await removed.over).toBe("ROOM_NOT_FOUND");
    expect(removed.shown()).toEqual(["one", "me left", "(refused ROOM_NOT_FOUND)"]);
  }
  {
    await using deleted = openRoom(["one"]);
    await settle();
    deleted.faults.send.push(unreachable);
    deleted.write("never");
    await deleted.cut(unreachable);
    deleted.faults.page.push(notFound);
    await deleted.pass(2_000);
    expect(await deleted.over).toBe("ROOM_NOT_FOUND");
    await expect(deleted.session.delivered()).rejects.toMatchObject({ code: "ROOM_NOT_FOUND" });
  }
  await using old = openRoom([], new PipitError("CONFIG_INVALID", "Unknown to this server."));
  expect(await old.over).toBe("CONFIG_INVALID");
  expect(old.shown()).toEqual([]);
  expect(old.clock.sleeping()).toEqual([]);
});

test("what is seen is read: told at once, then for all that comes within two seconds, again when it was not heard, and before leaving", async () => {
  await using room = openRoom(["one", "two"]);
  await settle();
  room.session.markRead();
  for (const text of ["three", "four", "five"]) {
    room.say(text);
    await settle();
    room.session.markRead();
  }
  expect(room.asked.marks).toEqual([2]);
  room.faults.mark.push(unreachable);
  await room.pass(2_000);
  expect(room.asked.marks).toEqual([2, 5]);
  await room.pass(2_000);
  expect(room.asked.marks).toEqual([2, 5, 5]);
  room.say("six");
  await settle();
  room.session.markRead();
  room.say("not seen");
  const { signal } = new AbortController();
  await room.session.flushRead(signal);
  await room.session.flushRead(signal);
  expect(room.asked.marks).toEqual([2, 5, 5, 6]);
  await room.pass(60_000);
  expect(room.asked.marks).toEqual([2, 5, 5, 6]);
});
