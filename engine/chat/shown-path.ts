import type { ChatEvent } from "#contract/chat-event.ts";
import type { AssistantMessage, Message, UserMessage } from "#contract/chat-state.ts";

// Of a chat, one path is shown: each exchange follows the one before it. What stands beside it is kept by the server.

/** The answer to the question at this place. */
export function answerAt(messages: readonly Message[], userAt: number): AssistantMessage | undefined {
  const next = messages[userAt + 1];
  return next?.role === "assistant" && next.replyTo === messages[userAt]?.id ? next : undefined;
}

/**
 * With a question that is to be sent: where it stood already, if the server knows it, as a repeated one is never moved;
 * else at the end, and what it branches off from goes.
 */
export function compose(messages: readonly Message[], message: UserMessage): readonly Message[] {
  const at = messages.findIndex(({ role, id }) => role === "user" && id === message.id);
  const known = messages[at];
  const answer = answerAt(messages, at);
  if (known?.role === "user" && known.turnId !== undefined) {
    // The answer has come, and the program that got it has not said so in the outbox yet.
    if (answer?.status === "done") return messages;
    const asked = placed(message, known);
    const isAnew = message.status.kind === "queued" && answer !== undefined;
    return messages.toSpliced(at, isAnew ? 2 : 1, asked);
  }
  const others = at === -1 ? messages : messages.toSpliced(at, answer === undefined ? 1 : 2);
  // Which branch one that is set aside will make is decided when it is sent.
  return message.status.kind === "queued" ? branchOff(others, message) : [...others, message];
}

/** The server has begun the turn of the question at this place, and says what it follows. */
export function named(
  messages: readonly Message[],
  at: number,
  { turnId, parentTurnId }: ChatEvent & { readonly type: "turn" },
): readonly Message[] {
  const asked = messages[at];
  if (asked?.role !== "user") return messages;
  const parent = parentTurnId === undefined ? {} : { parentTurnId };
  const question = withOwnTurn({ ...asked, ...parent, turnId });
  const beside = siblingOf(messages, question);
  if (beside === undefined) return messages.with(at, question);
  const kept = withoutBranch(messages.with(at, question), beside, question.id);
  const now = kept.findIndex(({ role, id }) => role === "user" && id === question.id);
  return kept.with(now, withOwnTurn({ ...question, branch: nextBranch(beside) }));
}

/**
 * What the server has of a chat, with the exchanges of which something is still to come: each in its place, or at the end.
 */
export function merge(history: readonly Message[], underWay: readonly Message[]): readonly Message[] {
  let messages = history;
  for (const [index, question] of underWay.entries()) {
    if (question.role !== "user") continue;
    const answer = answerAt(underWay, index);
    const exchange = listOf(answer);
    const at = messages.findIndex(
      ({ role, id, turnId }) =>
        role === "user" && (id === question.id || (turnId !== undefined && turnId === question.turnId)),
    );
    const stored = messages[at];
    if (stored?.role !== "user") {
      // One that failed on the server, on a path that is not shown.
      if (question.status.kind === "failed" && question.turnId !== undefined) continue;
      const { branch: _branch, ...asked } = question;
      messages = [...messages, asked, ...exchange];
      continue;
    }
    const known = answerAt(messages, at);
    if (known?.status === "done" && question.status.kind !== "sending") continue;
    const count = known === undefined ? 1 : 2;
    messages = messages.toSpliced(
      at,
      count,
      placed(question, stored),
      ...listOf(answerKept(question, answer, known)),
    );
  }
  return messages;
}

function listOf(answer: AssistantMessage | undefined): readonly AssistantMessage[] {
  return answer === undefined ? [] : [answer];
}

/** Of a question that failed before this program started, the server has what came of its answer. */
function answerKept(
  { status }: UserMessage,
  own: AssistantMessage | undefined,
  stored: AssistantMessage | undefined,
): AssistantMessage | undefined {
  return own ?? (status.kind === "failed" ? stored : undefined);
}

/** A question of this program, at the place that the server tells. */
function placed({ branch: _branch, ...message }: UserMessage, { turnId, parentTurnId, branch }: UserMessage) {
  return {
    ...message,
    ...(turnId === undefined ? {} : { turnId }),
    ...(parentTurnId === undefined ? {} : { parentTurnId }),
    ...(branch === undefined ? {} : { branch }),
  };
}

function branchOff(messages: readonly Message[], message: UserMessage): readonly Message[] {
  const beside = siblingOf(messages, message);
  if (beside === undefined) return [...messages, message];
  return [...withoutBranch(messages, beside, message.id), { ...message, branch: nextBranch(beside) }];
}

/** The other question on show that follows the same turn. */
function siblingOf(messages: readonly Message[], { id, parentTurnId }: UserMessage): UserMessage | undefined {
  if (parentTurnId === undefined) return undefined;
  const found = messages.find(
    (other) =>
      other.role === "user" &&
      other.id !== id &&
      other.parentTurnId === parentTurnId &&
      (other.turnId !== undefined || other.branch !== undefined),
  );
  return found?.role === "user" ? found : undefined;
}

/** The place of a new question beside this one; one that the server does not know gives up its own. */
function nextBranch({ turnId, branch }: UserMessage): NonNullable<UserMessage["branch"]> {
  if (turnId === undefined && branch !== undefined) return branch;
  const turnIds = branch?.turnIds ?? (turnId === undefined ? [] : [turnId]);
  return { index: turnIds.length, count: turnIds.length + 1, turnIds };
}

function withOwnTurn(question: UserMessage): UserMessage {
  const { turnId, branch } = question;
  if (branch === undefined || turnId === undefined || branch.turnIds.includes(turnId)) return question;
  const turnIds = [...branch.turnIds, turnId];
  return { ...question, branch: { index: turnIds.length - 1, count: turnIds.length, turnIds } };
}

/** Without this exchange and those below it; what waits to be sent follows the new branch. */
function withoutBranch(
  messages: readonly Message[],
  beside: UserMessage,
  keptId: string,
): readonly Message[] {
  const from = messages.indexOf(beside);
  const kept = new Set([keptId]);
  for (const message of messages.slice(from + 1))
    if (message.role === "user" && message.turnId === undefined && message.status.kind !== "cancelled")
      kept.add(message.id);
  return messages.filter(
    (message, at) => at < from || kept.has(message.role === "user" ? message.id : message.replyTo),
  );
}

/**
 * What the next question follows, when a branch ends the path that never became a turn: it was set aside, or stopped
 * before. Else undefined: the end of what the server shows.
 */
export function parentOfNext(messages: readonly Message[]): string | undefined {
  const last = messages.findLastIndex(({ turnId }) => turnId !== undefined);
  const parentTurnId = messages[last]?.turnId ?? "";
  const isCut = messages
    .slice(last + 1)
    .some(
      (message) =>
        message.role === "user" &&
        message.parentTurnId === parentTurnId &&
        (message.status.kind === "failed" || message.status.kind === "cancelled"),
    );
  return isCut ? parentTurnId : undefined;
}

/** Whether a question whose turn has begun follows the same turn on the server as it does here. */
export function followsShown(
  messages: readonly Message[],
  id: string,
  { parentTurnId }: ChatEvent & { readonly type: "turn" },
): boolean {
  const at = messages.findIndex((message) => message.role === "user" && message.id === id);
  if (at === -1 || parentTurnId === undefined) return true;
  return (
    (messages.slice(0, at).findLast(({ turnId }) => turnId !== undefined)?.turnId ?? "") === parentTurnId
  );
}

/** The question of an exchange, by its own id or that of its answer. */
export function questionOf(messages: readonly Message[], messageId: string): UserMessage | undefined {
  const message = messages.find(({ id }) => id === messageId);
  const id = message?.role === "assistant" ? message.replyTo : messageId;
  const question = messages.find((other) => other.role === "user" && other.id === id);
  return question?.role === "user" ? question : undefined;
}
