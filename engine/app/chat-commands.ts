import type { chatCommands } from "#contract/commands/chat.ts";
import type { Handlers } from "#contract/commands/command.ts";
import type { AppCore } from "./app-ports.ts";

export function createChatCommands({ client, signal }: AppCore): Handlers<typeof chatCommands> {
  const engine = async () => (await client()).engine;
  const history = async () => (await client()).history;
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
      const from = await client();
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
