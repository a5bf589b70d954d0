import type { Clock } from "#contract/clock.ts";
import { ASSISTANT_LOGIN } from "#contract/rooms/question.ts";
import type { AccountStore } from "#server/domain/accounts/ports.ts";
import { createQuestion } from "#server/domain/ask-servers.ts";
import type { MessageBus } from "#server/domain/message-bus.ts";
import type { RoomWatch } from "./room-watch.ts";

const TYPING_CHANNEL = "room-typing";
const PRESENCE_CHANNEL = "room-presence";
/** A room in which more sockets listen at one server is told of nobody: each mark would go to all of them. */
const LIVE_SOCKETS_MAX = 200;
/** What one socket may say at once, and gets back each second. */
const ALLOWANCE = 10;
const ALLOWED_PER_SECOND = 1;

interface Typing {
  readonly roomId: string;
  /** Who is not told. */
  readonly userId: string;
  readonly login: string;
}

interface RoomLiveDeps {
  readonly watch: Pick<RoomWatch, "listeners">;
  readonly accounts: Pick<AccountStore, "findById" | "loginsOf">;
  readonly bus: MessageBus;
  readonly clock: Clock;
}

/** What one socket can say and ask. What it may not, or says too often, comes to nothing. */
export interface LiveMember {
  typing(roomId: string): Promise<void>;
  /** Logins of the members who have a socket open, at whichever server; undefined: not told, or not in time. */
  present(roomId: string): Promise<readonly string[] | undefined>;
}

/** Who writes in a room, and who is there: between members who have a socket open, and kept nowhere. */
export class RoomLive {
  readonly #deps: RoomLiveDeps;
  readonly #askPresent: (question: { readonly roomId: string }) => Promise<readonly (readonly string[])[]>;

  constructor(deps: RoomLiveDeps) {
    this.#deps = deps;
    const { watch, bus } = deps;
    bus.subscribe<Typing>(TYPING_CHANNEL, ({ roomId, userId, login }) => {
      const listeners = watch.listeners(roomId);
      if (listeners.size > LIVE_SOCKETS_MAX) return;
      const news = { kind: "typing", roomId, login } as const;
      for (const listener of listeners) if (listener.userId !== userId) listener.onNews(news);
    });
    this.#askPresent = createQuestion(bus, PRESENCE_CHANNEL, ({ roomId }) =>
      [...watch.listeners(roomId)].slice(0, LIVE_SOCKETS_MAX + 1).map(({ userId }) => userId),
    );
  }

  /** The assistant is about to say something in the room. */
  assistantTypes(roomId: string): void {
    this.#tell({ roomId, userId: "", login: ASSISTANT_LOGIN });
  }

  join(userId: string): LiveMember {
    const { watch, accounts, clock } = this.#deps;
    let [left, atMs] = [ALLOWANCE, clock.nowMs()];
    const may = (roomId: string): boolean => {
      const nowMs = clock.nowMs();
      left = Math.min(ALLOWANCE, left + (Math.max(0, nowMs - atMs) / 1_000) * ALLOWED_PER_SECOND);
      atMs = nowMs;
      const listeners = watch.listeners(roomId);
      // Each member's own socket is among them, as soon as the room is watched for it.
      if (left < 1 || listeners.size > LIVE_SOCKETS_MAX) return false;
      if (![...listeners].some((listener) => listener.userId === userId)) return false;
      left -= 1;
      return true;
    };
    return {
      typing: async (roomId) => {
        if (!may(roomId)) return;
        const login = (await accounts.findById(userId))?.login;
        if (login !== undefined) this.#tell({ roomId, userId, login });
      },
      present: async (roomId) => {
        if (!may(roomId)) return undefined;
        const there = new Set((await this.#askPresent({ roomId })).flat());
        if (there.size > LIVE_SOCKETS_MAX) return undefined;
        return (await accounts.loginsOf([...there])).toSorted();
      },
    };
  }

  #tell(typing: Typing): void {
    void this.#deps.bus.publish(TYPING_CHANNEL, typing);
  }
}
