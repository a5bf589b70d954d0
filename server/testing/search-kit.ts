import type { SearchOptions } from "#server/domain/chats/ports.ts";
import type { TestDatabase } from "./databases.ts";

/** A turn to be found, the n-th at n ms unless it has a time. */
export interface Said {
  readonly question: string;
  readonly answer?: string;
  readonly chatId?: string;
  readonly userId?: string;
  readonly atMs?: number;
  /** Of its chat. */
  readonly title?: string;
}

/** A store with these turns, "turn-0", "turn-1" and so on, all of them answered; goes away with it. */
export async function storeWithTurns(database: TestDatabase, said: readonly Said[]) {
  const temporary = await database.open();
  const { chats, turns } = temporary.store;
  const known = new Set<string>();
  for (const [n, turn] of said.entries()) {
    const { question, answer = "", chatId = "chat-1", userId = "user-1", atMs = n } = turn;
    if (!known.has(chatId)) {
      const { title = `About ${chatId}` } = turn;
      await chats.create({ id: chatId, userId, title, createdAtMs: atMs, updatedAtMs: atMs });
      known.add(chatId);
    }
    const turnId = `turn-${n}`;
    await turns.begin({
      turnId,
      chatId,
      userId,
      clientMessageId: undefined,
      userText: question,
      hadImage: false,
      ownerId: "p",
      nowMs: atMs,
      leaseMs: 1,
    });
    await turns.finish({
      turnId,
      ownerId: "p",
      status: "done",
      assistantText: answer,
      reasoning: "",
      model: undefined,
      inputTokens: 0,
      outputTokens: 0,
      nowMs: atMs,
    });
  }
  return {
    ...temporary,
    find: async (query: string, options: Partial<SearchOptions> & { readonly userId?: string } = {}) => {
      const { userId = "user-1", limit = 10, ...rest } = options;
      return turns.search(userId, query, { limit, ...rest });
    },
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}
