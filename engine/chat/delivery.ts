import type { ChatEvent } from "#contract/chat-event.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { throwIfAborted, waitFor, withTimeout } from "#engine/abort.ts";
import type { Logger } from "#contract/logger.ts";
import type { Clock, Outbox, OutboxRow, StreamCall, Transport } from "#engine/ports.ts";
import { decideRetry } from "#engine/retry/retry-policy.ts";
import type { SendingSession } from "#engine/session/session-api.ts";

/** Chat keys made here, for chats that the server has not named yet, begin so; all others are the server's ids. */
export const NEW_CHAT_PREFIX = "new:";

/** How long a finished answer may keep its stream open before we close it, in milliseconds. */
const CLOSE_WAIT_MS = 2000;

/** What delivering needs of the engine's surroundings. */
export interface DeliveryDeps {
  readonly transport: Transport;
  readonly session: SendingSession;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hardwareId: string;
  readonly locale: string;
  readonly random: () => number;
  readonly searchAllChats: () => boolean;
  /** The person has silenced this answer since it was asked for. */
  readonly isMuted: (row: OutboxRow) => boolean;
}

/** One outbox row on its way; mutable, owned by its lane. */
export interface Pending {
  row: OutboxRow;
  /** Failed attempts in a row; decides the next pause. */
  failures: number;
  /** Attempts of this process. */
  attempts: number;
  /** Speech of this answer has been played: a repeated answer comes without. */
  heardAudio: boolean;
  cancelled: boolean;
  /** Bookkeeping in the outbox that must be over before the row is removed. */
  writes: Promise<void>;
}

export function createPending(row: OutboxRow): Pending {
  return { row, failures: 0, attempts: 0, heardAudio: false, cancelled: false, writes: Promise.resolve() };
}

/** How a series of attempts ended. `waiting` without `delayMs` waits for a sign-in, or a retry by hand. */
export type Outcome =
  | { readonly kind: "answered" }
  | { readonly kind: "failed"; readonly error: PipitError }
  | { readonly kind: "waiting"; readonly error: PipitError; readonly delayMs?: number }
  | { readonly kind: "aborted" };

/** Told while delivering. */
export interface DeliveryListener {
  attempt(): void;
  event(event: ChatEvent): void;
  /** An attempt failed; before it is known whether there will be another. */
  error(error: PipitError): void;
}

interface Attempt {
  readonly token: string | undefined;
  readonly sawChunk: boolean;
  /** Absent: the answer is complete. */
  readonly error?: PipitError;
}

/** Writes to the outbox beside the stream; the row still being there is what counts, so a failure is only logged. */
export function write(deps: DeliveryDeps, pending: Pending, work: () => Promise<void>): void {
  pending.writes = pending.writes.then(work).catch((reason: unknown) => {
    deps.logger.warn("outbox.write_failed", { detail: PipitError.from(reason).message });
  });
}

/** Runs one series of attempts (contracts §1, "Retry"). Never throws. */
export async function deliver(
  deps: DeliveryDeps,
  pending: Pending,
  listener: DeliveryListener,
  signal: AbortSignal,
): Promise<Outcome> {
  let renewed = false;
  for (;;) {
    listener.attempt();
    let attempt = await tryOnce(deps, pending, listener, signal);
    if (attempt.error === undefined) return { kind: "answered" };
    if (signal.aborted) return { kind: "aborted" };
    if (isTokenError(attempt.error) && !renewed) {
      renewed = true;
      const error = await renewToken(deps, attempt.token, signal);
      if (error === undefined) continue;
      attempt = { ...attempt, token: undefined, error };
    }
    const next = await afterFailure(deps, pending, attempt, listener, signal);
    if (next !== "again") return next;
  }
}

async function afterFailure(
  deps: DeliveryDeps,
  pending: Pending,
  attempt: Attempt,
  listener: DeliveryListener,
  signal: AbortSignal,
): Promise<Outcome | "again"> {
  const error = attempt.error ?? PipitError.from(undefined);
  if (signal.aborted) return { kind: "aborted" };
  listener.error(error);
  if (isTokenError(error)) {
    if (attempt.token !== undefined) await refuseToken(deps, attempt.token, signal);
    return { kind: "waiting", error: signedOut() };
  }
  // Without a token nothing was refused: whatever is wrong (a locked keychain), the message is not to blame.
  const isBlameless = attempt.token === undefined && !error.retryable;
  if (isBlameless || error.code === "SIGNED_OUT") return { kind: "waiting", error };
  pending.failures += 1;
  const decision = decideRetry(
    { error, failures: pending.failures, sawChunk: attempt.sawChunk },
    deps.random,
  );
  if (decision.kind === "fail") return { kind: "failed", error };
  if (decision.kind === "wait") return { kind: "waiting", error, delayMs: decision.delayMs };
  try {
    await deps.clock.sleep(decision.delayMs, signal);
    return "again";
  } catch {
    return { kind: "aborted" };
  }
}

function isTokenError(error: PipitError): boolean {
  return error.code === "TOKEN_MISSING" || error.code === "TOKEN_EXPIRED" || error.code === "TOKEN_INVALID";
}

function signedOut(): PipitError {
  return new PipitError(
    "SIGNED_OUT",
    "The server no longer accepts this sign-in. Sign in again; the message is kept.",
  );
}

async function renewToken(
  deps: DeliveryDeps,
  token: string | undefined,
  signal: AbortSignal,
): Promise<PipitError | undefined> {
  if (token === undefined) return signedOut();
  try {
    await deps.session.renew(token, signal);
    return undefined;
  } catch (reason) {
    return PipitError.from(reason);
  }
}

async function refuseToken(deps: DeliveryDeps, token: string, signal: AbortSignal): Promise<void> {
  try {
    await deps.session.refuse(token, signal);
  } catch (reason) {
    deps.logger.warn("auth.refuse_failed", { detail: PipitError.from(reason).message });
  }
}

async function tryOnce(
  deps: DeliveryDeps,
  pending: Pending,
  listener: DeliveryListener,
  signal: AbortSignal,
): Promise<Attempt> {
  let token: string | undefined;
  let sawChunk = false;
  try {
    token = await deps.session.accessToken(signal);
    requireAccount(deps, pending.row);
    pending.attempts += 1;
    write(deps, pending, () => deps.outbox.recordAttempt(pending.row.clientMessageId));
    const call = callOf(deps, pending);
    await readStream(deps, call, signal, (event) => {
      if (event.type === "text" || event.type === "tool") sawChunk = true;
      if (event.type === "audio") {
        // A turn that we joined may still speak although we asked for silence.
        if (!call.speak) return;
        sawChunk = true;
        pending.heardAudio = true;
      }
      listener.event(event);
    });
    return { token, sawChunk };
  } catch (reason) {
    return { token, sawChunk, error: PipitError.from(reason) };
  }
}

/** A row belongs to one account; another one may have signed in since, here or in another process. */
function requireAccount(deps: DeliveryDeps, row: OutboxRow): void {
  const state = deps.session.store.getState();
  if (state.kind === "signed-in" && state.accountId === row.accountId) return;
  throw new PipitError("SIGNED_OUT", "Sign in to the account that wrote this message to send it.");
}

function callOf(deps: DeliveryDeps, pending: Pending): StreamCall {
  const { row } = pending;
  return {
    prompt: row.text,
    clientMessageId: row.clientMessageId,
    hardwareId: deps.hardwareId,
    locale: deps.locale,
    speak: row.speak && !pending.heardAudio && !deps.isMuted(row),
    searchAllChats: deps.searchAllChats(),
    ...(row.chatKey.startsWith(NEW_CHAT_PREFIX) ? {} : { chatId: row.chatKey }),
    ...(row.image === undefined ? {} : { image: row.image }),
  };
}

/** Reads until `end`. Aborting ends it at once, even if the transport is slow to notice. */
async function readStream(
  deps: DeliveryDeps,
  call: StreamCall,
  signal: AbortSignal,
  onEvent: (event: ChatEvent) => void,
): Promise<void> {
  const hangUp = new AbortController();
  const stream = deps.transport.streamAudio(call, AbortSignal.any([signal, hangUp.signal]));
  const iterator = stream[Symbol.asyncIterator]();
  let closed = false;
  try {
    for (;;) {
      const next = await waitFor(iterator.next(), signal);
      throwIfAborted(signal);
      if (next.done === true) {
        closed = true;
        throw new PipitError("SERVER_UNREACHABLE", "The connection ended before the answer was complete.");
      }
      onEvent(next.value);
      if (next.value.type === "end") break;
    }
    closed = await waitForClose(deps.clock, iterator, signal);
  } finally {
    if (!closed) {
      hangUp.abort();
      void iterator.return?.().catch(() => {});
    }
  }
}

/** The server closes right after `end`; cutting it off could look like an interrupt. What it still says is ignored. */
async function waitForClose(
  clock: Clock,
  iterator: AsyncIterator<ChatEvent>,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const next = await withTimeout(clock, CLOSE_WAIT_MS, signal, () => iterator.next(), notClosed);
    return next.done === true;
  } catch {
    return false;
  }
}

function notClosed(): PipitError {
  return new PipitError("DEADLINE_EXCEEDED", "The answer is complete, but its stream was not closed.");
}
