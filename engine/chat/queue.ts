import { PipitError } from "#contract/pipit-error.ts";
import type { OutboxRow } from "#engine/ports.ts";
import { isNewChat, type Pending } from "./delivery.ts";
import { failureOf, KnownRows, type KnownRowsDeps } from "./known-rows.ts";
import { Lane, type LaneDeps } from "./lane.ts";

/** What the {@link Queue} needs of the engine; callbacks are synchronous and must not throw. */
export type QueueDeps = Omit<
  LaneDeps,
  | "rows"
  | "recordAttempt"
  | "onConnection"
  | "onChange"
  | "onNamed"
  | "resident"
  | "isAlone"
  | "isDelivering"
  | "onEnd"
> &
  Pick<KnownRowsDeps, "onSettledElsewhere">;

/**
 * Owns the outbox: writes what is to be sent, sends it, shows where it stands. First in first out within a chat, one at a
 * time, over all programs of this home; chats do not wait for each other, and no message waits for a parked one.
 */
export class Queue implements AsyncDisposable {
  readonly #deps: QueueDeps;
  readonly #rows: KnownRows;
  /** The one of each chat. */
  readonly #lanes = new Map<string, Lane>();
  /** Also those that only finish a message, in a chat that has one already. */
  readonly #running = new Map<Lane, Promise<void>>();
  #stopped = false;

  constructor(deps: QueueDeps) {
    this.#deps = deps;
    this.#rows = new KnownRows({
      ...deps,
      onWaiting: (row) => this.#onWaiting(row),
      onGone: (pending) => this.#onGone(pending),
      onSettledElsewhere: (chatKey) => void this.#onSettledElsewhere(chatKey),
    });
  }

  /** A message that is not answered, and not gone, with its row. */
  row(clientMessageId: string): OutboxRow | undefined {
    return this.#rows.get(clientMessageId)?.row;
  }

  /** Whether the outbox may still hold a message that is not answered; also one that is gone, but cannot be removed yet. */
  keeps(clientMessageId: string): boolean {
    return this.#rows.keeps(clientMessageId);
  }

  /** Whether the server may have begun to answer a message that is not answered. */
  wasSent(clientMessageId: string): boolean {
    const pending = this.#rows.get(clientMessageId);
    return pending !== undefined && pending.attempts + pending.row.attempts > 0;
  }

  /** The picture of a message that is not answered. */
  async picture(clientMessageId: string): Promise<Uint8Array | undefined> {
    return this.row(clientMessageId)?.image && (await this.#deps.outbox.picture(clientMessageId));
  }

  /**
   * Writes a message, shows it and lets it go. With `replaces`, in the place of another one that is not answered.
   *
   * @param isShown asked when the row is written: another account may have signed in by then
   * @throws what the outbox throws; nothing has changed then
   */
  async add(
    row: OutboxRow,
    picture: Uint8Array | undefined,
    isShown: () => boolean,
    replaces?: string,
  ): Promise<void> {
    const { outbox, views } = this.#deps;
    const { clientMessageId: id, chatKey } = row;
    // Claimed before others can see the row: the program that was asked is to be the one that answers.
    if (replaces === undefined) await outbox.claim(chatKey).catch(() => false);
    try {
      await this.#store(row, picture, replaces);
    } catch (reason) {
      await this.#leaveChat(chatKey);
      throw reason;
    }
    const replaced = replaces === undefined ? undefined : this.#rows.get(replaces);
    if (replaced !== undefined) this.#rows.leave(replaced);
    if (!isShown() || this.#rows.get(id) !== undefined) return await this.#leaveChat(chatKey);
    const key = views.currentKey(chatKey);
    this.#rows.take({ ...row, chatKey: key });
    // After the new one, which takes its place among the branches.
    if (replaced !== undefined && replaces !== id)
      views.dispatch(replaced.row.chatKey, { type: "removed", id: replaced.row.clientMessageId });
    // The server named the chat while the row was being written: it must follow the rows before it.
    if (key !== chatKey) await this.#lanes.get(key)?.adopt(chatKey);
  }

  #store(row: OutboxRow, picture: Uint8Array | undefined, replaces: string | undefined): Promise<void> {
    const { outbox } = this.#deps;
    const id = row.clientMessageId;
    // One that was stopped, and is asked again before its row could be removed.
    const old = replaces ?? (this.#rows.hasLeft(id) ? id : undefined);
    return this.#rows.write(() =>
      old === undefined ? outbox.add(row, picture) : outbox.replace(old, row, picture),
    );
  }

  /** Takes up what waits in the outbox: all of an account, or of one chat. */
  async takeUp(accountId: string, isShown: () => boolean, chatKey?: string): Promise<void> {
    await this.#rows.read(
      accountId,
      (row) => isShown() && (chatKey === undefined || row.chatKey === chatKey),
    );
    this.#count();
  }

  /** The newest message that is not answered. */
  newest(): OutboxRow | undefined {
    return this.#rows.all().at(-1)?.row;
  }

  /** The messages that wait, of all chats, oldest first; those on their way do not. */
  waiting(): readonly string[] {
    return this.#rows
      .all()
      .filter((pending) => pending.row.state.kind === "waiting" && !this.#isDelivering(pending))
      .map(({ row }) => row.clientMessageId);
  }

  /** Stops a message: the call at once; its bubble says so when that would survive a crash; then its row goes. */
  async cancel(clientMessageId: string): Promise<void> {
    const pending = this.#rows.get(clientMessageId);
    if (pending === undefined) return;
    this.#rows.leave(pending);
    if (await this.#rows.mark(pending))
      this.#deps.views.dispatch(pending.row.chatKey, { type: "cancelled", id: clientMessageId });
    else this.#rows.endAs("cancelled", pending);
    await this.#forget(pending);
    this.#rows.hasEnded(pending);
  }

  /**
   * Takes a message out of the outbox for good, then out of the view. False: it is not sent any more, but cannot be removed
   * yet, and is shown until then.
   */
  async discard(clientMessageId: string): Promise<boolean> {
    const pending = this.#rows.get(clientMessageId);
    if (pending === undefined) return true;
    this.#rows.leave(pending);
    this.#rows.endAs("removed", pending);
    await this.#forget(pending);
    return this.#rows.hasEnded(pending);
  }

  /** The history of a chat holds these as answered: a row that still waits, because its program died before removing it, goes. */
  answered(ids: readonly string[]): void {
    for (const id of ids) {
      const pending = this.#rows.get(id);
      if (pending === undefined || this.#isDelivering(pending)) continue;
      this.#rows.leave(pending);
      this.#deps.views.dispatch(pending.row.chatKey, { type: "removed", id });
      void this.#forgetAnswered(pending);
    }
  }

  /**
   * Sets a waiting message aside by hand; the next one goes.
   *
   * @throws what the outbox throws; it goes on waiting then
   */
  async park(clientMessageId: string): Promise<void> {
    const pending = this.#rows.get(clientMessageId);
    if (pending?.row.state.kind !== "waiting") return;
    const sinceMs = this.#deps.clock.nowMs();
    await this.#rows.storeState(pending, { kind: "parked", failure: failureOf(setAside()), sinceMs });
    for (const lane of this.#running.keys()) lane.drop(pending);
    this.#count();
  }

  /** Ends the pauses: of one message's lane, or of all. A new series of attempts begins. */
  wake(clientMessageId?: string): void {
    const pending = clientMessageId === undefined ? undefined : this.#rows.get(clientMessageId);
    if (pending !== undefined) pending.series = 0;
    for (const lane of this.#running.keys())
      if (pending === undefined || lane.chatKey === pending.row.chatKey) lane.wake();
  }

  /** Stops running answers because the person signed out; the messages wait. */
  suspend(): void {
    for (const lane of this.#running.keys()) lane.suspend();
  }

  /** Forgets everything because another account signed in; the rows stay in the outbox of theirs. */
  retire(): void {
    for (const lane of this.#running.keys()) lane.retire();
    this.#lanes.clear();
    this.#rows.clear();
    this.#count();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.retire();
    await Promise.all(this.#running.values());
  }

  #onWaiting({ accountId, chatKey }: OutboxRow): void {
    if (this.#stopped) return;
    const lane = this.#lanes.get(chatKey);
    if (lane === undefined) this.#start(accountId, chatKey);
    else lane.look();
    this.#count();
  }

  #onGone(pending: Pending): void {
    for (const lane of this.#running.keys()) lane.drop(pending);
    this.#count();
  }

  /** A chat that was new may have been named by the program that settled its message. */
  async #onSettledElsewhere(chatKey: string): Promise<void> {
    const { outbox, views, onSettledElsewhere } = this.#deps;
    const chatId = isNewChat(chatKey) ? await outbox.nameOf(chatKey).catch(() => undefined) : chatKey;
    if (chatId === undefined) return;
    if (chatId !== chatKey) views.rename(chatKey, chatId);
    onSettledElsewhere(chatId);
  }

  #start(accountId: string, chatKey: string): void {
    const lane = new Lane(
      {
        ...this.#deps,
        rows: this.#rows,
        recordAttempt: (id) => void this.#rows.tryWrite(() => this.#deps.outbox.recordAttempt(id)),
        onConnection: (connection) => this.#setConnection(connection),
        onChange: () => this.#count(),
        onNamed: (named, from) => this.#onNamed(named, from),
        resident: (other) => this.#resident(other),
        isAlone: (other) => (this.#lanes.get(other.chatKey) ?? other) === other,
        isDelivering: (pending) => this.#isDelivering(pending),
        onEnd: (other) => void this.#lanes.delete(other.chatKey),
      },
      accountId,
      chatKey,
    );
    this.#lanes.set(chatKey, lane);
    const run = lane.run().finally(() => this.#running.delete(lane));
    this.#running.set(lane, run);
  }

  /** Another lane that has been opened for the named chat takes the rows over; this one only finishes its message. */
  #onNamed(lane: Lane, from: string): void {
    if (this.#lanes.get(from) === lane) this.#lanes.delete(from);
  }

  /** The lane of the chat that this one sends in: this one, unless there is another. */
  #resident(lane: Lane): Lane {
    const other = this.#lanes.get(lane.chatKey);
    if (other === undefined) this.#lanes.set(lane.chatKey, lane);
    return other ?? lane;
  }

  #isDelivering(pending: Pending): boolean {
    return [...this.#running.keys()].some((lane) => lane.isDelivering(pending));
  }

  /** Nothing is sent for a chat that was claimed: other programs may. */
  async #leaveChat(chatKey: string): Promise<void> {
    await this.#rows.tryWrite(async () => {
      if (!this.#lanes.has(chatKey)) await this.#deps.outbox.release(chatKey);
    });
  }

  /**
   * By the lane of its chat, which may have to rename the rows behind it first. Without one, a lane is opened if it cannot be
   * removed now: a lane tries until it can.
   */
  async #forget({ row }: Pending): Promise<void> {
    const { chatKey, accountId } = row;
    const isGone = !this.#lanes.has(chatKey) && (await this.#rows.forget(row));
    if (isGone || this.#stopped) return;
    if (!this.#lanes.has(chatKey)) this.#start(accountId, chatKey);
    await this.#lanes.get(chatKey)?.forget(row);
  }

  /** A program that lives removes the row itself, and may still hear the answer. */
  async #forgetAnswered(pending: Pending): Promise<void> {
    const { chatKey } = pending.row;
    if (!(await this.#deps.outbox.claim(chatKey).catch(() => false))) return;
    await this.#forget(pending);
    await this.#leaveChat(chatKey);
  }

  /** When the server can be reached again, the pauses that were due to that end. */
  #setConnection(connection: "online" | "offline"): void {
    const { views } = this.#deps;
    const isBack = connection === "online" && views.store.getState().connection === "offline";
    views.set({ connection });
    if (isBack) for (const lane of this.#running.keys()) lane.reconnected();
  }

  /** Shows how many messages wait. */
  #count(): void {
    this.#deps.views.set({ queuedCount: this.waiting().length });
  }
}

function setAside(): PipitError {
  return new PipitError("CANCELLED", "Set aside. It is not sent unless you say so.");
}
