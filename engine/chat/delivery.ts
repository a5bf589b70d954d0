import type { ChatEvent } from "#contract/chat-event.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { throwIfAborted } from "#engine/abort.ts";
import type { Logger } from "#contract/logger.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type {
  AskServer,
  Attachment,
  Clock,
  Outbox,
  OutboxRow,
  SignInListener,
  StreamCall,
} from "#engine/ports.ts";
import { decideRetry, seriesLimit } from "#engine/retry/retry-policy.ts";

/** Chat keys made here, for chats that the server has not named yet, begin so; all others are the server's ids. */
const NEW_CHAT_PREFIX = "new:";
/** Also in the outbox: whoever sends a message of such a chat must not make one of another kind. */
export const TEMPORARY_CHAT_PREFIX = `${NEW_CHAT_PREFIX}temporary:`;

const PROJECT_CHAT_PREFIX = `${NEW_CHAT_PREFIX}project:`;

/** What a chat will be that the server has not made yet; "temporary": one that it does not keep. */
export type NewChatKind = "temporary" | { readonly projectId: string };

/** The key of a chat that is made here; it is what the outbox keeps of its kind. `id`: a UUID. */
export function newChatKey(kind: NewChatKind | undefined, id: string): string {
  if (kind === undefined) return NEW_CHAT_PREFIX + id;
  if (kind === "temporary") return TEMPORARY_CHAT_PREFIX + id;
  return `${PROJECT_CHAT_PREFIX}${kind.projectId}:${id}`;
}

/** The project of a chat that is made here, by its key. */
export function projectOfKey(chatKey: string): string | undefined {
  if (!chatKey.startsWith(PROJECT_CHAT_PREFIX)) return undefined;
  return chatKey.slice(PROJECT_CHAT_PREFIX.length, chatKey.lastIndexOf(":"));
}

/** Whether the server has not named this chat yet, as far as is known here. */
export function isNewChat(chatKey: string): boolean {
  return chatKey.startsWith(NEW_CHAT_PREFIX);
}

/** What delivering needs of the engine's surroundings. */
export interface DeliveryDeps {
  readonly ask: AskServer;
  readonly outbox: Pick<Outbox, "picture">;
  /** Counts an attempt in the outbox, beside the stream. */
  readonly recordAttempt: (clientMessageId: string) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hardwareId: string;
  readonly locale: string;
  readonly random: () => number;
  readonly searchAllChats: () => boolean;
  readonly model: () => string | undefined;
  /** The person has silenced this answer since it was asked for. */
  readonly isMuted: (row: OutboxRow) => boolean;
}

/** One outbox row as this program knows it; mutable. */
export interface Pending {
  row: OutboxRow;
  /** Failed attempts in a row; decides the next pause. */
  failures: number;
  /** Series of attempts that failed for a reason that may be its own; decides whether it is parked. */
  series: number;
  /** Attempts of this process. */
  attempts: number;
  /** Speech of this answer has been played: a repeated answer comes without. */
  heardAudio: boolean;
  /** Its state could not be written: what we know is newer than what the outbox says. */
  unsaved: boolean;
}

export function createPending(row: OutboxRow): Pending {
  return { row, failures: 0, series: 0, attempts: 0, heardAudio: false, unsaved: false };
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
  /** An attempt failed; it is not known yet whether there will be another. */
  error(error: PipitError): void;
}

interface Attempt {
  /** The server may have taken the message; else whatever is wrong (a locked keychain), the message is not to blame. */
  readonly isSent: boolean;
  readonly sawChunk: boolean;
  /** Absent: the answer is complete. */
  readonly error?: PipitError;
}

/** Runs one series of attempts (docs/reference/streaming.md, "Retry"). Never throws. */
export async function deliver(
  deps: DeliveryDeps,
  pending: Pending,
  listener: DeliveryListener,
  signal: AbortSignal,
): Promise<Outcome> {
  let image: ScreenImage | undefined;
  try {
    image = await imageOf(deps, pending.row);
  } catch (reason) {
    return { kind: "failed", error: PipitError.from(reason) };
  }
  for (;;) {
    listener.attempt();
    const attempt = await tryOnce(deps, pending, image, listener, signal);
    if (attempt.error === undefined) return { kind: "answered" };
    if (signal.aborted) return { kind: "aborted" };
    const next = await afterFailure(deps, pending, { ...attempt, error: attempt.error }, listener, signal);
    if (next !== "again") return next;
  }
}

async function afterFailure(
  deps: DeliveryDeps,
  pending: Pending,
  { isSent, sawChunk, error }: Required<Attempt>,
  listener: DeliveryListener,
  signal: AbortSignal,
): Promise<Outcome | "again"> {
  listener.error(error);
  if (error.code === "SIGNED_OUT" || (!isSent && !error.retryable)) return { kind: "waiting", error };
  pending.failures += 1;
  const decision = decideRetry({ error, failures: pending.failures, sawChunk }, deps.random);
  if (decision.kind === "fail") return { kind: "failed", error };
  if (decision.kind === "wait") {
    const limit = seriesLimit(error);
    // What was not the message's own does not count: the model may be up a little later than the server.
    if (limit !== Infinity) pending.series += 1;
    if (pending.series >= limit) return { kind: "failed", error };
    return { kind: "waiting", error, delayMs: decision.delayMs };
  }
  try {
    await deps.clock.sleep(decision.delayMs, signal);
    return "again";
  } catch {
    return { kind: "aborted" };
  }
}

async function tryOnce(
  deps: DeliveryDeps,
  pending: Pending,
  image: ScreenImage | undefined,
  listener: DeliveryListener,
  signal: AbortSignal,
): Promise<Attempt> {
  let isSent = false;
  let sawChunk = false;
  const onSignIn: SignInListener = (attachment) => {
    isSent = false;
    if (attachment === undefined) return;
    requireAccount(pending.row, attachment);
    isSent = true;
    pending.attempts += 1;
    deps.recordAttempt(pending.row.clientMessageId);
  };
  const call = callOf(deps, pending, image);
  try {
    for await (const event of deps.ask(call, signal, onSignIn)) {
      throwIfAborted(signal);
      // A turn that we joined may still speak although we asked for silence.
      if (event.type === "audio" && !call.speak) continue;
      sawChunk ||= ["text", "reasoning", "tool", "audio"].includes(event.type);
      pending.heardAudio ||= event.type === "audio";
      listener.event(event);
      if (event.type === "end") return { isSent, sawChunk };
    }
    throw new PipitError("SERVER_UNREACHABLE", "The connection ended before the answer was complete.");
  } catch (reason) {
    return { isSent, sawChunk, error: PipitError.from(reason) };
  }
}

/** A row belongs to one account; another one may have signed in since, here or in another process. */
function requireAccount({ accountId }: OutboxRow, attachment: Attachment): void {
  if (attachment.accountId === accountId) return;
  throw new PipitError("SIGNED_OUT", "Sign in to the account that wrote this message to send it.");
}

/** The picture of a message that waits. @throws PipitError SCREENSHOT_INVALID when it is gone: without it, this would be another question */
export async function imageOf(
  { outbox }: Pick<DeliveryDeps, "outbox">,
  row: Pick<OutboxRow, "clientMessageId" | "image">,
): Promise<ScreenImage | undefined> {
  if (row.image === undefined) return undefined;
  const bytes = await outbox.picture(row.clientMessageId);
  if (bytes === undefined) {
    const message = "The picture of this message is no longer at hand. Attach it again and send.";
    throw new PipitError("SCREENSHOT_INVALID", message, { field: "screenshot" });
  }
  return { bytes, widthPx: row.image.widthPx, heightPx: row.image.heightPx };
}

/** All messages of a new chat carry its key: the server may have named it for one of them, and not been heard. */
function chatOf({ chatKey }: OutboxRow): Pick<StreamCall, "chatId" | "chatKey" | "temporary" | "projectId"> {
  if (!isNewChat(chatKey)) return { chatId: chatKey };
  if (chatKey.startsWith(TEMPORARY_CHAT_PREFIX)) {
    return { chatKey: chatKey.slice(TEMPORARY_CHAT_PREFIX.length), temporary: true };
  }
  const projectId = projectOfKey(chatKey);
  if (projectId !== undefined) return { chatKey: chatKey.slice(chatKey.lastIndexOf(":") + 1), projectId };
  return { chatKey: chatKey.slice(NEW_CHAT_PREFIX.length) };
}

function callOf(deps: DeliveryDeps, pending: Pending, image: ScreenImage | undefined): StreamCall {
  const { row } = pending;
  const model = deps.model();
  return {
    prompt: row.text,
    clientMessageId: row.clientMessageId,
    hardwareId: deps.hardwareId,
    locale: deps.locale,
    speak: row.speak && !pending.heardAudio && !deps.isMuted(row),
    searchAllChats: deps.searchAllChats(),
    ...chatOf(row),
    ...(row.parentTurnId === undefined ? {} : { parentTurnId: row.parentTurnId }),
    ...(image === undefined ? {} : { image }),
    ...(row.files === undefined ? {} : { files: row.files }),
    ...(model === undefined ? {} : { model }),
  };
}
