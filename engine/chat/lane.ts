import type { ChatEvent } from "#contract/chat-event.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { isConnectionError } from "#engine/retry/retry-policy.ts";
import type { Outbox, OutboxRow } from "#engine/ports.ts";
import type { Activity } from "./activity.ts";
import type { Settled } from "./chat-engine-api.ts";
import type { ChatViews } from "./chat-views.ts";
import { deliver, isNewChat, type DeliveryDeps, type Outcome, type Pending } from "./delivery.ts";
import { failureOf, type KnownRows } from "./known-rows.ts";

/** How often a lane looks whether another program still sends for its chat, and repeats a write that failed. */
const LOOK_MS = 1_000;

/** What a {@link Lane} needs; callbacks are synchronous and must not throw. */
export interface LaneDeps extends DeliveryDeps {
  readonly outbox: Outbox;
  readonly views: ChatViews;
  readonly activity: Activity;
  readonly rows: KnownRows;
  readonly onEvent: (pending: Pending, event: ChatEvent) => void;
  readonly onSettled: (settled: Settled) => void;
  /** The server answered, or could not be reached. */
  readonly onConnection: (connection: "online" | "offline") => void;
  /** Something has begun, ended, or waits. */
  readonly onChange: () => void;
  /** The server has named the lane's chat. */
  readonly onNamed: (lane: Lane, from: string) => void;
  /** The lane that takes care of the chat this one sends in: this one, unless another came first. */
  readonly resident: (lane: Lane) => Lane;
  /** Whether no other lane of this program sends in its chat. */
  readonly isAlone: (lane: Lane) => boolean;
  /** Whether any lane of this program has this message with the server. */
  readonly isDelivering: (pending: Pending) => boolean;
  /** Nothing is left to do for it. */
  readonly onEnd: (lane: Lane) => void;
}

/**
 * Sends the messages of one chat, one at a time, as long as there are any: the oldest waiting row of the outbox, whichever
 * program wrote it, while this program has the claim on the chat.
 */
export class Lane {
  readonly accountId: string;
  readonly #deps: LaneDeps;
  #chatKey: string;
  /** What the chat is called in the outbox as long as it has not been renamed there. */
  readonly #oldKeys = new Set<string>();
  /** Messages that are settled, whose rows must stay until the rows behind have followed into the named chat, or cannot be removed yet. */
  readonly #settled = new Map<string, OutboxRow>();
  #current: Pending | undefined;
  #delivery: AbortController | undefined;
  #pause: AbortController | undefined;
  #waitsForConnection = false;
  #wakeRequested = false;
  #again = false;
  #retired = false;

  constructor(deps: LaneDeps, accountId: string, chatKey: string) {
    this.#deps = deps;
    this.accountId = accountId;
    this.#chatKey = chatKey;
  }

  get chatKey(): string {
    return this.#chatKey;
  }

  /** True while this message is with the server, or between two attempts of one series. */
  isDelivering(pending: Pending): boolean {
    return this.#delivery !== undefined && this.#current === pending;
  }

  /** There is something new in the outbox for this chat. */
  look(): void {
    this.#again = true;
    // The user is typing: worth another look at the network now, but never against a server's wish to wait.
    if (this.#waitsForConnection) this.#pause?.abort();
  }

  /** The row that is being sent, or waits for its next try, is none of ours any more. */
  drop(pending: Pending): void {
    if (this.#current !== pending) return;
    this.#current = undefined;
    this.#delivery?.abort();
    this.#pause?.abort();
  }

  /** Ends the pause: a new series of attempts begins. */
  wake(): void {
    for (const pending of this.#deps.rows.inChat(this.#chatKey)) pending.failures = 0;
    this.#wakeRequested = true;
    this.#pause?.abort();
  }

  /** The server can be reached again. */
  reconnected(): void {
    if (this.#waitsForConnection) this.#pause?.abort();
  }

  /** Stops a running answer because the person signed out; the message waits. */
  suspend(): void {
    this.#delivery?.abort();
  }

  /** Ends without telling the window: its account is gone, or Pipit closes. */
  retire(): void {
    this.#retired = true;
    this.#delivery?.abort();
    this.#pause?.abort();
  }

  /** Rows that were written under an older key of this chat follow, before any settled one is removed. */
  async adopt(oldKey: string): Promise<void> {
    this.#oldKeys.add(oldKey);
    await this.#tidy();
  }

  /** Takes the row of a message that has ended out of the outbox, once the rows behind may lose it. */
  async forget(row: OutboxRow): Promise<void> {
    this.#settled.set(row.clientMessageId, row);
    await this.#tidy();
  }

  /** Never throws. */
  async run(): Promise<void> {
    const { activity } = this.#deps;
    activity.enter();
    try {
      while (!this.#retired && this.#deps.resident(this) === this) {
        this.#again = false;
        const isOurs = await this.#claim();
        const head = await this.#head();
        if (this.#retired) break;
        if (head === undefined) {
          if (await this.#rest()) return;
        } else if (this.#deps.isDelivering(head)) await this.#sleep(LOOK_MS);
        else if (isOurs) await this.#send(head);
        else await this.#watch(head);
      }
      if (this.#retired) await this.#release();
    } finally {
      activity.leave();
    }
  }

  /** The oldest row that waits, once whatever other programs have done to the outbox is known. */
  async #head(): Promise<Pending | undefined> {
    await this.#read();
    this.#deps.onChange();
    return this.#deps.rows.inChat(this.#chatKey).find(({ row }) => row.state.kind === "waiting");
  }

  async #read(): Promise<void> {
    const { rows, views, logger } = this.#deps;
    const isOurs = (row: OutboxRow) => views.currentKey(row.chatKey) === this.#chatKey;
    await rows.read(this.accountId, isOurs).catch((reason: unknown) => {
      // What is known already can be sent all the same.
      logger.error("outbox.unreadable", { detail: PipitError.from(reason).message });
    });
  }

  /** True when there is nothing left to do. */
  async #rest(): Promise<boolean> {
    if (!(await this.#tidy())) {
      await this.#sleep(LOOK_MS);
      return false;
    }
    await this.#release();
    if (this.#again) return false;
    this.#deps.onEnd(this);
    return true;
  }

  async #send(pending: Pending): Promise<void> {
    const outcome = await this.#deliver(pending);
    if (this.#retired || this.#current !== pending) return;
    const settled = settledOf(pending, outcome);
    if (settled !== undefined) this.#deps.onSettled(settled);
    if (outcome.kind === "waiting" || outcome.kind === "aborted") await this.#wait(pending, outcome);
    else await this.#settle(pending, outcome.kind === "failed" ? outcome.error : undefined);
    if (this.#current === pending) this.#current = undefined;
  }

  async #deliver(pending: Pending): Promise<Outcome> {
    const id = pending.row.clientMessageId;
    const delivery = new AbortController();
    this.#current = pending;
    this.#delivery = delivery;
    this.#wakeRequested = false;
    this.#deps.onChange();
    const end = new AbortController();
    void this.#heed(pending, end.signal);
    const outcome = await deliver(
      this.#deps,
      pending,
      {
        attempt: () => this.#deps.views.dispatch(this.#chatKey, { type: "sending", id }),
        event: (event) => this.#onEvent(pending, event),
        error: (error) => this.#onError(error),
      },
      delivery.signal,
    ).finally(() => end.abort());
    this.#delivery = undefined;
    return outcome;
  }

  /** What the person does to the message in another program while it is answered here counts too: its call ends. */
  async #heed(pending: Pending, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#deps.clock.sleep(LOOK_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      await this.#read();
      if (pending.row.state.kind !== "waiting") this.drop(pending);
    }
  }

  #onEvent(pending: Pending, event: ChatEvent): void {
    this.#deps.onConnection("online");
    if (event.type === "turn" && isNewChat(this.#chatKey)) this.#rename(event.chatId);
    this.#deps.onEvent(pending, event);
    const { views, clock } = this.#deps;
    const id = pending.row.clientMessageId;
    // An older version may have sent this message in another chat; only a new chat is named by what it hears.
    const shown = event.type === "turn" ? { ...event, chatId: this.#chatKey } : event;
    views.dispatch(this.#chatKey, { type: "event", id, event: shown, nowMs: clock.nowMs() });
  }

  #onError(error: PipitError): void {
    if (isConnectionError(error)) this.#deps.onConnection("offline");
    // A refused sign-in, the cause of a session's end, is an answer of the server.
    else if (error.code !== "SIGNED_OUT" || error.cause !== undefined) this.#deps.onConnection("online");
  }

  /** The rows behind follow into the named chat. */
  #rename(chatId: string): void {
    const { rows, views } = this.#deps;
    const from = this.#chatKey;
    this.#chatKey = chatId;
    for (const pending of rows.inChat(from)) pending.row = { ...pending.row, chatKey: chatId };
    views.rename(from, chatId);
    this.#deps.onNamed(this, from);
    void this.#deps.resident(this).adopt(from);
  }

  /** True when the outbox is as it should be. */
  async #tidy(): Promise<boolean> {
    const { rows, outbox } = this.#deps;
    const chatKey = this.#chatKey;
    for (const oldKey of this.#oldKeys) {
      if (!(await rows.tryWrite(() => outbox.renameChat(oldKey, chatKey)))) return false;
      this.#oldKeys.delete(oldKey);
    }
    const isSaved = await rows.saveStates(chatKey);
    for (const [id, row] of this.#settled) if (await rows.forget(row)) this.#settled.delete(id);
    return isSaved && this.#settled.size === 0;
  }

  async #settle(pending: Pending, error: PipitError | undefined): Promise<void> {
    const { rows, clock, logger } = this.#deps;
    if (error !== undefined) {
      logger.info("message.parked", { messageId: pending.row.clientMessageId, code: error.code });
      await rows.setState(pending, {
        kind: "parked",
        failure: failureOf(error),
        sinceMs: clock.nowMs(),
      });
      this.#deps.onChange();
      return;
    }
    this.#current = undefined;
    rows.leave(pending);
    await this.#deps.resident(this).forget(pending.row);
  }

  async #wait(pending: Pending, outcome: Outcome & { kind: "waiting" | "aborted" }): Promise<void> {
    if (this.#wakeRequested) return;
    const error = outcome.kind === "waiting" ? outcome.error : signedOut();
    const delayMs = outcome.kind === "waiting" ? outcome.delayMs : undefined;
    this.#waitsForConnection = isConnectionError(error);
    const { views, clock } = this.#deps;
    const nextTry = delayMs === undefined ? {} : { nextTryAtMs: clock.nowMs() + delayMs };
    const id = pending.row.clientMessageId;
    views.dispatch(this.#chatKey, { type: "waiting", id, reason: failureOf(error), ...nextTry });
    this.#deps.onChange();
    if (this.#deps.resident(this) === this) await this.#sleep(delayMs);
    this.#waitsForConnection = false;
  }

  /** Another program sends for this chat: its end, or its death, is waited for. */
  async #watch({ row: { clientMessageId: id } }: Pending): Promise<void> {
    this.#deps.views.dispatch(this.#chatKey, { type: "waiting", id, elsewhere: true });
    this.#deps.onChange();
    await this.#sleep(LOOK_MS);
  }

  /** Until the time is over or a wake; without a time, until a wake. Meanwhile the lane counts as idle. */
  async #sleep(delayMs: number | undefined): Promise<void> {
    const { activity, clock } = this.#deps;
    const pause = new AbortController();
    this.#pause = pause;
    activity.leave();
    // In the same moment as the wake: `idle()` right after `resume()` must wait for the new try.
    pause.signal.addEventListener("abort", () => activity.enter(), { once: true });
    try {
      await (delayMs === undefined ? aborted(pause.signal) : clock.sleep(delayMs, pause.signal));
    } catch {
      // Woken early.
    } finally {
      if (!pause.signal.aborted) activity.enter();
      this.#pause = undefined;
    }
  }

  async #claim(): Promise<boolean> {
    try {
      return await this.#deps.outbox.claim(this.#chatKey);
    } catch (reason) {
      // Better sent by two programs, which the server answers once, than by none.
      this.#deps.logger.warn("outbox.claim_failed", { detail: PipitError.from(reason).message });
      return true;
    }
  }

  async #release(): Promise<void> {
    const { rows, outbox, isAlone } = this.#deps;
    // The claim is the program's: another lane may have been opened while this one, retired, came to its end.
    await rows.tryWrite(async () => {
      if (isAlone(this)) await outbox.release(this.#chatKey);
    });
  }
}

function signedOut(): PipitError {
  return new PipitError("SIGNED_OUT", "Signed out. The message is kept; sign in to send it.");
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}

/** What a series of attempts has made of a question; undefined while the next one follows by itself, or the person stopped it. */
function settledOf({ row }: Pending, outcome: Outcome): Settled | undefined {
  const end = endOf(outcome);
  if (end === undefined) return undefined;
  const { clientMessageId: messageId, chatKey, text } = row;
  return { messageId, text, end, ...(isNewChat(chatKey) ? {} : { chatId: chatKey }) };
}

function endOf(outcome: Outcome): Settled["end"] | undefined {
  if (outcome.kind === "answered") return { kind: "answered" };
  if (outcome.kind === "failed") return { kind: "failed", failure: failureOf(outcome.error) };
  return outcome.kind === "waiting" && outcome.error.code === "SIGNED_OUT" ? { kind: "waits" } : undefined;
}
