import type { AttachedFile } from "#contract/attached-file.ts";
import { hasLeft, type AuthState } from "#contract/auth-state.ts";
import { HISTORY_MAX_MESSAGES } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { OutboxRow } from "#engine/ports.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import { createActivity } from "./activity.ts";
import { AskedQuestions, invalidRequest } from "./asked-questions.ts";
import { Branches } from "./branches.ts";
import type { ChatEngine, ChatEngineDeps, Draft, EngineEvent, Settled } from "./chat-engine-api.ts";
import { createChatViews, type ChatViews } from "./chat-views.ts";
import { isNewChat, newChatKey, type NewChatKind, type Pending } from "./delivery.ts";
import { checkDraft, Intake } from "./intake.ts";
import { Carried } from "./carried.ts";
import { Queue } from "./queue.ts";
import { followsShown, parentOfNext, questionOf } from "./shown-path.ts";
import { createSpeechQueue, type SpeechQueue } from "./speech-queue.ts";
import { initialChatState, type ChatState, type Message } from "#contract/chat-state.ts";

/** Builds the engine. It watches the session at once, but sends nothing before `send` or `resume`. */
export function createChatEngine(deps: ChatEngineDeps): ChatEngine {
  return new Engine(deps);
}

class Engine implements ChatEngine {
  readonly store: ReadonlyStore<ChatState>;
  readonly #deps: ChatEngineDeps;
  readonly #views: ChatViews;
  readonly #queue: Queue;
  readonly #intake: Intake;
  readonly #branches: Branches;
  readonly #speech: SpeechQueue;
  readonly #activity = createActivity();
  readonly #carried: Carried;
  readonly #asked: AskedQuestions;
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  readonly #settledListeners = new Set<(settled: Settled) => void>();
  readonly #unsubscribe: () => void;
  /** Questions made up to this time (their `createdAtMs`) are not spoken: the person silenced them. */
  #mutedUntilMs = 0;
  /** `createdAtMs` of the question whose answer made the latest sound. */
  #lastSpokenMs = 0;
  #accountId: string | undefined;
  #model: string | undefined;

  constructor(deps: ChatEngineDeps) {
    const options = deps.options ?? {};
    const { speak = initialChatState.speak, searchAllChats = initialChatState.searchAllChats } = options;
    const initial = { ...initialChatState, speak, searchAllChats };
    this.#deps = deps;
    this.#model = options.model;
    const maxMessages = options.maxMessages ?? HISTORY_MAX_MESSAGES;
    const isKept = (id: string) => this.#queue.keeps(id);
    this.#views = createChatViews(initial, this.#newKey(), maxMessages, isKept);
    this.store = this.#views.store;
    this.#branches = new Branches({ ...deps, views: this.#views, show: (...chat) => this.#show(...chat) });
    this.#speech = createSpeechQueue({
      ...deps,
      speaker: deps.speaker,
      onFailure: (error) => this.#onSpeakerFailure(error),
      onSpeaking: (speaking) => this.#views.set({ speaking }),
    });
    this.#queue = new Queue({
      ...deps,
      views: this.#views,
      activity: this.#activity,
      searchAllChats: () => this.store.getState().searchAllChats,
      model: () => this.#model,
      isMuted: (row) => row.createdAtMs <= this.#mutedUntilMs,
      onEvent: (pending, event) => this.#onEvent(pending, event),
      onSettled: (settled) => this.#tell(this.#settledListeners, settled),
      onSettledElsewhere: (chatKey) => void this.#branches.readAgain(chatKey),
    });
    this.#carried = new Carried({
      queue: this.#queue,
      branches: this.#branches,
      question: (id) => questionOf(this.store.getState().messages, id),
    });
    this.#asked = new AskedQuestions({
      views: this.#views,
      queue: this.#queue,
      branches: this.#branches,
      carried: this.#carried,
    });
    this.#intake = new Intake({
      onOpened: (chatId) => void this.#branches.readAgain(chatId),
      ...deps,
      views: this.#views,
      queue: this.#queue,
      carried: this.#carried,
      activity: this.#activity,
      accountId: () => this.#accountId,
      speaks: () => this.store.getState().speak,
    });
    const state = deps.session.store.getState();
    if (state.kind === "signed-in") this.#accountId = state.accountId;
    this.#unsubscribe = deps.session.store.subscribe((next, previous) => this.#onAuth(next, previous));
  }

  async send(draft: Draft): Promise<string> {
    const checked = checkDraft(draft);
    const { parentTurnId = parentOfNext(this.store.getState().messages) } = draft;
    const place = parentTurnId === undefined ? {} : { parentTurnId };
    return this.#intake.send({ ...checked, ...place }, this.#deps.newId());
  }

  async cancel(): Promise<void> {
    const id = this.store.getState().activeMessageId;
    await Promise.all([this.#speech.stop(), id === undefined ? undefined : this.#queue.cancel(id)]);
  }

  async regenerate(messageId: string): Promise<string> {
    return this.editAndResend(messageId, this.#asked.of(messageId).text);
  }

  async editAndResend(messageId: string, text: string): Promise<string> {
    const asked = await this.#asked.located(messageId);
    const draft = checkDraft({ ...(await this.#asked.draftOf(asked)), text });
    const id = await this.#intake.send(draft, this.#deps.newId(), asked.row);
    // The new message is safe, and stands beside the old exchange; one that the server does not know goes.
    if (asked.turnId === undefined || asked.parentTurnId === undefined) this.#forgetExchange(asked.id);
    return id;
  }

  async retry(messageId: string): Promise<void> {
    const asked = this.#asked.of(messageId);
    if (asked.status === "answered") {
      throw invalidRequest("This message is answered already. Use regenerate to ask it again.");
    }
    if (asked.row?.state.kind === "waiting") return this.#queue.wake(asked.id);
    await this.#intake.send(await this.#asked.draftOf(asked), asked.id, asked.row);
  }

  async park(messageId: string): Promise<void> {
    await this.#queue.park(this.#asked.of(messageId).id);
  }

  async discard(messageId: string): Promise<void> {
    await this.deleteMessage(messageId);
  }

  async discardWaiting(): Promise<void> {
    // From the newest on, so that none takes the place of one that goes and is sent.
    for (const id of this.#queue.waiting().toReversed()) await this.discard(id);
  }

  async deleteMessage(messageId: string): Promise<boolean> {
    const asked = this.#asked.of(messageId);
    const isActive = this.store.getState().activeMessageId === asked.id;
    const [isGone] = await Promise.all([
      this.#queue.discard(asked.id),
      isActive ? this.#speech.stop() : undefined,
    ]);
    const canUndo = await this.#branches.remove(asked);
    if (isGone) this.#forgetExchange(asked.id);
    return canUndo;
  }

  undoDelete(): Promise<void> {
    return this.#branches.undoRemove();
  }

  switchBranch(messageId: string, index: number): Promise<void> {
    return this.#branches.switchTo(this.#asked.of(messageId), index);
  }

  setSpeak(on: boolean): void {
    this.#views.set({ speak: on });
    this.#mutedUntilMs = on ? 0 : this.#intake.newestAtMs;
    if (!on) void this.#speech.stop();
  }

  setSearchAllChats(on: boolean): void {
    this.#views.set({ searchAllChats: on });
  }

  get model(): string | undefined {
    return this.#model;
  }

  setModel(model: string | undefined): void {
    this.#model = model;
  }

  setMaxMessages(maxMessages: number): void {
    this.#views.setMaxMessages(maxMessages);
  }

  async stopSpeaking(): Promise<void> {
    this.#mutedUntilMs = Math.max(this.#mutedUntilMs, this.#lastSpokenMs);
    await this.#speech.stop();
  }

  newChat(kind?: NewChatKind): void {
    void this.#speech.stop();
    this.#views.show(this.#newKey(kind), { messages: [] });
  }

  openChat(...opened: Parameters<ChatEngine["openChat"]>): void {
    void this.#speech.stop();
    this.#show(...opened);
  }

  refresh(chatId: string): Promise<void> {
    return this.#branches.readAgain(chatId);
  }

  describeChat({ id, title, projectId }: Parameters<ChatEngine["describeChat"]>[0]): void {
    if (this.#views.shownKey() === id) this.#views.dispatch(id, { type: "described", title, projectId });
  }

  changeMemory(...[id, change]: Parameters<ChatEngine["changeMemory"]>): void {
    this.#views.dispatch(this.#views.shownKey(), { type: "memory", id, change });
  }

  resume(): Promise<void> {
    return this.#intake.resume();
  }

  image(messageId: string): Promise<ScreenImage | undefined> {
    return this.#carried.image(messageId);
  }

  files(messageId: string): Promise<readonly AttachedFile[] | undefined> {
    return this.#carried.files(messageId);
  }

  onEvent(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onSettled(listener: (settled: Settled) => void): () => void {
    this.#settledListeners.add(listener);
    return () => this.#settledListeners.delete(listener);
  }

  idle(): Promise<void> {
    return this.#activity.idle();
  }

  async spoken(signal: AbortSignal): Promise<void> {
    await this.#speech.spoken(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe();
    this.#branches[Symbol.dispose]();
    await this.#intake[Symbol.asyncDispose]();
    await this.#queue[Symbol.asyncDispose]();
    await this.#speech.stop();
    this.#listeners.clear();
    this.#settledListeners.clear();
  }

  #show(...[chatId, messages, title, kind]: Parameters<ChatEngine["openChat"]>): void {
    this.#queue.answered(answeredIds(messages));
    const named = title === undefined ? {} : { title };
    this.#views.show(chatId, { chatId, messages, ...named, ...kind });
  }

  #newKey(kind?: NewChatKind): string {
    return newChatKey(kind, this.#deps.newId());
  }

  #forgetExchange(id: string): void {
    this.#views.dispatch(this.#views.shownKey(), { type: "removed", id });
    this.#carried.drop(id);
  }

  #onEvent(pending: Pending, event: EngineEvent["event"]): void {
    const { clientMessageId: messageId, chatKey } = pending.row;
    if (event.type === "audio") this.#speak(pending.row, event.pcm);
    else this.#readStale(pending.row, event);
    const chat = isNewChat(chatKey) ? {} : { chatId: chatKey };
    this.#tell(this.#listeners, { messageId, ...chat, attempt: pending.attempts, event });
  }

  #tell<T>(listeners: ReadonlySet<(value: T) => void>, value: T): void {
    for (const listener of listeners) {
      try {
        listener(value);
      } catch (reason) {
        this.#deps.logger.error("chat.listener_failed", { detail: PipitError.from(reason).detail });
      }
    }
  }

  /**
   * Another program may have asked in this chat, or shown another branch: a question then follows what is not on show here,
   * and one that was answered before may be on a branch that is hidden.
   */
  #readStale({ clientMessageId: id, chatKey }: OutboxRow, event: EngineEvent["event"]): void {
    if (chatKey !== this.#views.shownKey()) return;
    const { messages } = this.store.getState();
    const isStale =
      (event.type === "turn" && !followsShown(messages, id, event)) ||
      (event.type === "end" &&
        messages.some((m) => m.role === "assistant" && m.replyTo === id && m.replayed));
    // When the event itself is on show.
    if (isStale) queueMicrotask(() => void this.#branches.readAgain(chatKey));
  }

  /** Only the shown chat speaks, so that two answers never mix. */
  #speak(row: OutboxRow, pcm: Uint8Array): void {
    if (row.createdAtMs <= this.#mutedUntilMs || row.chatKey !== this.#views.shownKey()) return;
    this.#lastSpokenMs = row.createdAtMs;
    this.#speech.push(pcm);
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
    if (hasLeft(state)) {
      this.#queue.suspend();
      void this.#speech.stop();
    }
    if (state.kind !== "signed-in") return;
    // A refreshed token is no reason to hurry.
    if (previous.kind === "signed-in" && previous.accountId === state.accountId) return;
    const isOther = this.#accountId !== undefined && this.#accountId !== state.accountId;
    this.#accountId = state.accountId;
    if (isOther) {
      this.#queue.retire();
      this.newChat();
      this.#views.forgetHidden();
    }
    if (!this.#intake.resumed) this.#queue.wake();
    else void this.resume().catch((reason: unknown) => this.#onResumeFailure(reason));
  }

  #onResumeFailure(reason: unknown): void {
    this.#deps.logger.error("outbox.unreadable", { detail: PipitError.from(reason).message });
  }
}

/** One without an answer may still be asked, here or elsewhere. */
function answeredIds(messages: readonly Message[]): readonly string[] {
  return messages.flatMap((m) => (m.role === "assistant" && m.status === "done" ? m.replyTo : []));
}
