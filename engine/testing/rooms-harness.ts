import { expect } from "vitest";
import { createStore } from "zustand/vanilla";
import { PipitError } from "#contract/pipit-error.ts";
import { noRooms, type ListedRoom, type RoomMessage, type RoomsState } from "#contract/rooms/rooms.ts";
import { sizeOf } from "#contract/screen-image.ts";
import { waitFor } from "#engine/abort.ts";
import { createMemoryOutbox } from "#engine/chat/memory-outbox.ts";
import { createFakeClock } from "./fake-clock.ts";
import type { OwnRooms } from "#engine/rooms/own-rooms.ts";
import { createRoomOutbox } from "#engine/rooms/room-outbox.ts";
import { RoomsEngine } from "#engine/rooms/rooms-engine.ts";
import { applyRoomsPatch, diffRooms } from "#engine/rooms/rooms-patch.ts";

export const away = new PipitError("SERVER_UNREACHABLE", "Away.");
export const gone = new PipitError("ROOM_NOT_FOUND", "There is no such room.");
/** A room of an account. */
export const room: ListedRoom = {
  id: "r",
  name: "Birds",
  invited: false,
  owned: false,
  invitedBy: "zoe",
  unread: 0,
  readSeq: 0,
  lastSeq: 0,
};

/** A picture. */
export const shown = { bytes: new Uint8Array([7, 8]), widthPx: 4, heightPx: 3 };

const { id: _id, ...rest } = room;
/** The common room. */
export const common: ListedRoom = { ...rest, name: "" };

/** An account's rooms at a server that does what a real one does seldom. */
export function createStage(listed: readonly ListedRoom[] = [room], kept = createMemoryOutbox()) {
  const clock = createFakeClock();
  const stop = new AbortController();
  const log: RoomMessage[] = [];
  const stage = {
    listed,
    sends: [] as string[],
    marks: [] as number[],
    creations: [] as string[],
    /** Whose pictures were asked for. */
    pictures: [] as string[],
    /** What the next messages are answered, in place of being taken. */
    refusals: [] as PipitError[],
    /** What the next messages are answered although they were taken. */
    lost: [] as PipitError[],
    creation: undefined as PipitError | undefined,
    /** Streams that are open. */
    followed: 0,
    /** What the window has been sent, which has to be what the engine shows. */
    copy: noRooms as RoomsState,
    /** What was said to the server over the socket. */
    spoken: [] as unknown[],
  };
  let changed = Promise.withResolvers<PipitError | undefined>();
  const tell = (error?: PipitError): void => {
    changed.resolve(error);
    changed = Promise.withResolvers();
  };
  const say = (text: string, more: Partial<RoomMessage> = {}): void => {
    const seq = log.length + 1;
    const plain = { author: "zoe", sentAtMs: seq, deleted: false, edited: false, kind: "message" } as const;
    log.push({ id: `m${seq}`, seq, text, ...plain, ...more });
    tell();
  };
  const rooms: OwnRooms = {
    login: async () => "ann",
    list: async () => stage.listed,
    async create(name, id) {
      stage.creations.push(id);
      if (stage.creation !== undefined) throw stage.creation;
      return { ...room, id, name };
    },
    join: async () => undefined,
    leave: async () => undefined,
    invite: async () => undefined,
    remove: async () => undefined,
    members: async () => [],
    stopAnswer: async () => undefined,
    async page(_room, limit, beforeSeq = Infinity) {
      const before = log.filter(({ seq, kind }) => seq < beforeSeq && kind === "message");
      return { messages: before.slice(-limit), older: before.length > limit };
    },
    after: async (_room, _limit, seq) => log.filter((line) => line.seq > seq),
    async *follow(_room, resumeAfter, signal) {
      stage.followed += 1;
      try {
        for (let at = log.findIndex(({ id }) => id === resumeAfter) + 1; ; at += 1) {
          while (log[at] === undefined) {
            const error = await waitFor(changed.promise, signal);
            if (error !== undefined) throw error;
          }
          const line = log[at];
          if (line !== undefined) yield line;
        }
      } finally {
        stage.followed -= 1;
      }
    },
    async send(_room, text, clientId, _signal, picture) {
      stage.sends.push(`${text} ${clientId}${picture === undefined ? "" : ` ${picture.bytes.join(" ")}`}`);
      const refusal = stage.refusals.shift();
      if (refusal !== undefined) throw refusal;
      const isKnown = log.some((line) => line.clientId === clientId);
      if (!isKnown) say(text, { author: "ann", clientId, ...(picture && { picture: sizeOf(picture) }) });
      const lost = stage.lost.shift();
      if (lost !== undefined) throw lost;
      return log.find((line) => line.clientId === clientId)?.seq ?? 0;
    },
    async edit(_room, id, text) {
      const line = log.find((one) => one.id === id);
      if (line === undefined) throw gone;
      const now = { ...line, text, edited: true };
      say(text, { kind: "changed", changes: id, edited: true, author: "ann" });
      return now;
    },
    picture: async (_room, id) => {
      stage.pictures.push(id);
      return shown;
    },
    delete: async () => {
      throw new PipitError("NOT_ALLOWED", "Only its author may.");
    },
    markRead: async (_room, seq) => void stage.marks.push(seq),
  };
  const store = createStore<RoomsState>(() => noRooms);
  store.subscribe((now, before) => {
    const patch = diffRooms(before, now);
    if (patch !== undefined) stage.copy = applyRoomsPatch(stage.copy, structuredClone(patch));
    expect(stage.copy).toEqual(now);
  });
  let ids = 0;
  const newId = (): string => `id${(ids += 1)}`;
  const outbox = createRoomOutbox(kept, "a");
  const deps = { rooms, outbox, store, clock, random: () => 0, newId, signal: stop.signal };
  const engine = new RoomsEngine({ ...deps, say: (message) => stage.spoken.push(message) });
  return Object.assign(stage, {
    clock,
    engine,
    say,
    tell,
    state: () => store.getState(),
    texts: () => store.getState().lines.map(({ text }) => text),
    pending: () => store.getState().opened?.pending.map(({ text, status }) => `${text} ${status.kind}`) ?? [],
    [Symbol.dispose]: () => stop.abort(),
  });
}
