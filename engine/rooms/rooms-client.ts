import { timestampMs } from "@bufbuild/protobuf/wkt";
import { createClient, type Transport } from "@connectrpc/connect";
import { Messaging, RoomEvent, type Message } from "#proto/messaging_pb.ts";
import { MemberState, Rooms, type Room } from "#proto/rooms_pb.ts";

/** A server that has not answered by then is tried again. */
const CALL_TIMEOUT_MS = 15_000;

/** A line of a room. */
export interface RoomMessage {
  /** What a stream is resumed after. */
  readonly id: string;
  /** Its place, counted from 1, without gaps. */
  readonly seq: number;
  /** A login. */
  readonly author: string;
  /** "" once it is deleted. */
  readonly text: string;
  readonly sentAtMs: number;
  readonly deleted: boolean;
  readonly edited: boolean;
  /** "changed": an earlier message was edited or deleted, and reads so now. */
  readonly kind: "message" | "changed" | "joined" | "left";
}

/** A room of {@link RoomsClient.list}. */
export interface ListedRoom {
  /** Absent for the common room. */
  readonly id?: string;
  /** "" for the common room. */
  readonly name: string;
  /** Has not been accepted yet. */
  readonly invited: boolean;
  /** A login, or "". */
  readonly invitedBy: string;
  /** 100 stands for that many or more. */
  readonly unread: number;
}

/** A page of a room's messages, the oldest first. */
export interface RoomPage {
  readonly messages: readonly RoomMessage[];
  readonly older: boolean;
}

/** Whoever is in a room. */
export interface RoomMember {
  readonly login: string;
  readonly invited: boolean;
  readonly owner: boolean;
}

/** Rooms of the signed-in account. Everything throws PipitError: ROOM_NOT_FOUND for rooms that are not the account's. */
export type RoomsClient = ReturnType<typeof createRoomsClient>;

/** @param transport signed in (`createRpcTransport`); `room` is absent for the common room everywhere */
export function createRoomsClient(transport: Transport) {
  const rooms = createClient(Rooms, transport);
  const messaging = createClient(Messaging, transport);
  return {
    /** All rooms, the one in which something happened last first. */
    async list(signal: AbortSignal): Promise<readonly ListedRoom[]> {
      const listed: ListedRoom[] = [];
      for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
        const page = await rooms.listRooms(cursor === undefined ? {} : { cursor }, within(signal));
        listed.push(...page.rooms.map(listedRoom));
        cursor = page.nextCursor;
      }
      return listed;
    },
    /** @param clientRoomId a UUID: asked for again, it stays one room */
    create: async (name: string, clientRoomId: string, signal: AbortSignal): Promise<ListedRoom> =>
      listedRoom(await rooms.createRoom({ name, clientRoomId }, within(signal))),
    /** Accepts an invitation. */
    async join(room: string, signal: AbortSignal): Promise<void> {
      await rooms.joinRoom({ room }, within(signal));
    },
    async leave(room: string, signal: AbortSignal): Promise<void> {
      await rooms.leaveRoom({ room }, within(signal));
    },
    async invite(room: string, login: string, signal: AbortSignal): Promise<void> {
      await rooms.inviteMember({ room, login }, within(signal));
    },
    async members(room: string, signal: AbortSignal): Promise<readonly RoomMember[]> {
      const members: RoomMember[] = [];
      for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
        const request = { room, ...(cursor === undefined ? {} : { cursor }) };
        const page = await rooms.listMembers(request, within(signal));
        for (const { login, state } of page.members)
          members.push({
            login,
            invited: state === MemberState.INVITED,
            owner: state === MemberState.OWNER,
          });
        cursor = page.nextCursor;
      }
      return members;
    },
    /** The newest messages, or those before number `beforeSeq`. */
    async page(
      room: string | undefined,
      limit: number,
      beforeSeq: number | undefined,
      signal: AbortSignal,
    ): Promise<RoomPage> {
      const place =
        beforeSeq === undefined ? {} : { place: { case: "beforeSeq", value: BigInt(beforeSeq) } as const };
      const { messages, older } = await rooms.history({ ...named(room), limit, ...place }, within(signal));
      return { messages: messages.map(roomMessage), older };
    },
    /** The account has read up to this number; it never goes back. */
    async markRead(room: string | undefined, seq: number, signal: AbortSignal): Promise<void> {
      await rooms.markRead({ ...named(room), seq: BigInt(seq) }, within(signal));
    },
    /** All that came after `resumeAfter`, and what comes, until the stream breaks. */
    async *follow(
      room: string | undefined,
      resumeAfter: string,
      signal: AbortSignal,
    ): AsyncGenerator<RoomMessage> {
      const request = { ...named(room), resumeAfter, events: true };
      for await (const message of messaging.messageStream(request, { signal })) yield roomMessage(message);
    },
    /**
     * Resolves to the message's number once the server has stored it.
     *
     * @param clientMessageId a UUID: sent again with the same one, it stays one message
     */
    async send(
      room: string | undefined,
      text: string,
      clientMessageId: string,
      signal: AbortSignal,
    ): Promise<number> {
      const { seq } = await messaging.sendMessage({ ...named(room), text, clientMessageId }, within(signal));
      return Number(seq);
    },
  };
}

function within(signal: AbortSignal) {
  return { signal, timeoutMs: CALL_TIMEOUT_MS };
}

function named(room: string | undefined): { readonly room?: string } {
  return room === undefined ? {} : { room };
}

function listedRoom({ room, name, state, invitedBy, unread }: Room): ListedRoom {
  return {
    ...(room === undefined ? {} : { id: room }),
    name,
    invited: state === MemberState.INVITED,
    invitedBy,
    unread,
  };
}

const kinds: Partial<Record<RoomEvent, RoomMessage["kind"]>> = {
  [RoomEvent.CHANGED]: "changed",
  [RoomEvent.JOINED]: "joined",
  [RoomEvent.LEFT]: "left",
};

function roomMessage(message: Message): RoomMessage {
  const { messageId = "", seq, author, text, sendTime, deleted, editedAt, event } = message;
  return {
    id: messageId,
    seq: Number(seq),
    author,
    text,
    sentAtMs: sendTime === undefined ? 0 : timestampMs(sendTime),
    deleted,
    edited: editedAt !== undefined,
    kind: kinds[event] ?? "message",
  };
}
