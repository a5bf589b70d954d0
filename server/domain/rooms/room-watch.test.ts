import { expect, test, vi } from "vitest";
import { createMemoryBus } from "#server/bus/memory-bus.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { ROOM_CHANNEL } from "./ports.ts";
import { RoomWatch } from "./room-watch.ts";

const until = (isSo: () => boolean) => vi.waitUntil(isSo, { timeout: 30_000 });

/** Rooms by their last numbers; everybody of `members` is in all of them. */
function openStage() {
  const stage = { rooms: new Map([["r", 1]]), fails: false, looks: 0 };
  const refuse = (): void => {
    if (stage.fails) throw new Error("the database is away");
  };
  const bus = createMemoryBus();
  const logger = createRecordingLogger();
  const watch = new RoomWatch({
    rooms: {
      async watched() {
        refuse();
        return [...stage.rooms].map(([id, lastSeq]) => ({ id, lastSeq }));
      },
      async lastSeqs(ids) {
        stage.looks += 1;
        refuse();
        return new Map(ids.flatMap((id) => [[id, stage.rooms.get(id) ?? 0] as const]));
      },
    },
    bus,
    logger,
  });
  const say = (roomId: string, seq: number): void => {
    stage.rooms.set(roomId, seq);
    void bus.publish(ROOM_CHANNEL, { roomId });
  };
  const follow = async (userId: string) => {
    const heard: string[] = [];
    const watched = await watch.follow(userId);
    watched.listen((news) => {
      if (news.kind !== "typing") heard.push(`${news.kind} ${news.roomId} ${news.seq}`);
    });
    return { heard, ...watched, close: () => watched[Symbol.dispose]() };
  };
  return {
    stage,
    watch,
    say,
    follow,
    bus,
    logger,
    [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose](),
  };
}

test("the first of what is new is told at once, what follows within the pace of its room as one, and nothing is lost", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    await using at = openStage();
    const members = await Promise.all(Array.from({ length: 1_200 }, (_, n) => at.follow(`u${n}`)));
    const [first] = members;
    await until(() => at.stage.looks === 1);
    at.say("r", 2);
    await until(() => members.every(({ heard }) => heard.length === 1));
    for (let seq = 3; seq <= 50; seq += 1) at.say("r", seq);
    await until(() => at.stage.looks >= 3);
    expect(first?.heard).toEqual(["room.message r 2"]);
    await vi.advanceTimersByTimeAsync(250);
    await until(() => members.every(({ heard }) => heard.length === 2));
    expect(first?.heard).toEqual(["room.message r 2", "room.message r 50"]);
    // Who has left hears no more, and a room that nobody watches costs nothing.
    members.forEach(({ close }) => close());
    const { looks } = at.stage;
    at.say("r", 51);
    await vi.advanceTimersByTimeAsync(3_000);
    expect([at.stage.looks, first?.heard.length]).toEqual([looks, 2]);
  } finally {
    vi.useRealTimers();
  }
});

test("what the database or the bus has kept to itself is told within a second of its being back", async () => {
  await using at = openStage();
  const ann = await at.follow("ann");
  const phone = await at.follow("ann");
  at.stage.fails = true;
  at.stage.rooms.set("new", 1);
  await ann.refresh();
  at.say("r", 2);
  await until(() => at.logger.lines.some(({ event }) => event === "rooms.unread"));
  at.stage.fails = false;
  await until(() => ann.heard.length === 1);
  // Nobody says so.
  at.stage.rooms.set("new", 2);
  await until(() => ann.heard.length === 2);
  expect([ann.heard, phone.heard]).toEqual([
    ["room.message r 2", "room.message new 2"],
    ["room.message r 2"],
  ]);
  // The other devices of whoever has read.
  const eve = await at.follow("eve");
  at.watch.read("ann", "r", 2);
  expect([ann.heard.at(-1), phone.heard.at(-1), eve.heard]).toEqual(["room.read r 2", "room.read r 2", []]);
  at.stage.rooms.delete("new");
  await ann.refresh();
  at.say("new", 3);
  at.say("r", 3);
  await until(() => eve.heard.length === 2);
  expect(ann.heard.filter((line) => line.endsWith("3"))).toEqual(["room.message r 3"]);
});
