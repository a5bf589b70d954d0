import type { ChatEvent } from "#contract/chat-event.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { OutboxRow } from "#engine/ports.ts";
import { isConnectionError } from "#engine/retry/retry-policy.ts";
import type { Activity } from "./activity.ts";
import { createPending, deliver, write, type DeliveryDeps, type Outcome, type Pending } from "./delivery.ts";
import type { ChatViews } from "./chat-views.ts";
import type { Failure } from "#contract/chat-state.ts";

/** What the {@link Queue} needs of the engine; callbacks are synchronous and must not throw. */
export interface QueueDeps extends DeliveryDeps {
  readonly views: ChatViews;
  readonly activity: Activity;
  readonly onEvent: (pending: Pending, event: ChatEvent) => void;
}

/** The messages of one chat, oldest first; only the first is ever on its way. */
interface Lane {
  chatKey: string;
  readonly queue: Pending[];
  /** Stops the delivery of the first message. */
  delivery?: AbortController | undefined;
  /** Ends the pause of a lane that waits. */
  pause?: AbortController | undefined;
  waitsForConnection?: boolean;
  wakeRequested?: boolean;
  /** Another lane has taken over this chat; no message joins any more. */
  closed?: boolean;
  /** Its account is gone; it ends without telling the window. */
  retired?: boolean;
}

/** Sends outbox rows: first in first out within a chat, one at a time; chats do not wait for each other. */
export class Queue implements AsyncDisposable {
  readonly #deps: QueueDeps;
  readonly #lanes = new Set<Lane>();
  readonly #forgetting = new Map<string, Promise<void>>();
  readonly #listings = new Set<Set<string>>();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(deps: QueueDeps) {
    this.#deps = deps;
  }

  has(clientMessageId: string): boolean {
    return this.#find(clientMessageId) !== undefined;
  }

  /** Takes a row that is already in the outbox. A row that is under way already is left alone. */
  enqueue(row: OutboxRow): void {
    if (this.#stopped || this.has(row.clientMessageId)) return;
    const lane = this.#laneOf(row.chatKey);
    if (lane === undefined) {
      this.#start(row.chatKey, [createPending(row)]);
    } else {
      lane.queue.push(createPending(row));
      // The user is typing: worth another look at the network now, but never against a server's wish to wait.
      if (lane.waitsForConnection) lane.pause?.abort();
    }
    this.#count();
  }

  /** Resolves when a settled or cancelled message has left the outbox; only then may its id be used again. */
  async forgotten(clientMessageId: string): Promise<void> {
    await this.#forgetting.get(clientMessageId);
  }

  /**
   * Reads the outbox and hands over, in the same step, the rows that are not under way. A message that is settled
   * while the outbox is being read is left out: taking it up again would answer it twice.
   */
  async readOutbox(accountId: string, take: (rows: readonly OutboxRow[]) => void): Promise<void> {
    const settled = new Set(this.#forgetting.keys());
    this.#listings.add(settled);
    try {
      const rows = await this.#deps.outbox.list(accountId);
      take(rows.filter(({ clientMessageId: id }) => !settled.has(id) && !this.has(id)));
    } finally {
      this.#listings.delete(settled);
    }
  }

  /** Stops a message for good: out of the lane at once, then out of the outbox. */
  async cancel(clientMessageId: string): Promise<void> {
    const found = this.#find(clientMessageId);
    if (found === undefined) return;
    const { lane, pending } = found;
    const isFirst = lane.queue[0] === pending;
    pending.cancelled = true;
    lane.queue.splice(lane.queue.indexOf(pending), 1);
    if (isFirst) {
      lane.delivery?.abort();
      lane.delivery = undefined;
      lane.pause?.abort();
    }
    this.#count();
    await this.#forget(pending);
  }

  /** Ends the pauses: of one message's lane, or of all. A new series of attempts begins. */
  wake(clientMessageId?: string): void {
    for (const lane of this.#lanes) {
      if (clientMessageId !== undefined && !lane.queue.some((p) => p.row.clientMessageId === clientMessageId))
        continue;
      for (const pending of lane.queue) pending.failures = 0;
      lane.wakeRequested = true;
      lane.pause?.abort();
    }
  }

  /** Stops running answers because the person signed out; the messages wait. */
  suspend(): void {
    for (const lane of this.#lanes) lane.delivery?.abort();
  }

  /** Forgets everything because another account signed in; the rows stay in the outbox of theirs. */
  retire(): void {
    for (const lane of this.#lanes) {
      lane.retired = true;
      lane.delivery?.abort();
      lane.pause?.abort();
    }
    this.#lanes.clear();
    this.#count();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.retire();
    await Promise.all(this.#running);
  }

  /** The lane that new messages of a chat join. */
  #laneOf(chatKey: string): Lane | undefined {
    return [...this.#lanes].find((lane) => lane.chatKey === chatKey && lane.closed !== true);
  }

  /** A message that has not left its lane, and that lane. */
  #find(clientMessageId: string): { lane: Lane; pending: Pending } | undefined {
    for (const lane of this.#lanes) {
      const pending = lane.queue.find((p) => p.row.clientMessageId === clientMessageId);
      if (pending !== undefined) return { lane, pending };
    }
    return undefined;
  }

  #start(chatKey: string, queue: Pending[]): void {
    const lane: Lane = { chatKey, queue };
    this.#lanes.add(lane);
    const run = this.#run(lane).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  async #run(lane: Lane): Promise<void> {
    this.#deps.activity.enter();
    try {
      for (let pending = lane.queue[0]; pending !== undefined && !lane.retired; pending = lane.queue[0]) {
        const outcome = await this.#deliver(lane, pending);
        if (lane.retired || pending.cancelled) continue;
        if (outcome.kind === "answered") await this.#settle(lane, pending, undefined);
        else if (outcome.kind === "failed") await this.#settle(lane, pending, outcome.error);
        else await this.#pause(lane, pending, outcome);
      }
    } finally {
      this.#lanes.delete(lane);
      this.#count();
      this.#deps.activity.leave();
    }
  }

  async #deliver(lane: Lane, pending: Pending): Promise<Outcome> {
    const id = pending.row.clientMessageId;
    const controller = new AbortController();
    lane.delivery = controller;
    lane.wakeRequested = false;
    this.#count();
    const outcome = await deliver(
      this.#deps,
      pending,
      {
        attempt: () => this.#deps.views.dispatch(lane.chatKey, { type: "sending", id }),
        event: (event) => this.#onEvent(lane, pending, event),
        error: (error) => this.#onError(error),
      },
      controller.signal,
    );
    lane.delivery = undefined;
    return outcome;
  }

  #onEvent(lane: Lane, pending: Pending, event: ChatEvent): void {
    this.#setConnection("online");
    if (event.type === "turn" && event.chatId !== lane.chatKey) this.#rename(lane, pending, event.chatId);
    this.#deps.onEvent(pending, event);
    const id = pending.row.clientMessageId;
    this.#deps.views.dispatch(lane.chatKey, { type: "event", id, event, nowMs: this.#deps.clock.nowMs() });
  }

  #onError(error: PipitError): void {
    if (isConnectionError(error)) this.#setConnection("offline");
    // A refused sign-in, the cause of a session's end, is an answer of the server.
    else if (error.code !== "SIGNED_OUT" || error.cause !== undefined) this.#setConnection("online");
  }

  /** When the server can be reached again, the pauses that were due to that end. */
  #setConnection(connection: "online" | "offline"): void {
    const { views } = this.#deps;
    const isBack = connection === "online" && views.store.getState().connection === "offline";
    views.set({ connection });
    if (isBack) for (const lane of this.#lanes) if (lane.waitsForConnection) lane.pause?.abort();
  }

  /** The rows behind follow into the named chat, in the outbox before this one is removed from it. */
  #rename(lane: Lane, pending: Pending, chatId: string): void {
    const from = lane.chatKey;
    write(this.#deps, pending, () => this.#deps.outbox.renameChat(from, chatId));
    for (const other of lane.queue) other.row = { ...other.row, chatKey: chatId };
    const existing = this.#laneOf(chatId);
    if (existing !== undefined) {
      existing.queue.push(...lane.queue.splice(1));
      lane.closed = true;
    }
    lane.chatKey = chatId;
    this.#deps.views.rename(from, chatId);
  }

  async #settle(lane: Lane, pending: Pending, error: PipitError | undefined): Promise<void> {
    const id = pending.row.clientMessageId;
    if (error !== undefined) {
      this.#deps.logger.info("message.failed", { messageId: id, code: error.code });
      this.#deps.views.dispatch(lane.chatKey, { type: "failed", id, failure: failureOf(error) });
    }
    lane.queue.shift();
    this.#count();
    await this.#forget(pending);
  }

  async #forget(pending: Pending): Promise<void> {
    const id = pending.row.clientMessageId;
    for (const settled of this.#listings) settled.add(id);
    write(this.#deps, pending, () => this.#deps.outbox.remove(id));
    this.#forgetting.set(id, pending.writes);
    await pending.writes;
    this.#forgetting.delete(id);
  }

  async #pause(
    lane: Lane,
    pending: Pending,
    outcome: Outcome & { kind: "waiting" | "aborted" },
  ): Promise<void> {
    if (lane.wakeRequested) return;
    const error = outcome.kind === "waiting" ? outcome.error : signedOut();
    const delayMs = outcome.kind === "waiting" ? outcome.delayMs : undefined;
    const pause = new AbortController();
    lane.pause = pause;
    lane.waitsForConnection = isConnectionError(error);
    const nextTry = delayMs === undefined ? {} : { nextTryAtMs: this.#deps.clock.nowMs() + delayMs };
    const id = pending.row.clientMessageId;
    this.#deps.views.dispatch(lane.chatKey, { type: "waiting", id, reason: failureOf(error), ...nextTry });
    this.#count();
    this.#deps.activity.leave();
    // In the same moment as the wake: `idle()` right after `resume()` must wait for the new try.
    pause.signal.addEventListener("abort", () => this.#deps.activity.enter(), { once: true });
    try {
      await (delayMs === undefined ? aborted(pause.signal) : this.#deps.clock.sleep(delayMs, pause.signal));
    } catch {
      // Woken early.
    } finally {
      if (!pause.signal.aborted) this.#deps.activity.enter();
      lane.pause = undefined;
      lane.waitsForConnection = false;
    }
  }

  /** Shows how many messages are there but not on their way. */
  #count(): void {
    let queuedCount = 0;
    for (const { queue, delivery } of this.#lanes)
      queuedCount += queue.length - (delivery === undefined || queue.length === 0 ? 0 : 1);
    this.#deps.views.set({ queuedCount });
  }
}

function signedOut(): PipitError {
  return new PipitError("SIGNED_OUT", "Signed out. The message is kept; sign in to send it.");
}

function failureOf(error: PipitError): Failure {
  return { code: error.code, message: error.message, retryable: error.retryable };
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
