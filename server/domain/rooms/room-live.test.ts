import { expect, test } from "vitest";
import { createMemoryBus } from "#server/bus/memory-bus.ts";
import { RoomLive } from "./room-live.ts";

test("who is there is one question to the database, however many they are, and is asked of none who may not know", async () => {
  const listeners = new Set(Array.from({ length: 150 }, (_, n) => ({ userId: `u${n}`, onNews() {} })));
  const asked: (readonly string[])[] = [];
  const live = new RoomLive({
    watch: { listeners: () => listeners },
    accounts: {
      findById: () => Promise.reject(new Error("one by one")),
      async loginsOf(ids) {
        asked.push(ids);
        return ids.map((id) => `login of ${id}`).toReversed();
      },
    },
    bus: createMemoryBus(),
    clock: { nowMs: () => 1 },
  });
  const logins = Array.from({ length: 150 }, (_, n) => `login of u${n}`).toSorted();
  expect(await live.join("u7").present("r")).toEqual(logins);
  expect(await live.join("eve").present("r")).toBeUndefined();
  expect(asked).toHaveLength(1);
});
