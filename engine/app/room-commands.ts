import { v7 as uuidv7 } from "uuid";
import type { StoreApi } from "zustand/vanilla";
import { hasLeft, type AuthState } from "#contract/auth-state.ts";
import type { Handlers } from "#contract/commands/command.ts";
import type { roomCommands } from "#contract/commands/rooms.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { noRooms, type RoomsState } from "#contract/rooms/rooms.ts";
import type { SayToRoom } from "#engine/events/event-link.ts";
import type { News } from "#engine/events/news.ts";
import { roomQueueOf } from "#engine/rooms/room-queue.ts";
import type { RoomsEngine } from "#engine/rooms/rooms-engine.ts";
import { signedOutError } from "#engine/session/session-api.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import { systemClock } from "#engine/system-clock.ts";
import type { AppClient } from "./app-ports.ts";
import { accountOf } from "./chat-files.ts";

interface RoomDeps {
  readonly client: () => Promise<Pick<AppClient, "openRooms" | "outbox">>;
  readonly auth: ReadonlyStore<AuthState>;
  readonly store: StoreApi<RoomsState>;
  readonly say: SayToRoom;
  /** Aborts when the application ends. */
  readonly signal: AbortSignal;
}

interface Opened {
  readonly of: Pick<AppClient, "openRooms" | "outbox">;
  readonly stop: AbortController;
  readonly engine: Promise<RoomsEngine>;
}

/** What is done with rooms. Their code comes with the first command; what was open goes with its account. */
export function createRoomHandlers({ client, auth, store, say, signal }: RoomDeps) {
  let opened: Opened | undefined;
  let owner = accountOf(auth.getState());
  const close = (): void => {
    opened?.stop.abort(new PipitError("CANCELLED", "Another account is used."));
    opened = undefined;
    store.setState(noRooms, true);
  };
  auth.subscribe((now) => {
    const next = accountOf(now);
    // An account whose sign-in has ended has its rooms again when it comes back.
    if (next === undefined && !hasLeft(now)) return;
    if (next === owner) return void resume();
    owner = next;
    close();
    void takeUpLeft().catch(() => undefined);
  });
  const open = async (of: Opened["of"], stop: AbortController): Promise<RoomsEngine> => {
    const accountId = owner;
    if (accountId === undefined) throw signedOutError();
    const [{ RoomsEngine: Engine }, { createRoomOutbox }, rooms] = await Promise.all([
      import("#engine/rooms/rooms-engine.ts"),
      import("#engine/rooms/room-outbox.ts"),
      of.openRooms(),
    ]);
    const outbox = createRoomOutbox(of.outbox, accountId);
    const deps = { rooms, outbox, store, say, clock: systemClock, random: Math.random, newId: uuidv7 };
    const fresh = new Engine({ ...deps, signal: AbortSignal.any([signal, stop.signal]) });
    // What cannot be read is told by the chat, whose outbox it is too.
    await fresh.takeUp().catch(() => undefined);
    return fresh;
  };
  const engine = async (): Promise<RoomsEngine> => {
    const of = await client();
    if (opened !== undefined && opened.of !== of) close();
    if (opened === undefined) {
      const stop = new AbortController();
      const fresh: Opened = { of, stop, engine: open(of, stop) };
      opened = fresh;
      fresh.engine.catch(() => {
        if (opened === fresh) opened = undefined;
      });
    }
    return await opened.engine;
  };
  /** What an earlier run has left is sent whether or not a room is looked at. */
  const takeUpLeft = async (): Promise<void> => {
    if (owner === undefined) return;
    const { outbox } = await client();
    const left = await outbox.list(roomQueueOf(owner));
    if (left.length > 0) await engine();
  };
  const resume = async (): Promise<void> => {
    if (opened === undefined) return await takeUpLeft().catch(() => undefined);
    (await opened.engine.catch(() => undefined))?.resume();
  };
  const handlers: Handlers<typeof roomCommands> = {
    ...engineHandlers(engine),
    closeRoom: async () => (await opened?.engine)?.close(),
  };
  return {
    handlers,
    /** The server can be reached again. Never throws. */
    resume,
    /** What the server told of the account. */
    heard: (news: News): void =>
      void opened?.engine.then(({ live }) => live.heard(news)).catch(() => undefined),
  };
}

function engineHandlers(
  engine: () => Promise<RoomsEngine>,
): Omit<Handlers<typeof roomCommands>, "closeRoom"> {
  return {
    listRooms: async () => (await engine()).list(),
    createRoom: async ({ name }) => (await engine()).create(name),
    joinRoom: async ({ room }) => (await engine()).join(room),
    leaveRoom: async ({ room }) => (await engine()).leave(room),
    listRoomMembers: async ({ room }) => (await engine()).members(room),
    inviteToRoom: async ({ room, login }) => (await engine()).invite(room, login),
    removeFromRoom: async ({ room, login }) => (await engine()).remove(room, login),
    openRoom: async ({ room }) => (await engine()).open(room),
    sendToRoom: async ({ room, text, image }) => (await engine()).send(room, text, image),
    roomPicture: async ({ room, messageId }) => (await engine()).picture(room, messageId),
    retryInRoom: async ({ room, messageId }) => (await engine()).retry(room, messageId),
    discardInRoom: async ({ room, messageId }) => (await engine()).discard(room, messageId),
    editInRoom: async ({ room, messageId, text }) => (await engine()).edit(room, messageId, text),
    deleteInRoom: async ({ room, messageId }) => (await engine()).delete(room, messageId),
    stopAnswerInRoom: async ({ room, messageId }) => (await engine()).stopAnswer(room, messageId),
    typeInRoom: async ({ room }) => (await engine()).live.typing(room),
    askPresenceInRoom: async ({ room }) => (await engine()).live.askPresence(room),
    olderInRoom: async ({ room }) => (await engine()).older(room),
    readRoom: async ({ room, seq }) => (await engine()).read(room, seq),
  };
}
