import type { SearchHit, Turn, TurnStore } from "#server/domain/chats/ports.ts";

/** A finished turn; `index` also makes its id and time. */
export function turnOf(chatId: string, index: number, userText: string, assistantText = "Fine."): Turn {
  return {
    id: `${chatId}-turn-${index}`,
    chatId,
    userId: "u1",
    clientMessageId: undefined,
    parentTurnId: index === 0 ? undefined : `${chatId}-turn-${index - 1}`,
    index,
    userText,
    hadImage: false,
    files: [],
    assistantText,
    reasoning: "",
    parts: [],
    failure: undefined,
    status: "done",
    model: "m",
    inputTokens: 0,
    outputTokens: 0,
    ownerId: "o",
    leaseUntilMs: 0,
    createdAtMs: Date.UTC(2026, 10, 1, 12, index),
    finishedAtMs: Date.UTC(2026, 10, 1, 12, index),
  };
}

const refuse = () => Promise.reject(new Error("not part of this test"));

/** A turn store in memory that finds by plain substring; it records the searches. */
export function memoryTurns(turns: readonly Turn[]) {
  const searches: { userId: string; query: string; chatId?: string; limit: number }[] = [];
  const store: TurnStore = {
    begin: refuse,
    finish: refuse,
    renewLeases: refuse,
    lost: refuse,
    endLeases: refuse,
    recent: refuse,
    inOrder: refuse,
    history: refuse,
    historyAround: refuse,
    picture: refuse,
    files: refuse,
    remove: refuse,
    restore: refuse,
    around: (userId, chatId, turnId) => {
      const own = turns.filter((turn) => turn.userId === userId && turn.chatId === chatId);
      const at = own.find(({ id }) => id === turnId)?.index ?? Number.NaN;
      return Promise.resolve(own.filter(({ index }) => Math.abs(index - at) <= 1));
    },
    search: (userId, query, options) => {
      searches.push({ userId, query, ...options });
      const hits = turns
        .filter((turn) => options.chatId === undefined || turn.chatId === options.chatId)
        .filter((turn) => turn.userId === userId && turn.userText.includes(query))
        .filter((turn, at, all) => {
          const before = all.slice(0, at).filter(({ chatId }) => chatId === turn.chatId);
          return before.length < (options.perChat ?? options.limit);
        })
        .map((turn) => hitOf(turn))
        .slice(0, options.limit);
      return Promise.resolve(hits);
    },
  };
  return { store, searches };
}

function hitOf(turn: Turn): SearchHit {
  return {
    chatId: turn.chatId,
    chatTitle: `Chat ${turn.chatId}`,
    turnId: turn.id,
    turnIndex: turn.index,
    createdAtMs: turn.createdAtMs,
    score: 1,
    headline: turn.userText,
    highlights: [],
    places: [],
  };
}
