import type { Commands } from "#contract/ipc-schema.ts";
import type { HistoryClient } from "#engine/history/history-client.ts";
import type { ChatEngine } from "./chat-engine-api.ts";

/** What the commands work on; asked for anew each time, because a host may change its server. */
export interface ChatCommandParts {
  readonly engine: ChatEngine;
  readonly history: HistoryClient;
}

type ChatCommand =
  | "send"
  | "cancel"
  | "regenerate"
  | "editAndResend"
  | "retry"
  | "discard"
  | "deleteMessage"
  | "messageImage"
  | "stopSpeaking"
  | "newChat"
  | "openChat"
  | "listChats"
  | "searchChats";

/**
 * The window's commands that are the engine's own, for every host of a window.
 *
 * @param signal aborts reading of stored chats when the host closes
 */
export function createChatCommands(
  parts: () => Promise<ChatCommandParts>,
  signal: AbortSignal,
): Pick<Commands, ChatCommand> {
  const engine = async (): Promise<ChatEngine> => (await parts()).engine;
  const history = async (): Promise<HistoryClient> => (await parts()).history;
  return {
    send: async ({ text, image }) => (await engine()).send(image === undefined ? { text } : { text, image }),
    cancel: async () => (await engine()).cancel(),
    regenerate: async ({ messageId }) => (await engine()).regenerate(messageId),
    editAndResend: async ({ messageId, text }) => (await engine()).editAndResend(messageId, text),
    retry: async ({ messageId }) => (await engine()).retry(messageId),
    discard: async ({ messageId }) => (await engine()).discard(messageId),
    deleteMessage: async ({ messageId }) => (await engine()).deleteMessage(messageId),
    messageImage: async ({ messageId }) => (await engine()).image(messageId),
    stopSpeaking: async () => (await engine()).stopSpeaking(),
    newChat: async () => (await engine()).newChat(),
    async openChat({ chatId }) {
      const from = await parts();
      const [messages, chats] = await Promise.all([
        from.history.messages(chatId, signal),
        from.history.chats(signal),
      ]);
      from.engine.openChat(chatId, messages, chats.find((chat) => chat.id === chatId)?.title);
    },
    listChats: async () => (await history()).chats(signal),
    searchChats: async ({ query }) => (await history()).search(query, undefined, signal),
  };
}
