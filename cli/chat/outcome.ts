import type { ChatEngine } from "#engine/chat/chat-engine-api.ts";
import type { Failure, UserMessage, UserStatus } from "#contract/chat-state.ts";
import type { Client } from "#engine/node/client.ts";
import { isConnectionError } from "#engine/retry/retry-policy.ts";
import type { Messages } from "../kit/messages.ts";
import { exitCodeOf, exitCodes, type ExitCode } from "../kit/exit-codes.ts";

/** The question with this id, if the state still shows it. */
export function findQuestion(engine: ChatEngine, messageId: string): UserMessage | undefined {
  return engine.store
    .getState()
    .messages.find((message): message is UserMessage => message.role === "user" && message.id === messageId);
}

/**
 * Waits until a question is settled or waits in the outbox. Our own server, when it went away in the middle of an
 * answer, is started again at once, and when it no longer knows our tokens (its database was lost), the local account
 * is signed in again: the person is still looking. One that is being restarted is asked again, or another in its place is.
 */
export async function settle(
  client: Client,
  messageId: string,
  signal: AbortSignal,
): Promise<UserMessage | undefined> {
  await client.engine.idle();
  const question = findQuestion(client.engine, messageId);
  if (question?.status.kind !== "queued") return question;
  const code = question.status.reason?.code;
  if (client.ownServer && code === "SIGNED_OUT") await client.signIn(signal);
  else if (code !== "SERVER_STOPPING" && !(client.ownServer && code === "SERVER_UNREACHABLE"))
    return question;
  await client.engine.resume();
  await client.engine.idle();
  return findQuestion(client.engine, messageId);
}

/** Why a question was not answered, or not yet. */
export function failureOf(question: UserMessage | undefined): Failure | undefined {
  if (question?.status.kind === "failed") return question.status.failure;
  return question?.status.kind === "queued" ? question.status.reason : undefined;
}

type Waiting = UserStatus & { readonly kind: "queued" };

/**
 * What becomes of a message that waits: a server that answers "later" is not away.
 *
 * @param before statuses of the messages before it in its chat
 */
export function keptText(
  { reason, nextTryAtMs, elsewhere }: Waiting,
  messages: Messages,
  before: readonly UserStatus[] = [],
): string {
  const isBehind = before.some((status) => status.kind === "queued" && isTold(status.reason));
  if (elsewhere === true) return messages.keptElsewhere;
  if (reason === undefined && isBehind) return messages.keptBehind;
  if (reason?.code === "SIGNED_OUT") return messages.keptSignedOut;
  const isAway = reason === undefined || isConnectionError(reason);
  return isAway || nextTryAtMs === undefined ? messages.kept(1) : messages.keptUntil(nextTryAtMs);
}

/** The server answered, and not with the message's answer. */
function isTold(reason: Failure | undefined): boolean {
  return reason !== undefined && !isConnectionError(reason) && reason.code !== "SIGNED_OUT";
}

/** Statuses of the questions above this one. */
export function statusesBefore(engine: ChatEngine, messageId: string): readonly UserStatus[] {
  const { messages } = engine.store.getState();
  const at = messages.findIndex(({ id }) => id === messageId);
  return messages.slice(0, at).flatMap((message) => (message.role === "user" ? [message.status] : []));
}

/** What a question's end means for a script. A message that waits in the outbox is "unreachable", unless sign-in is missing. */
export function exitCodeOfQuestion(question: UserMessage | undefined): ExitCode {
  switch (question?.status.kind) {
    case "answered":
      return exitCodes.done;
    case "cancelled":
      return exitCodes.interrupted;
    case "failed":
      return exitCodeOf(question.status.failure);
    case "queued": {
      const { reason } = question.status;
      const refused = reason !== undefined && exitCodeOf(reason) === exitCodes.refused;
      return refused ? exitCodes.refused : exitCodes.unreachable;
    }
    default:
      return exitCodes.failed;
  }
}
