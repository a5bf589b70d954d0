import type { Change } from "./chaos-client-process.ts";

/** A message as the person knows it. */
export interface Sent {
  readonly text: string;
  /** Those with the same one were written one after the other in one chat on show. */
  readonly group: number;
  /** Place in the order in which the person saw them accepted; absent: never. */
  kept: number | undefined;
  /**
   * What the person did to it before it was answered, by the text that an edit makes of it. Several may be under way at
   * once, and a life may end between a change and what is said of it.
   */
  readonly changes: Map<string, Change>;
}

export interface StoredTurn {
  readonly chat_id: string;
  readonly turn_index: number;
  readonly user_text: string;
  readonly assistant_text: string;
  readonly status: string;
}

function wasChanged({ changes }: Sent, how: Change): boolean {
  return [...changes.values()].includes(how);
}

export function lostOrDoubled(
  kept: readonly Sent[],
  turns: readonly StoredTurn[],
  sent: ReadonlyMap<string, Sent>,
): string[] {
  const byText = Map.groupBy(turns, ({ user_text: text }) => text);
  /** What an edit may have made of it. */
  const nextOf = ({ changes }: Sent): readonly Sent[] =>
    [...changes].flatMap(([into, how]) => (how === "edit" ? (sent.get(into) ?? []) : []));
  /** Itself or what became of it is, or was stopped, by the person. */
  const isThere = (message: Sent): boolean =>
    byText.has(message.text) || wasChanged(message, "stop") || nextOf(message).some(isThere);
  return kept.flatMap((message) => {
    const { text, changes } = message;
    const found = byText.get(text) ?? [];
    if (found.length > 1) return [`doubled: ${text}, ${found.length} times`];
    if (wasChanged(message, "stop") || (wasChanged(message, "edit") && isThere(message))) return [];
    const [turn] = found;
    if (turn === undefined) return [`lost: ${text} (${[...changes.values()].join(", ") || "not changed"})`];
    const whole = /^answer \d+ to the question\.$/u.test(turn.assistant_text);
    if (turn.status === "done" && whole) return [];
    return [`not answered: ${text} is ${turn.status}: ${turn.assistant_text}`];
  });
}

/** In each chat, turns stand in the order in which the person saw their messages accepted. */
export function outOfOrder(kept: readonly Sent[], turns: readonly StoredTurn[]): string[] {
  // What was set aside is sent last, by hand.
  const inTurn = kept.filter((message) => !wasChanged(message, "park"));
  const place = new Map(inTurn.map((sent) => [sent.text, sent.kept ?? 0]));
  return [...Map.groupBy(turns, ({ chat_id: chat }) => chat)].flatMap(([chat, inChat]) => {
    const places = inChat.map(({ user_text: text }) => place.get(text)).filter((at) => at !== undefined);
    return places.every((at, index) => index === 0 || at > (places[index - 1] ?? -1))
      ? []
      : [`out of order in ${chat}: ${inChat.map(({ user_text: text }) => text).join(", ")}`];
  });
}

/** What was written one after the other in one chat stays in one chat. */
export function scattered(kept: readonly Sent[], turns: readonly StoredTurn[]): string[] {
  const chatOf = new Map(turns.map((turn) => [turn.user_text, turn.chat_id]));
  const due = kept.filter((message) => !wasChanged(message, "stop") && !wasChanged(message, "edit"));
  return [...Map.groupBy(due, ({ group }) => group)].flatMap(([, together]) => {
    const chats = new Set(together.map(({ text }) => chatOf.get(text)));
    const where = ({ text, changes }: Sent): string =>
      `${text} (${[...changes.values()].join(", ")}) in ${chatOf.get(text)?.slice(0, 8)}`;
    return chats.size === 1 ? [] : [`scattered over ${chats.size} chats: ${together.map(where).join("; ")}`];
  });
}
