import type { AppState } from "#contract/app-state.ts";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Settled } from "#engine/chat/chat-engine-api.ts";
import type { AppClient } from "./app-ports.ts";

interface UnreadMarksDeps {
  readonly show: (patch: Pick<AppState, "unreadChanges">) => void;
  readonly logger: Logger;
  /** Aborts when the application ends. */
  readonly signal: AbortSignal;
}

type Client = Pick<AppClient, "engine" | "history">;

/** Keeps on the server, and so for every device of the account, which chats hold an answer that the person has not seen. */
export type UnreadMarks = ReturnType<typeof createUnreadMarks>;

export function createUnreadMarks({ show, logger, signal }: UnreadMarksDeps) {
  let unreadChanges = 0;
  /** A mark that cannot be set is no reason to disturb the person. Never throws. */
  const mark = async (client: Client, chatId: string, unread: boolean): Promise<void> => {
    try {
      await client.history.changeChat(chatId, { unread }, signal);
      show({ unreadChanges: ++unreadChanges });
    } catch (reason) {
      logger.info("chat.not_marked", { chatId, code: PipitError.from(reason).code });
    }
  };
  return {
    /** A question is settled; an answer in a chat that is not on show was not seen. */
    async settled(client: Client, { chatId, end }: Settled): Promise<void> {
      if (end.kind !== "answered" || chatId === undefined || isShown(client, chatId)) return;
      await mark(client, chatId, true);
      // Opened meanwhile.
      if (isShown(client, chatId)) await mark(client, chatId, false);
    },
    /** The person has opened a chat with the mark. */
    seen: (client: Client, chatId: string) => mark(client, chatId, false),
  };
}

function isShown({ engine }: Client, chatId: string): boolean {
  return engine.store.getState().chatId === chatId;
}
