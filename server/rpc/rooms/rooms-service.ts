import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { MemberState, Rooms, type MemberSchema, type RoomSchema } from "#proto/rooms_pb.ts";
import type { ServerContext } from "#server/compose/context.ts";
import { reader, writer } from "#server/domain/access/access.ts";
import type { RoomMember, RoomSummary, MemberState as State } from "#server/domain/rooms/member-ports.ts";
import { COMMON_ROOM, namedRoom, type HistoryPlace } from "#server/domain/rooms/ports.ts";
import { noSuchMessage, roomNotFound } from "#server/domain/rooms/room-errors.ts";
import { checkClientRoomId, readId, requireCaller } from "../kit/checks.ts";
import { rpcService, type RpcService } from "../kit/rpc-service.ts";
import { toPicture, toWire } from "../messaging/to-wire.ts";
import { limitOf, paged, placeOf } from "./list-place.ts";

const MAX_ROOMS = 100;
const USUAL_ROOMS = 50;
const MAX_MEMBERS = 500;
const USUAL_MEMBERS = 100;
const MAX_MESSAGES = 200;
const USUAL_MESSAGES = 50;

/** `pipit.rooms.v1.Rooms`: what rooms can do beside the two RPCs of the original. */
export function roomsService({
  rooms,
  roomMembers,
  roomAssistant,
  roomPictures,
}: Pick<ServerContext, "rooms" | "roomMembers" | "roomAssistant" | "roomPictures">): RpcService {
  const handlers: ServiceImpl<typeof Rooms> = {
    async createRoom({ name, clientRoomId }, context) {
      return toRoom(await roomMembers.create(userOf(context), name, checkClientRoomId(clientRoomId)));
    },

    async listRooms({ cursor, limit: asked }, context) {
      const limit = limitOf(asked, USUAL_ROOMS, MAX_ROOMS);
      const found = await roomMembers.list(userOf(context), placeOf(cursor), limit + 1);
      const { page, ...next } = paged(found, limit, ({ updatedAtMs: atMs, id }) => ({ atMs, id }));
      return { rooms: page.map(toRoom), ...next };
    },

    async inviteMember({ room, login }, context) {
      return toMember(await roomMembers.invite(userOf(context), roomOf(room), login));
    },

    async removeMember({ room, login }, context) {
      await roomMembers.remove(userOf(context), roomOf(room), login);
      return {};
    },

    async joinRoom({ room }, context) {
      return toRoom(await roomMembers.join(userOf(context), roomOf(room)));
    },

    async leaveRoom({ room }, context) {
      await roomMembers.leave(userOf(context), roomOf(room));
      return {};
    },

    async listMembers({ room, cursor, limit: asked }, context) {
      const limit = limitOf(asked, USUAL_MEMBERS, MAX_MEMBERS);
      const found = await roomMembers.members(userOf(context), roomOf(room), placeOf(cursor), limit + 1);
      const { page, ...next } = paged(found, limit, ({ joinedAtMs: atMs, userId: id }) => ({ atMs, id }));
      return { members: page.map(toMember), ...next };
    },

    async history({ room, place, limit }, context) {
      const most = limitOf(limit, USUAL_MESSAGES, MAX_MESSAGES);
      const page = await rooms.history(userOf(context), roomOf(room), historyPlace(place), most);
      return { ...page, messages: page.messages.map(toWire) };
    },

    async getPicture({ room, messageId }, context) {
      const wanted = messageOf(room, messageId, context);
      const { jpeg, ...size } = await roomPictures.read(wanted.userId, wanted.roomId, wanted.messageId);
      return { ...toPicture({ ...size, bytes: jpeg.byteLength }), data: new Uint8Array(jpeg) };
    },

    async editMessage({ room, messageId, text }, context) {
      return toWire(await rooms.edit({ ...messageOf(room, messageId, context), text }));
    },

    async deleteMessage({ room, messageId }, context) {
      return toWire(await rooms.remove(messageOf(room, messageId, context)));
    },

    async stopAnswer({ room, messageId }, context) {
      const question = messageOf(room, messageId, context);
      await roomAssistant.stop(question.userId, question.roomId ?? COMMON_ROOM, question.messageId);
      return {};
    },

    async markRead({ room, seq }, context) {
      const { readSeq, unread } = await roomMembers.markRead(userOf(context), roomOf(room), Number(seq));
      return { readSeq: BigInt(readSeq), unread };
    },
  };
  const access = {
    createRoom: writer,
    listRooms: reader,
    inviteMember: writer,
    removeMember: writer,
    joinRoom: writer,
    leaveRoom: writer,
    listMembers: reader,
    history: reader,
    getPicture: reader,
    editMessage: writer,
    deleteMessage: writer,
    markRead: writer,
    stopAnswer: writer,
  };
  return rpcService(Rooms, access, handlers);
}

type Context = Pick<HandlerContext, "values">;

const userOf = (context: Context): string => requireCaller(context).userId;
const roomOf = (room: string | undefined): string | undefined => readId(room, roomNotFound);

const noMessage = () => noSuchMessage("message_id");

function messageOf(room: string | undefined, messageId: string, context: Context) {
  const id = readId(messageId, noMessage);
  if (id === undefined) throw noMessage();
  return { userId: userOf(context), roomId: roomOf(room), messageId: id };
}

function historyPlace(
  place:
    | { readonly case: "beforeSeq" | "afterSeq"; readonly value: bigint }
    | { readonly case: "around"; readonly value: string }
    | { readonly case: undefined },
): HistoryPlace {
  switch (place.case) {
    case undefined:
      return { at: "end" };
    case "around":
      return { at: "around", id: readId(place.value, () => noSuchMessage("around")) ?? "" };
    case "beforeSeq":
      return { at: "before", seq: Number(place.value) };
    case "afterSeq":
      return { at: "after", seq: Number(place.value) };
  }
}

const states: Readonly<Record<State, MemberState>> = {
  invited: MemberState.INVITED,
  member: MemberState.MEMBER,
  owner: MemberState.OWNER,
};

function toRoom(room: RoomSummary): MessageInitShape<typeof RoomSchema> {
  return {
    ...namedRoom(room.id),
    name: room.name,
    state: states[room.state],
    invitedBy: room.invitedBy,
    updatedAt: timestampFromMs(room.updatedAtMs),
    ...(room.lastMessage !== undefined && { lastMessage: toWire(room.lastMessage) }),
    unread: room.unread,
    readSeq: BigInt(room.readSeq),
    lastSeq: BigInt(room.lastSeq),
  };
}

function toMember({ login, displayName, state, closed }: RoomMember): MessageInitShape<typeof MemberSchema> {
  return { login, displayName, state: states[state], closed };
}
