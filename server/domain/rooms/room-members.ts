import { createHash, randomUUID } from "node:crypto";
import { ROOM_MEMBERS_MAX, ROOM_NAME_MAX_CHARS } from "#contract/limits.ts";
import type { AccountStore } from "#server/domain/accounts/ports.ts";
import { composedText } from "#server/domain/accounts/normalizable.ts";
import { invalidField } from "#server/domain/invalid-field.ts";
import type { AttemptLimits } from "#server/domain/limits/attempt-limits.ts";
import { limitBucket } from "#server/domain/limits/rules.ts";
import { oneLine } from "#contract/texts/one-line.ts";
import { uuidV8 } from "#server/domain/uuid-v8.ts";
import type { ListPlace, RoomMember, RoomMemberStore, RoomSummary } from "./member-ports.ts";
import { COMMON_ROOM } from "./ports.ts";
import { isCommonRoom, roomNotFound } from "./room-errors.ts";
import type { RoomWatch } from "./room-watch.ts";
import type { Rooms } from "./rooms.ts";

interface RoomMembersDeps {
  readonly members: RoomMemberStore;
  readonly accounts: Pick<AccountStore, "findByLogin">;
  readonly limits: AttemptLimits;
  readonly rooms: Pick<Rooms, "tell">;
  readonly watch: Pick<RoomWatch, "read">;
}

/** Who is in which room. All throw ROOM_NOT_FOUND as {@link RoomMemberStore} does. */
export class RoomMembers {
  readonly #deps: RoomMembersDeps;

  constructor(deps: RoomMembersDeps) {
    this.#deps = deps;
  }

  /**
   * @param clientRoomId a UUID of the client's: with the same one it is the same room
   * @throws PipitError INVALID_REQUEST, RATE_LIMITED
   */
  async create(userId: string, name: string, clientRoomId: string | undefined): Promise<RoomSummary> {
    const { members, limits } = this.#deps;
    const checked = composedText("name", oneLine(name), { least: 1, most: ROOM_NAME_MAX_CHARS });
    const attempt = await limits.take([limitBucket("room", userId)]);
    await attempt.settle("failed");
    const id = clientRoomId === undefined ? randomUUID() : idFor(userId, clientRoomId);
    await members.create({ id, name: checked, ownerId: userId });
    return members.find(userId, id);
  }

  list(userId: string, after: ListPlace | undefined, limit: number): Promise<readonly RoomSummary[]> {
    return this.#deps.members.list(userId, after, limit);
  }

  /** Throws INVALID_REQUEST for a login that no account has, of which an account may ask for some only. */
  async invite(userId: string, roomId: string | undefined, login: string): Promise<RoomMember> {
    const { members, accounts, limits } = this.#deps;
    const room = notCommon(roomId);
    // Before the login is looked up: who is no member learns nothing of accounts.
    if ((await members.find(userId, room)).state === "invited") throw roomNotFound();
    // Registration tells as much, and is limited likewise.
    const attempt = await limits.take([limitBucket("invitation", userId)]);
    const account = await accounts.findByLogin(login);
    const exists = account?.active === true;
    await attempt.settle(exists ? "succeeded" : "failed");
    if (!exists) throw invalidField("login", "no account has this login. Ask its owner how it is spelled.");
    return members.invite(userId, room, account.id, ROOM_MEMBERS_MAX);
  }

  /** Also of whom the room does not have: then nothing happens. */
  async remove(userId: string, roomId: string | undefined, login: string): Promise<void> {
    const { members, accounts, rooms } = this.#deps;
    const room = notCommon(roomId);
    const account = await accounts.findByLogin(login);
    await members.remove(userId, room, account?.id ?? "");
    rooms.tell(room);
  }

  async join(userId: string, roomId: string | undefined): Promise<RoomSummary> {
    const room = notCommon(roomId);
    await this.#deps.members.join(userId, room);
    this.#deps.rooms.tell(room);
    return this.#deps.members.find(userId, room);
  }

  async leave(userId: string, roomId: string | undefined): Promise<void> {
    const room = notCommon(roomId);
    await this.#deps.members.leave(userId, room);
    this.#deps.rooms.tell(room);
  }

  members(
    userId: string,
    roomId: string | undefined,
    after: ListPlace | undefined,
    limit: number,
  ): Promise<readonly RoomMember[]> {
    return this.#deps.members.members(userId, notCommon(roomId), after, limit);
  }

  async markRead(userId: string, roomId: string | undefined, seq: number): Promise<RoomSummary> {
    const room = await this.#deps.members.markRead(userId, roomId ?? COMMON_ROOM, seq);
    this.#deps.watch.read(userId, room.id, room.readSeq);
    return room;
  }
}

/** Everybody is in the common room: nobody comes or goes, and a list of it would be one of all accounts. */
function notCommon(roomId: string | undefined): string {
  if (roomId === undefined || roomId === COMMON_ROOM) throw isCommonRoom();
  return roomId;
}

function idFor(userId: string, clientRoomId: string): string {
  return uuidV8(createHash("sha256").update(`room\0${userId}\0${clientRoomId}`).digest());
}
