import { PipitError } from "#contract/pipit-error.ts";
import type { OutboxRow } from "#engine/ports.ts";
import type { Activity } from "./activity.ts";
import type { ChatEngineDeps, Draft } from "./chat-engine-api.ts";
import type { ChatViews } from "./chat-views.ts";
import { NEW_CHAT_PREFIX } from "./delivery.ts";
import { messageOf } from "./exchange.ts";
import type { ImageShelf } from "./image-shelf.ts";
import type { Queue } from "./queue.ts";

/** What the {@link Intake} needs of the engine it works for. */
export interface IntakeDeps extends Pick<ChatEngineDeps, "outbox" | "session" | "clock"> {
  readonly views: ChatViews;
  readonly queue: Queue;
  readonly images: ImageShelf;
  readonly activity: Activity;
  /** The account whose messages are shown now. */
  readonly accountId: () => string | undefined;
  /** `speak` of a draft that does not say. */
  readonly speaks: () => boolean;
}

/** Brings messages to the queue: new ones by way of the outbox, and those that an earlier run left there. */
export class Intake implements AsyncDisposable {
  readonly #deps: IntakeDeps;
  readonly #disposal = new AbortController();
  /** Sends happen one after the other, so that the outbox has them in the order of the calls. */
  #lastSend: Promise<unknown> = Promise.resolve();
  #newestAtMs = 0;
  #resumed = false;

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
  }

  /** `createdAtMs` of the newest question. */
  get newestAtMs(): number {
    return this.#newestAtMs;
  }

  /** {@link Intake.resume} has been called. */
  get resumed(): boolean {
    return this.#resumed;
  }

  /** Outbox first, then the bubble (docs/architecture.md). Resolves to `id` when the row is stored. */
  async send(draft: Draft, id: string): Promise<string> {
    const { views, activity } = this.#deps;
    const chatKey = views.shownKey();
    activity.enter();
    const work = this.#sendsDone().then(() => this.#store(draft, id, chatKey));
    this.#lastSend = work;
    try {
      await work;
      return id;
    } finally {
      activity.leave();
    }
  }

  /** Takes up everything that waits in the outbox of the signed-in account, and ends the pauses. */
  async resume(): Promise<void> {
    const { queue, activity } = this.#deps;
    this.#resumed = true;
    activity.enter();
    try {
      await this.#sendsDone();
      const accountId = this.#deps.accountId();
      if (accountId === undefined) return;
      await queue.readOutbox(accountId, (rows) => {
        if (accountId === this.#deps.accountId()) this.#takeUp(rows);
      });
    } finally {
      queue.wake();
      activity.leave();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposal.abort();
    await this.#sendsDone();
  }

  async #sendsDone(): Promise<void> {
    await this.#lastSend.catch(() => {});
  }

  async #store(draft: Draft, id: string, composedIn: string): Promise<void> {
    if (this.#disposal.signal.aborted)
      throw new PipitError("CANCELLED", "Pipit is closing; the message was not sent.");
    const { outbox, clock, views, queue, images } = this.#deps;
    const accountId = await this.#signedInAccount();
    const { image, speak = this.#deps.speaks() } = draft;
    const createdAtMs = Math.max(clock.nowMs(), this.#newestAtMs + 1);
    this.#newestAtMs = createdAtMs;
    const chatKey = views.currentKey(composedIn);
    const row: OutboxRow = {
      clientMessageId: id,
      accountId,
      chatKey,
      text: draft.text,
      speak,
      createdAtMs,
      attempts: 0,
      ...(image === undefined ? {} : { image }),
    };
    if (!this.#resumed) await this.#takeUpOlder(accountId, chatKey);
    await outbox.add(row);
    // Another account signed in just now: the row is safe, but not to be shown to it. Or `resume` was quicker.
    if (this.#deps.accountId() !== accountId || queue.has(id)) return;
    if (image !== undefined) images.put(id, image);
    const key = views.currentKey(chatKey);
    // The server named the chat while the row was being written: it must follow the rows before it.
    if (key !== chatKey) await outbox.renameChat(chatKey, key);
    this.#show({ ...row, chatKey: key });
  }

  async #signedInAccount(): Promise<string> {
    const { session } = this.#deps;
    let state = session.store.getState();
    if (state.kind === "unknown") state = await session.restore(this.#disposal.signal);
    if (state.kind === "signed-in") return state.accountId;
    throw new PipitError("SIGNED_OUT", "You are not signed in. Sign in, then send the message again.");
  }

  /** Messages of an earlier run go first, also when the host has not called `resume` yet. */
  async #takeUpOlder(accountId: string, chatKey: string): Promise<void> {
    if (chatKey.startsWith(NEW_CHAT_PREFIX)) return;
    await this.#deps.queue.readOutbox(accountId, (rows) =>
      this.#takeUp(rows.filter((row) => row.chatKey === chatKey)),
    );
  }

  #takeUp(rows: readonly OutboxRow[]): void {
    const { views, images } = this.#deps;
    const newest = rows.at(-1);
    const { chatId, messages } = views.store.getState();
    if (newest !== undefined && chatId === undefined && messages.length === 0) {
      const named = newest.chatKey.startsWith(NEW_CHAT_PREFIX) ? {} : { chatId: newest.chatKey };
      views.show(newest.chatKey, { ...named, messages: [] });
    }
    for (const row of rows) {
      if (row.image !== undefined) images.put(row.clientMessageId, row.image);
      this.#newestAtMs = Math.max(this.#newestAtMs, row.createdAtMs);
      this.#show(row);
    }
  }

  /** Shows the bubble, in place of an older one of the same message, and lets it go. */
  #show(row: OutboxRow): void {
    const { views, queue } = this.#deps;
    views.dispatch(row.chatKey, { type: "removed", id: row.clientMessageId });
    views.dispatch(row.chatKey, { type: "composed", message: messageOf(row) });
    queue.enqueue(row);
  }
}
