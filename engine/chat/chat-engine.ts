import type { AuthState } from "#contract/auth-state.ts";
import { HISTORY_MAX_MESSAGES } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { OutboxRow, ScreenImage } from "#engine/ports.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import { createActivity } from "./activity.ts";
import type { ChatEngine, ChatEngineDeps, Draft, EngineEvent } from "./chat-engine-api.ts";
import { createChatViews, type ChatViews } from "./chat-views.ts";
import { checkDraft } from "./check-draft.ts";
import { NEW_CHAT_PREFIX, type Pending } from "./delivery.ts";
import { draftOf, invalidRequest, messageOf, questionOf } from "./exchange.ts";
import { createImageShelf } from "./image-shelf.ts";
import { Sender } from "./sender.ts";
import { createSpeechQueue, type SpeechQueue } from "./speech-queue.ts";
import { initialChatState, type ChatState, type Message } from "./state.ts";

/** Builds the engine. It watches the session at once, but sends nothing before `send` or `resume`. */
export function createChatEngine(deps: ChatEngineDeps): ChatEngine {
  return new Engine(deps);
}

class Engine implements ChatEngine {
  readonly store: ReadonlyStore<ChatState>;
  readonly #deps: ChatEngineDeps;
  readonly #views: ChatViews;
  readonly #sender: Sender;
  readonly #speech: SpeechQueue;
  readonly #activity = createActivity();
  readonly #images = createImageShelf();
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  readonly #unsubscribe: () => void;
  readonly #disposal = new AbortController();
  /** Sends happen one after the other, so that the outbox has them in the order of the calls. */
  #lastSend: Promise<unknown> = Promise.resolve();
  #lastCreatedAtMs = 0;
  /** Questions made up to this time (their `createdAtMs`) are not spoken: the person silenced them. */
  #mutedUntilMs = 0;
  /** `createdAtMs` of the question whose answer made the latest sound. */
  #lastSpokenMs = 0;
  #accountId: string | undefined;
  #resumed = false;

  constructor(deps: ChatEngineDeps) {
    const options = deps.options ?? {};
    const { speak = initialChatState.speak, searchAllChats = initialChatState.searchAllChats } = options;
    const initial = { ...initialChatState, speak, searchAllChats };
    this.#deps = deps;
    this.#views = createChatViews(initial, this.#newKey(), options.maxMessages ?? HISTORY_MAX_MESSAGES);
    this.store = this.#views.store;
    this.#speech = createSpeechQueue(deps.speaker, deps.logger, (error) => this.#onSpeakerFailure(error));
    this.#sender = new Sender(
      {
        ...deps,
        searchAllChats: () => this.store.getState().searchAllChats,
        isMuted: (row) => row.createdAtMs <= this.#mutedUntilMs,
      },
      {
        dispatch: (chatKey, action) => this.#views.dispatch(chatKey, action),
        event: (pending, event) => this.#onEvent(pending, event),
        renamed: (chatKey, chatId) => this.#views.rename(chatKey, chatId),
        connection: (connection) => this.#onConnection(connection),
        queuedCount: (queuedCount) => this.#views.set({ queuedCount }),
      },
      this.#activity,
    );
    const state = deps.session.store.getState();
    if (state.kind === "signed-in") this.#accountId = state.accountId;
    this.#unsubscribe = deps.session.store.subscribe((next, previous) => this.#onAuth(next, previous));
  }

  async send(draft: Draft): Promise<string> {
    const text = checkDraft(draft);
    return this.#queue({ ...draft, text }, this.#deps.newId());
  }

  async cancel(): Promise<void> {
    const id = this.store.getState().activeMessageId;
    await Promise.all([this.#speech.stop(), id === undefined ? undefined : this.#cancelMessage(id)]);
  }

  async regenerate(messageId: string): Promise<string> {
    return this.editAndResend(messageId, questionOf(this.store.getState().messages, messageId).text);
  }

  async editAndResend(messageId: string, text: string): Promise<string> {
    const question = questionOf(this.store.getState().messages, messageId);
    const draft = { ...draftOf(question, this.#images), text };
    const checked = checkDraft(draft);
    await this.discard(question.id);
    return this.#queue({ ...draft, text: checked }, this.#deps.newId());
  }

  async retry(messageId: string): Promise<void> {
    const question = questionOf(this.store.getState().messages, messageId);
    if (question.status.kind === "answered") {
      throw invalidRequest("This message is answered already. Use regenerate to ask it again.");
    }
    if (this.#sender.has(question.id)) {
      this.#sender.wake(question.id);
      return;
    }
    const draft = draftOf(question, this.#images);
    await this.#sender.forgotten(question.id);
    await this.#queue(draft, question.id);
  }

  async discard(messageId: string): Promise<void> {
    const { id } = questionOf(this.store.getState().messages, messageId);
    const isActive = this.store.getState().activeMessageId === id;
    const cancelled = this.#sender.cancel(id);
    this.#views.dispatch(this.#views.shownKey(), { type: "removed", id });
    this.#images.drop(id);
    await Promise.all([cancelled, isActive ? this.#speech.stop() : undefined]);
  }

  async deleteMessage(messageId: string): Promise<void> {
    await this.discard(messageId);
  }

  setSpeak(on: boolean): void {
    this.#views.set({ speak: on });
    this.#mutedUntilMs = on ? 0 : this.#lastCreatedAtMs;
    if (!on) void this.#speech.stop();
  }

  setSearchAllChats(on: boolean): void {
    this.#views.set({ searchAllChats: on });
  }

  async stopSpeaking(): Promise<void> {
    this.#mutedUntilMs = Math.max(this.#mutedUntilMs, this.#lastSpokenMs);
    await this.#speech.stop();
  }

  newChat(): void {
    void this.#speech.stop();
    this.#views.show(this.#newKey(), { messages: [] });
  }

  openChat(chatId: string, messages: readonly Message[], title?: string): void {
    void this.#speech.stop();
    this.#views.show(chatId, { chatId, messages, ...(title === undefined ? {} : { title }) });
  }

  async resume(): Promise<void> {
    this.#resumed = true;
    this.#activity.enter();
    try {
      await this.#sendsDone();
      const accountId = this.#accountId;
      if (accountId === undefined) return;
      await this.#sender.readOutbox(accountId, (rows) => {
        if (accountId === this.#accountId) this.#takeUp(rows);
      });
    } finally {
      this.#sender.wake();
      this.#activity.leave();
    }
  }

  image(messageId: string): ScreenImage | undefined {
    return this.#images.get(messageId);
  }

  onEvent(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  idle(): Promise<void> {
    return this.#activity.idle();
  }

  async spoken(signal: AbortSignal): Promise<void> {
    await this.#speech.spoken(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe();
    this.#disposal.abort();
    await this.#sendsDone();
    await this.#sender[Symbol.asyncDispose]();
    await this.#speech.stop();
    this.#listeners.clear();
  }

  #newKey(): string {
    return NEW_CHAT_PREFIX + this.#deps.newId();
  }

  async #sendsDone(): Promise<void> {
    await this.#lastSend.catch(() => {});
  }

  /** Outbox first, then the bubble (architecture.md, "One message's way"). */
  async #queue(draft: Draft, id: string): Promise<string> {
    const chatKey = this.#views.shownKey();
    this.#activity.enter();
    const work = this.#sendsDone().then(() => this.#store(draft, id, chatKey));
    this.#lastSend = work;
    try {
      await work;
      return id;
    } finally {
      this.#activity.leave();
    }
  }

  async #store(draft: Draft, id: string, composedIn: string): Promise<void> {
    if (this.#disposal.signal.aborted)
      throw new PipitError("CANCELLED", "Pipit is closing; the message was not sent.");
    const accountId = await this.#signedInAccount();
    const { image, speak = this.store.getState().speak } = draft;
    const createdAtMs = Math.max(this.#deps.clock.nowMs(), this.#lastCreatedAtMs + 1);
    this.#lastCreatedAtMs = createdAtMs;
    const chatKey = this.#views.currentKey(composedIn);
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
    await this.#deps.outbox.add(row);
    // Another account signed in just now: the row is safe, but not to be shown to it. Or `resume` was quicker.
    if (this.#accountId !== accountId || this.#sender.has(id)) return;
    if (image !== undefined) this.#images.put(id, image);
    const key = this.#views.currentKey(chatKey);
    // The server named the chat while the row was being written: it must follow the rows before it.
    if (key !== chatKey) await this.#deps.outbox.renameChat(chatKey, key);
    this.#views.dispatch(key, { type: "removed", id });
    this.#views.dispatch(key, { type: "composed", message: messageOf(row) });
    this.#sender.enqueue({ ...row, chatKey: key });
  }

  async #signedInAccount(): Promise<string> {
    const { session } = this.#deps;
    let state = session.store.getState();
    if (state.kind === "unknown") state = await session.restore(this.#disposal.signal);
    if (state.kind === "signed-in") return state.accountId;
    throw new PipitError("SIGNED_OUT", "You are not signed in. Sign in, then send the message again.");
  }

  async #cancelMessage(id: string): Promise<void> {
    const cancelled = this.#sender.cancel(id);
    this.#views.dispatch(this.#views.shownKey(), { type: "cancelled", id });
    await cancelled;
  }

  /** Messages of an earlier run go first, also when the host has not called `resume` yet. */
  async #takeUpOlder(accountId: string, chatKey: string): Promise<void> {
    if (chatKey.startsWith(NEW_CHAT_PREFIX)) return;
    await this.#sender.readOutbox(accountId, (rows) =>
      this.#takeUp(rows.filter((row) => row.chatKey === chatKey)),
    );
  }

  #takeUp(rows: readonly OutboxRow[]): void {
    const newest = rows.at(-1);
    const { chatId, messages } = this.store.getState();
    if (newest !== undefined && chatId === undefined && messages.length === 0) {
      const named = newest.chatKey.startsWith(NEW_CHAT_PREFIX) ? {} : { chatId: newest.chatKey };
      this.#views.show(newest.chatKey, { ...named, messages: [] });
    }
    for (const row of rows) {
      if (row.image !== undefined) this.#images.put(row.clientMessageId, row.image);
      this.#lastCreatedAtMs = Math.max(this.#lastCreatedAtMs, row.createdAtMs);
      this.#views.dispatch(row.chatKey, { type: "removed", id: row.clientMessageId });
      this.#views.dispatch(row.chatKey, { type: "composed", message: messageOf(row) });
      this.#sender.enqueue(row);
    }
  }

  #onEvent(pending: Pending, event: EngineEvent["event"]): void {
    const { clientMessageId: messageId, chatKey } = pending.row;
    if (event.type === "audio") this.#speak(pending.row, event.pcm);
    const chat = chatKey.startsWith(NEW_CHAT_PREFIX) ? {} : { chatId: chatKey };
    for (const listener of this.#listeners) {
      try {
        listener({ messageId, ...chat, attempt: pending.attempts, event });
      } catch (reason) {
        this.#deps.logger.error("chat.listener_failed", { detail: PipitError.from(reason).detail });
      }
    }
  }

  /** Only the shown chat speaks, so that two answers never mix. */
  #speak(row: OutboxRow, pcm: Uint8Array): void {
    if (row.createdAtMs <= this.#mutedUntilMs || row.chatKey !== this.#views.shownKey()) return;
    this.#lastSpokenMs = row.createdAtMs;
    this.#speech.push(pcm);
  }

  #onConnection(connection: "online" | "offline"): void {
    const wasOffline = this.store.getState().connection === "offline";
    this.#views.set({ connection });
    if (wasOffline && connection === "online") this.#sender.wakeConnection();
  }

  #onSpeakerFailure(error: PipitError): void {
    this.setSpeak(false);
    const { activeMessageId, messages } = this.store.getState();
    const id = activeMessageId ?? messages.findLast((message) => message.role === "user")?.id;
    if (id === undefined) return;
    const text = `${error.message} Answers go on as text.`;
    const nowMs = this.#deps.clock.nowMs();
    this.#views.dispatch(this.#views.shownKey(), { type: "noticed", id, code: error.code, text, nowMs });
  }

  #onAuth(state: AuthState, previous: AuthState): void {
    if (state.kind === "signed-out" && state.reason === "logout") {
      this.#sender.suspend();
      void this.#speech.stop();
    }
    if (state.kind !== "signed-in") return;
    // A refreshed token is no reason to hurry.
    if (previous.kind === "signed-in" && previous.accountId === state.accountId) return;
    const isOther = this.#accountId !== undefined && this.#accountId !== state.accountId;
    this.#accountId = state.accountId;
    if (isOther) {
      this.#sender.retire();
      this.newChat();
      this.#views.forgetHidden();
    }
    if (!this.#resumed) this.#sender.wake();
    else void this.resume().catch((reason: unknown) => this.#onResumeFailure(reason));
  }

  #onResumeFailure(reason: unknown): void {
    this.#deps.logger.error("outbox.unreadable", { detail: PipitError.from(reason).message });
  }
}
