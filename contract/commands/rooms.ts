import * as z from "zod/mini";
import { ROOM_MESSAGE_MAX_CHARS, ROOM_NAME_MAX_CHARS } from "../limits.ts";
import type { RoomMember } from "../rooms/rooms.ts";
import type { ScreenImage } from "../screen-image.ts";
import { image } from "./chat.ts";
import { command, id, nothing } from "./command.ts";

/** The server counts, and says what is wrong; these bounds only keep nonsense out. */
const roomText = z.string().check(z.maxLength(4 * ROOM_MESSAGE_MAX_CHARS));
const login = z.string().check(z.maxLength(1_000));
const inRoom = z.strictObject({ room: id });
const ofMessage = z.strictObject({ room: id, messageId: id });

/**
 * Rooms of the account, in which people write to each other; what becomes of them is in `RoomsState`. `room` is an id, or
 * EVERYONE (contract/rooms/rooms.ts). All but the first reject with ROOM_NOT_FOUND for a room that is not the account's (any more).
 */
export const roomCommands = {
  /** Reads them anew. */
  listRooms: command<void>()(nothing),
  /** Resolves to its id. */
  createRoom: command<string>()(
    z.strictObject({ name: z.string().check(z.maxLength(8 * ROOM_NAME_MAX_CHARS)) }),
  ),
  /** Accepts an invitation. */
  joinRoom: command<void>()(inRoom),
  /** Or declines an invitation. */
  leaveRoom: command<void>()(inRoom),
  listRoomMembers: command<readonly RoomMember[]>()(inRoom),
  /** Rejects with INVALID_REQUEST, field "login", for a login that no account has. */
  inviteToRoom: command<void>()(z.strictObject({ room: id, login })),
  /** By the owner; takes an invitation back as well. */
  removeFromRoom: command<void>()(z.strictObject({ room: id, login })),
  /** Follows it in place of the one that is open; what waits there is sent nevertheless. */
  openRoom: command<void>()(inRoom),
  closeRoom: command<void>()(nothing),
  /** To the open room, after all that was sent there before; tried until the server has answered. */
  sendToRoom: command<void>()(z.strictObject({ room: id, text: roomText, image: z.exactOptional(image) })),
  /** What a message of the open room shows: of the queue, or as the server keeps it. `messageId` is also the id that it was sent with. */
  roomPicture: command<ScreenImage>()(ofMessage),
  /** Sends what was not taken once more, and what waits at once. */
  retryInRoom: command<void>()(ofMessage),
  /** Drops a message that waits or was not taken. */
  discardInRoom: command<void>()(ofMessage),
  /** One's own, as what follows. */
  editInRoom: command<void>()(z.extend(ofMessage, { text: roomText })),
  deleteInRoom: command<void>()(ofMessage),
  /** Ends the answer to a question of one's own; what was said of it by then stays. */
  stopAnswerInRoom: command<void>()(ofMessage),
  /** The person writes there; as often as it is so. */
  typeInRoom: command<void>()(inRoom),
  /** Has `RoomsState.present` told, where the server tells it. */
  askPresenceInRoom: command<void>()(inRoom),
  /** Adds the page before the first line. */
  olderInRoom: command<void>()(inRoom),
  /** The person has seen all up to this number. */
  readRoom: command<void>()(z.extend(inRoom, { seq: z.int().check(z.nonnegative()) })),
} as const;
