import { expect, test } from "vitest";
import { createStore } from "zustand/vanilla";
import { EVERYONE, type ListedRoom, type RoomsState } from "#contract/rooms/rooms.ts";
import { settle } from "#engine/testing/fake-clock.ts";
import { createRoomNotices } from "./room-notices.ts";
import { textsFor } from "../shell/texts.ts";

const common: ListedRoom = {
  name: "",
  invited: false,
  owned: false,
  invitedBy: "",
  unread: 0,
  readSeq: 0,
  lastSeq: 0,
};

/** A desktop whose person looks at no room, and a server that has read all. */
function createStage() {
  const rooms = createStore<RoomsState>(() => ({ lines: [] }));
  const stage = {
    unread: { r: 0, [EVERYONE]: 0 } as Record<string, number>,
    shown: "",
    isWanted: true,
    lists: 0,
    said: [] as string[],
    open: [] as string[],
    clicks: [] as (() => void)[],
    opened: [] as string[],
  };
  const notices = createRoomNotices({
    rooms,
    async list() {
      stage.lists += 1;
      const birds = { ...common, id: "r", name: "Birds", unread: stage.unread["r"] ?? 0 };
      rooms.setState({ rooms: [{ ...common, unread: stage.unread[EVERYONE] ?? 0 }, birds] });
    },
    isShown: (room) => room === stage.shown,
    isWanted: () => stage.isWanted,
    texts: () => textsFor("en", "en"),
    show({ title, body }) {
      const text = `${title}: ${body}`;
      stage.said.push(text);
      stage.open.push(text);
      return {
        onClick: (listener) => stage.clicks.push(listener),
        close: () => void stage.open.splice(stage.open.indexOf(text), 1),
      };
    },
    onOpen: (room) => stage.opened.push(room),
  });
  const hear = async (kind: "room.message" | "room.mention" | "room.read" | "room.typing", room?: string) => {
    notices.heard({ kind, room });
    await settle();
  };
  return Object.assign(stage, { notices, hear });
}

test("a room that is not seen is told of once until it is read, a mention once more, and neither with what was said", async () => {
  const stage = createStage();
  stage.unread["r"] = 1;
  await stage.hear("room.message", "r");
  stage.unread["r"] = 2;
  await stage.hear("room.message", "r");
  expect(stage.said).toEqual(["New message: Birds"]);
  await stage.hear("room.mention", "r");
  await stage.hear("room.mention", "r");
  await stage.hear("room.message", "r");
  expect(stage.open).toEqual(["You are mentioned: Birds"]);
  stage.clicks.at(-1)?.();
  expect(stage.opened).toEqual(["r"]);
  stage.unread[EVERYONE] = 1;
  await stage.hear("room.message");
  expect(stage.open).toEqual(["You are mentioned: Birds", "New message: Everyone"]);

  // Read at another device.
  stage.unread["r"] = 0;
  await stage.hear("room.read", "r");
  expect(stage.open).toEqual(["New message: Everyone"]);
  stage.unread["r"] = 1;
  await stage.hear("room.message", "r");
  expect(stage.open).toEqual(["New message: Everyone", "New message: Birds"]);
  stage.notices[Symbol.dispose]();
  expect(stage.open).toEqual([]);
});

test("nothing is told of the room that is seen, of one's own messages, of writing, nor when it is not wanted; many news are few questions", async () => {
  const stage = createStage();
  await stage.hear("room.message", "r");
  await stage.hear("room.typing", "r");
  expect(stage.lists).toBe(1);
  stage.unread["r"] = 1;
  stage.shown = "r";
  await stage.hear("room.mention", "r");
  stage.shown = "";
  stage.isWanted = false;
  for (let at = 0; at < 50; at += 1) stage.notices.heard({ kind: "room.message", room: "r" });
  await settle();
  expect(stage.said).toEqual([]);
  expect(stage.lists).toBe(4);
});
