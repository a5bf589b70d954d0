import { timestampMs } from "@bufbuild/protobuf/wkt";
import { createClient, type Transport } from "@connectrpc/connect";
import type { ListedRoom, RoomMember, RoomMessage, RoomPage } from "#contract/rooms/rooms.ts";
import { ownBytes, type ScreenImage } from "#contract/screen-image.ts";
import { Messaging, RoomEvent, type Message } from "#proto/messaging_pb.ts";
import { MemberState, Rooms, type Room } from "#proto/rooms_pb.ts";

/** A server that has not answered by then is tried again. */
const CALL_TIMEOUT_MS = 15_000;
/** The same where a picture goes over a slow line. */
const PICTURE_TIMEOUT_MS = 120_000;

/** Rooms of the signed-in account. Everything throws PipitError: ROOM_NOT_FOUND for rooms that are not the account's. */
export type RoomsClient = ReturnType<typeof createRoomsClient>;

/** @param transport signed in (`createRpcTransport`); `room` is absent for the common room everywhere */
export function createRoomsClient(transport: Transport) {
  return { ...memberCalls(transport), ...messageCalls(transport) };
}

/** Which rooms there are, and who is in them. */
function memberCalls(transport: Transport) {
  const rooms = createClient(Rooms, transport);
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
    /** Also takes an invitation back. Throws NOT_ALLOWED for who is not the owner. */
    async remove(room: string, login: string, signal: AbortSignal): Promise<void> {
      await rooms.removeMember({ room, login }, within(signal));
    },
    async members(room: string, signal: AbortSignal): Promise<readonly RoomMember[]> {
      const members: RoomMember[] = [];
      for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
        const request = { room, ...(cursor === undefined ? {} : { cursor }) };
        const page = await rooms.listMembers(request, within(signal));
        for (const { login, displayName, state } of page.members)
          members.push({
            login,
            displayName,
            invited: state === MemberState.INVITED,
            owner: state === MemberState.OWNER,
          });
        cursor = page.nextCursor;
      }
      return members;
    },
  };
}

/** What is said in them. */
function messageCalls(transport: Transport) {
  const rooms = createClient(Rooms, transport);
  const messaging = createClient(Messaging, transport);
  return {
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
    /** The first messages after number `afterSeq`. */
    async after(
      room: string | undefined,
      limit: number,
      afterSeq: number,
      signal: AbortSignal,
    ): Promise<readonly RoomMessage[]> {
      const place = { case: "afterSeq", value: BigInt(afterSeq) } as const;
      return (await rooms.history({ ...named(room), limit, place }, within(signal))).messages.map(
        roomMessage,
      );
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
    /** @param question the id of one's own message that is being answered; what was said by then stays */
    async stopAnswer(room: string | undefined, question: string, signal: AbortSignal): Promise<void> {
      await rooms.stopAnswer({ ...named(room), messageId: question }, within(signal));
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
      picture?: ScreenImage,
    ): Promise<number> {
      const { seq } = await messaging.sendMessage(
        {
          ...named(room),
          text,
          clientMessageId,
          ...(picture === undefined ? {} : { picture: { data: ownBytes(picture.bytes) } }),
        },
        within(signal, picture === undefined ? CALL_TIMEOUT_MS : PICTURE_TIMEOUT_MS),
      );
      return Number(seq);
    },
    /** What a message shows: JPEG. Throws INVALID_REQUEST for one that shows nothing, or is deleted. */
    async picture(room: string | undefined, messageId: string, signal: AbortSignal): Promise<ScreenImage> {
      const { data, width, height } = await rooms.getPicture(
        { ...named(room), messageId },
        within(signal, PICTURE_TIMEOUT_MS),
      );
      return { bytes: data, widthPx: width, heightPx: height };
    },
    /** Resolves to the message as it is now. Throws NOT_ALLOWED for another one's. */
    edit: async (
      room: string | undefined,
      messageId: string,
      text: string,
      signal: AbortSignal,
    ): Promise<RoomMessage> =>
      roomMessage(await rooms.editMessage({ ...named(room), messageId, text }, within(signal))),
    /** The same, without a text from then on. */
    delete: async (room: string | undefined, messageId: string, signal: AbortSignal): Promise<RoomMessage> =>
      roomMessage(await rooms.deleteMessage({ ...named(room), messageId }, within(signal))),
  };
}

function within(signal: AbortSignal, timeoutMs = CALL_TIMEOUT_MS) {
  return { signal, timeoutMs };
}

function named(room: string | undefined): { readonly room?: string } {
  return room === undefined ? {} : { room };
}

function listedRoom({ room, name, state, invitedBy, unread, readSeq, lastSeq }: Room): ListedRoom {
  return {
    ...(room === undefined ? {} : { id: room }),
    name,
    invited: state === MemberState.INVITED,
    owned: state === MemberState.OWNER,
    invitedBy,
    unread,
    readSeq: Number(readSeq),
    lastSeq: Number(lastSeq),
  };
}

const kinds: Partial<Record<RoomEvent, RoomMessage["kind"]>> = {
  [RoomEvent.CHANGED]: "changed",
  [RoomEvent.JOINED]: "joined",
  [RoomEvent.LEFT]: "left",
};

function roomMessage(message: Message): RoomMessage {
  const { messageId = "", seq, author, text, sendTime, deleted, editedAt, event, askedBy } = message;
  const { changes, clientMessageId: clientId, replyTo, picture } = message;
  return {
    id: messageId,
    seq: Number(seq),
    author,
    text,
    sentAtMs: sendTime === undefined ? 0 : timestampMs(sendTime),
    deleted,
    edited: editedAt !== undefined,
    kind: kinds[event] ?? "message",
    ...(changes === undefined ? {} : { changes }),
    ...(clientId === undefined ? {} : { clientId }),
    ...(askedBy === undefined ? {} : { askedBy }),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(picture && {
      picture: { widthPx: picture.width, heightPx: picture.height, sizeBytes: picture.sizeBytes },
    }),
  };
}
