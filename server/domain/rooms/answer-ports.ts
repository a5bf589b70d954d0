import type { RoomEntry } from "./ports.ts";

/** A message that the assistant is to answer, while it has no answer. */
interface OpenQuestion {
  readonly id: string;
  readonly roomId: string;
  readonly askerId: string;
  readonly text: string;
}

/**
 * The answers that servers are to give in rooms. Each belongs to the server that took the question until its lease has run
 * out, and is gone with its question, or with the room.
 */
export interface RoomAnswerStore {
  /**
   * Puts the answer into its room, where the asker is still in it. Resolves to it; undefined when there is to be none any more, or
   * another server has ended it.
   *
   * @param ownerId the server's; undefined: one that has lost the question, see `lost`
   */
  finish(questionId: string, ownerId: string | undefined, text: string): Promise<RoomEntry | undefined>;
  /** Those of these questions of a server that are to be answered, and whether the asker wants no more of it; a renewed lease for each. */
  renew(
    ownerId: string,
    questionIds: readonly string[],
    leaseMs: number,
  ): Promise<ReadonlyMap<string, { readonly stopped: boolean }>>;
  /** Has the answer stop, if one is given now. Throws ROOM_NOT_FOUND; INVALID_REQUEST for what is no message of the room; NOT_ALLOWED for another's question. */
  stop(userId: string, roomId: string, questionId: string): Promise<void>;
  /** Questions whose server is gone. */
  lost(): Promise<readonly OpenQuestion[]>;
  /** Every server is gone. */
  endLeases(): Promise<void>;
}
