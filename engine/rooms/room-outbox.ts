import type { PendingRoomMessage } from "#contract/rooms/rooms.ts";
import { imageOf } from "#engine/chat/delivery.ts";
import type { Outbox, OutboxRow } from "#engine/ports.ts";
import { roomQueueOf } from "./room-queue.ts";

export type RoomOutbox = ReturnType<typeof createRoomOutbox>;

/** A message that a program (or tab) has written and not sent. */
interface LeftMessage {
  /** Its id, or EVERYONE. */
  readonly room: string;
  readonly message: PendingRoomMessage;
}

/** Messages to rooms in the outbox of questions, until the server has them or the person drops them. */
export function createRoomOutbox(
  outbox: Pick<Outbox, "add" | "list" | "picture" | "setState" | "remove" | "claim" | "release">,
  accountId: string,
) {
  const queue = roomQueueOf(accountId);
  const remove = async (id: string): Promise<void> => {
    await outbox.remove(id);
    await outbox.release(claimOf(id));
  };
  return {
    remove,
    /** Leaves a message that was taken up to other programs. */
    release: (id: string): Promise<void> => outbox.release(claimOf(id)),
    /** @throws what `Outbox.add` throws; the message is not kept then */
    async keep(
      room: string,
      { id, text, picture, writtenAtMs }: PendingRoomMessage,
      bytes?: Uint8Array,
    ): Promise<void> {
      // Else another tab would take it for one that nobody sends. Sent by both it stands once.
      await outbox.claim(claimOf(id)).catch(() => false);
      await outbox.add(
        {
          clientMessageId: id,
          accountId: queue,
          chatKey: room,
          text,
          ...(picture && { image: picture }),
          speak: false,
          createdAtMs: writtenAtMs,
          attempts: 0,
          state: { kind: "waiting" },
        },
        bytes,
      );
    },
    /** What a message shows that is kept. @throws PipitError SCREENSHOT_INVALID when it is gone, and as `Outbox.picture` */
    picture: ({ id, picture }: Pick<PendingRoomMessage, "id" | "picture">) =>
      imageOf({ outbox }, { clientMessageId: id, ...(picture && { image: picture }) }),
    /** All that is this program's to send, also what one that has ended has left; the oldest first. Throws as `Outbox.list`. */
    async takeUp(): Promise<readonly LeftMessage[]> {
      const mine = new Set<string>();
      for (const { clientMessageId } of await outbox.list(queue))
        if (await outbox.claim(claimOf(clientMessageId))) mine.add(clientMessageId);
      if (mine.size === 0) return [];
      // Whoever had one may have sent it before it was claimed here.
      const rows = (await outbox.list(queue)).filter(({ clientMessageId }) => mine.delete(clientMessageId));
      for (const id of mine) await outbox.release(claimOf(id));
      return rows.map((row) => ({ room: row.chatKey, message: toMessage(row) }));
    },
    /**
     * What is no longer pending needs no keeping, and what was not taken is not sent by a later run either. What cannot be written
     * now is sent once more by a later run, as the same message.
     */
    follow(before: readonly PendingRoomMessage[], after: readonly PendingRoomMessage[], nowMs: number): void {
      if (before === after) return;
      const statuses = new Map(after.map(({ id, status }) => [id, status]));
      for (const { id, status } of before) {
        const now = statuses.get(id);
        if (now === undefined) void remove(id).catch(() => undefined);
        else if (now.kind === "failed") {
          if (now === status) continue;
          const state = { kind: "parked", failure: now.failure, sinceMs: nowMs } as const;
          void outbox.setState(id, state).catch(() => undefined);
        } else if (status.kind === "failed")
          void outbox.setState(id, { kind: "waiting" }).catch(() => undefined);
      }
    },
  };
}

function claimOf(id: string): string {
  return `room-message:${id}`;
}

function toMessage({ clientMessageId, text, image, createdAtMs, state }: OutboxRow): PendingRoomMessage {
  const status =
    state.kind === "parked"
      ? ({ kind: "failed", failure: state.failure } as const)
      : ({ kind: "sending" } as const);
  const picture = image && { picture: image };
  return { id: clientMessageId, text, ...picture, writtenAtMs: createdAtMs, status };
}
