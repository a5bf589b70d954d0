import { PipitError } from "#contract/pipit-error.ts";
import { checkPicture } from "#server/domain/assistant/screenshot.ts";
import type { Picture } from "#server/domain/chats/ports.ts";
import type { AttemptLimits } from "#server/domain/limits/attempt-limits.ts";
import { limitBucket } from "#server/domain/limits/rules.ts";
import type { Pictures } from "#server/domain/pictures/pictures.ts";
import { countWhereReachable } from "./count-said.ts";
import { COMMON_ROOM, type RoomStore } from "./ports.ts";
import { noSuchPicture } from "./room-errors.ts";

interface RoomPicturesDeps {
  readonly rooms: Pick<RoomStore, "picture" | "position">;
  readonly pictures: Pick<Pictures, "scale">;
  readonly limits: Pick<AttemptLimits, "take">;
}

/** Pictures of messages in rooms; the same ones as questions may have, and as large. */
export class RoomPictures {
  readonly #deps: RoomPicturesDeps;

  constructor(deps: RoomPicturesDeps) {
    this.#deps = deps;
  }

  /**
   * What of these bytes is stored. Throws ROOM_NOT_FOUND, SCREENSHOT_INVALID, SCREENSHOT_TOO_LARGE, RATE_LIMITED, or the reason
   * of `signal`.
   *
   * @param roomId absent: the common room
   */
  async prepare(
    userId: string,
    roomId: string | undefined,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<Picture> {
    const { rooms, pictures, limits } = this.#deps;
    try {
      checkPicture(bytes);
      await rooms.position(userId, roomId ?? COMMON_ROOM, undefined);
      await countWhereReachable(limits, limitBucket("room-picture", userId));
      return await pictures.scale(bytes, userId, signal);
    } catch (reason) {
      throw ofMessage(reason);
    }
  }

  /** Throws ROOM_NOT_FOUND; INVALID_REQUEST for a message that shows none, or is deleted. */
  async read(userId: string, roomId: string | undefined, messageId: string): Promise<Picture> {
    const found = await this.#deps.rooms.picture(userId, roomId ?? COMMON_ROOM, messageId);
    if (found === undefined) throw noSuchPicture();
    return found;
  }
}

/** A question calls its picture otherwise. */
function ofMessage(reason: unknown): unknown {
  if (!(reason instanceof PipitError) || reason.field !== "screenshot") return reason;
  const message = reason.message
    .replaceAll("The screenshot", "The picture")
    .replace(" as standard base64, or leave the field empty", "");
  return new PipitError(reason.code, message, { field: "picture", cause: reason });
}
