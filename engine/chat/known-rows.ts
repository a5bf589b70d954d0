import { withoutText } from "#contract/attached-file.ts";
import type { Failure, UserMessage, UserStatus } from "#contract/chat-state.ts";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Outbox, OutboxRow, RowState } from "#engine/ports.ts";
import type { ChatViews } from "./chat-views.ts";
import type { ChatAction } from "./reducer.ts";
import { createPending, type Pending } from "./delivery.ts";

/** What the {@link KnownRows} need of the engine; the callbacks are synchronous and must not throw. */
export interface KnownRowsDeps {
  readonly outbox: Outbox;
  readonly views: ChatViews;
  readonly logger: Logger;
  /** A row has become known that is to be sent. */
  readonly onWaiting: (row: OutboxRow) => void;
  /** A row has left the outbox, here or by another program. */
  readonly onGone: (pending: Pending) => void;
  /** Another program has answered or dropped a message of this chat. */
  readonly onSettledElsewhere: (chatKey: string) => void;
}

/**
 * The rows of the outbox as this program knows and shows them. The outbox is the truth: what another program on the same
 * home adds, settles or drops is learned by reading it.
 */
export class KnownRows {
  readonly #deps: KnownRowsDeps;
  readonly #byId = new Map<string, Pending>();
  /** Settled here; the outbox may still hold them, or a list that was begun before. */
  readonly #gone = new Set<string>();
  /** How those are to be shown that have left, but would come back after a crash: their rows cannot be removed yet. */
  readonly #ends = new Map<string, ChatAction & { readonly type: "cancelled" | "removed" }>();
  #writes: Promise<void> = Promise.resolve();
  /** Why the last write that failed did. */
  #writeError: PipitError | undefined;
  /** Counts our changes; a list of the outbox that was begun before a row's last one says nothing about that row. */
  #changes = 0;
  readonly #changedAt = new WeakMap<Pending, number>();

  constructor(deps: KnownRowsDeps) {
    this.#deps = deps;
  }

  get(id: string): Pending | undefined {
    return this.#byId.get(id);
  }

  /** Whether the outbox may still hold a message that is not answered. */
  keeps(id: string): boolean {
    return this.#byId.has(id) || this.#ends.has(id);
  }

  all(): readonly Pending[] {
    return [...this.#byId.values()];
  }

  inChat(chatKey: string): readonly Pending[] {
    return this.all().filter(({ row }) => row.chatKey === chatKey);
  }

  /** One write after the other, so that a row is never removed before its chat is renamed, nor added before an older one of its id is gone. */
  write(work: () => Promise<void>): Promise<void> {
    const done = this.#writes.then(work);
    this.#writes = done.catch(() => undefined);
    return done;
  }

  /** A write whose failure is only logged: what this program knows is right all the same. True if it is done. */
  async tryWrite(work: () => Promise<void>): Promise<boolean> {
    try {
      await this.write(work);
      return true;
    } catch (reason) {
      this.#writeError = PipitError.from(reason);
      this.#deps.logger.warn("outbox.write_failed", { detail: this.#writeError.message });
      return false;
    }
  }

  /**
   * Reads the outbox and shows what has changed in it.
   *
   * @param accept which of the rows that are not known yet to take up
   * @throws what the outbox throws
   */
  async read(accountId: string, accept: (row: OutboxRow) => boolean): Promise<void> {
    const before = this.#changes;
    const rows = await this.#deps.outbox.list(accountId);
    const present = new Set<string>();
    const newer = this.all().filter(({ row }) => this.#isNewer(row.clientMessageId, before));
    for (const row of rows) {
      const id = row.clientMessageId;
      // Stopped by the person, here or elsewhere; whoever did it may have died before removing it.
      if (row.state.kind === "cancelled") {
        if (!this.#gone.has(id)) void this.forget(row);
        continue;
      }
      present.add(id);
      if (!this.#gone.has(id) && !this.#isNewer(id, before)) this.#meet(row, accept);
    }
    for (const pending of this.all()) {
      const { row } = pending;
      const id = row.clientMessageId;
      if (row.accountId !== accountId || present.has(id) || this.#isNewer(id, before)) continue;
      this.leave(pending);
      this.#deps.views.dispatch(row.chatKey, { type: "removed", id });
      this.#deps.onSettledElsewhere(row.chatKey);
    }
    this.#order(present, new Set(newer));
  }

  /** Knows and shows a row, in place of an older bubble of the same message. */
  take(row: OutboxRow): void {
    const id = row.clientMessageId;
    const pending = createPending(row);
    this.#gone.delete(id);
    this.#ends.delete(id);
    this.#byId.set(id, pending);
    this.#touch(pending);
    this.#deps.views.dispatch(row.chatKey, { type: "composed", message: messageOf(row) });
    if (row.state.kind === "waiting") this.#deps.onWaiting(row);
  }

  /** Changes what is to become of a row: in the outbox first, then on the screen. */
  async setState(pending: Pending, state: RowState): Promise<void> {
    const id = pending.row.clientMessageId;
    pending.row = { ...pending.row, state };
    pending.unsaved = true;
    pending.unsaved = !(await this.tryWrite(() => this.#deps.outbox.setState(id, state)));
    this.#touch(pending);
    this.#show(pending);
  }

  /**
   * As {@link setState}, for what the person may be told only if it is sure.
   *
   * @throws what the outbox throws; nothing has changed then
   */
  async storeState(pending: Pending, state: RowState): Promise<void> {
    const id = pending.row.clientMessageId;
    await this.write(() => this.#deps.outbox.setState(id, state));
    // It has ended meanwhile.
    if (this.#byId.get(id) !== pending) return;
    pending.row = { ...pending.row, state };
    pending.unsaved = false;
    this.#touch(pending);
    this.#show(pending);
  }

  /** Repeats what could not be stored of the messages of a chat. True if nothing is left. */
  async saveStates(chatKey: string): Promise<boolean> {
    const unsaved = this.inChat(chatKey).filter((pending) => pending.unsaved);
    for (const pending of unsaved) {
      const { clientMessageId: id, state } = pending.row;
      pending.unsaved = !(await this.tryWrite(() => this.#deps.outbox.setState(id, state)));
    }
    return unsaved.every((pending) => !pending.unsaved);
  }

  /** Its end has come: it is not sent any more, wherever its row is. */
  leave(pending: Pending): void {
    this.#gone.add(pending.row.clientMessageId);
    this.#byId.delete(pending.row.clientMessageId);
    this.#deps.onGone(pending);
  }

  /** Notes in the outbox that a message which has left was stopped. True if that would survive a crash. */
  mark({ row: { clientMessageId: id } }: Pending): Promise<boolean> {
    return this.tryWrite(() => this.#deps.outbox.setState(id, { kind: "cancelled" }));
  }

  /** Shows how a message that has left ended, as soon as its row is gone. */
  endAs(type: "cancelled" | "removed", { row: { clientMessageId: id } }: Pending): void {
    this.#ends.set(id, { type, id });
  }

  /** True if a message that has left cannot come back; else its bubble says what is in the way. */
  hasEnded({ row: { clientMessageId: id, chatKey } }: Pending): boolean {
    if (!this.#ends.has(id)) return true;
    const failure = failureOf(this.#writeError ?? new PipitError("STORAGE_UNREADABLE", "Not stored yet."));
    this.#deps.views.dispatch(chatKey, { type: "failed", id, failure });
    return false;
  }

  /** Whether a message of this id has been settled, or stopped, and not been asked again. */
  hasLeft(id: string): boolean {
    return this.#gone.has(id);
  }

  /** Removes the row of a message that has left, unless it has been asked again meanwhile. True if it is done. */
  async forget({ clientMessageId: id, chatKey }: OutboxRow): Promise<boolean> {
    const isDone = await this.tryWrite(async () => {
      if (!this.#byId.has(id)) await this.#deps.outbox.remove(id);
    });
    const end = this.#ends.get(id);
    if (!isDone || end === undefined) return isDone;
    this.#ends.delete(id);
    this.#deps.views.dispatch(chatKey, end);
    return true;
  }

  /** Another account is shown from now on. */
  clear(): void {
    this.#byId.clear();
    this.#ends.clear();
  }

  #touch(pending: Pending): void {
    this.#changes += 1;
    this.#changedAt.set(pending, this.#changes);
  }

  /** As in the outbox, which also has what other programs wrote in between; what it has not told yet comes last. */
  #order(listed: ReadonlySet<string>, newer: ReadonlySet<Pending>): void {
    const known = new Map(this.#byId);
    this.#byId.clear();
    for (const id of listed) {
      const pending = known.get(id);
      if (pending !== undefined && !newer.has(pending)) this.#byId.set(id, pending);
    }
    for (const [id, pending] of known) if (!this.#byId.has(id)) this.#byId.set(id, pending);
  }

  #isNewer(id: string, change: number): boolean {
    const pending = this.#byId.get(id);
    return pending !== undefined && (this.#changedAt.get(pending) ?? 0) > change;
  }

  #meet(row: OutboxRow, accept: (row: OutboxRow) => boolean): void {
    const { views } = this.#deps;
    const chatKey = views.currentKey(row.chatKey);
    const pending = this.#byId.get(row.clientMessageId);
    if (pending === undefined) {
      if (accept(row)) this.take({ ...row, chatKey });
      return;
    }
    if (pending.unsaved) return;
    const was = pending.row;
    pending.row = { ...row, chatKey };
    // Another program sends for this chat, and the server has named it.
    if (was.chatKey !== chatKey) {
      views.rename(was.chatKey, chatKey);
      if (row.state.kind === "waiting") this.#deps.onWaiting(pending.row);
    }
    if (was.state.kind === row.state.kind) return;
    this.#show(pending);
    if (row.state.kind === "waiting") this.#deps.onWaiting(pending.row);
  }

  #show({ row: { clientMessageId: id, chatKey, state } }: Pending): void {
    const { views } = this.#deps;
    if (state.kind === "parked") views.dispatch(chatKey, { type: "failed", id, failure: state.failure });
    else views.dispatch(chatKey, { type: state.kind, id });
  }
}

/** The bubble of a row. */
function messageOf(row: OutboxRow): UserMessage {
  const { state } = row;
  const status: UserStatus =
    state.kind === "parked" ? { kind: "failed", failure: state.failure } : { kind: "queued" };
  return {
    role: "user",
    id: row.clientMessageId,
    text: row.text,
    createdAtMs: row.createdAtMs,
    status,
    ...(row.parentTurnId === undefined ? {} : { parentTurnId: row.parentTurnId }),
    ...(row.image === undefined ? {} : { image: row.image }),
    ...(row.files === undefined ? {} : { files: row.files.map(withoutText) }),
  };
}

export function failureOf(error: PipitError): Failure {
  return { code: error.code, message: error.message, retryable: error.retryable };
}
