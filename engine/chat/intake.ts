import { checkFiles } from "#contract/attached-file.ts";
import { PROMPT_MAX_CHARS, SCREENSHOT_MAX_BYTES } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { sizeOf, type ScreenImage } from "#contract/screen-image.ts";
import type { OutboxRow } from "#engine/ports.ts";
import type { Activity } from "./activity.ts";
import type { Carried } from "./carried.ts";
import type { ChatEngineDeps, Draft } from "./chat-engine-api.ts";
import type { ChatViews } from "./chat-views.ts";
import { isNewChat } from "./delivery.ts";
import type { Queue } from "./queue.ts";

const MIB = 1024 * 1024;

/** What the {@link Intake} needs of the engine it works for. */
export interface IntakeDeps extends Pick<ChatEngineDeps, "session" | "clock"> {
  readonly views: ChatViews;
  readonly queue: Queue;
  readonly carried: Pick<Carried, "keep">;
  readonly activity: Activity;
  /** A chat that the server knows is shown, of which only the unsent messages are there. */
  readonly onOpened: (chatId: string) => void;
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
  /** How many are being stored. */
  #sending = 0;
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

  /**
   * Outbox first, then the bubble (docs/architecture.md). Resolves to `id` when the row is stored.
   *
   * @param replaced an unanswered message that this one takes the place of, in its chat, in the same step
   */
  async send(draft: Draft, id: string, replaced?: OutboxRow): Promise<string> {
    const { views, activity } = this.#deps;
    const chatKey = replaced?.chatKey ?? views.shownKey();
    activity.enter();
    this.#sending += 1;
    const work = this.#sendsDone().then(() => this.#store(draft, id, chatKey, replaced));
    this.#lastSend = work;
    try {
      await work;
      return id;
    } finally {
      this.#sending -= 1;
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
      await queue.takeUp(accountId, () => accountId === this.#deps.accountId());
      this.#showNewest(queue.newest());
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

  async #store(draft: Draft, id: string, composedIn: string, replaced: OutboxRow | undefined): Promise<void> {
    if (this.#disposal.signal.aborted)
      throw new PipitError("CANCELLED", "Pipit is closing; the message was not sent.");
    const { views, queue } = this.#deps;
    const accountId = await this.#signedInAccount();
    const isShown = () => this.#deps.accountId() === accountId;
    const chatKey = views.currentKey(composedIn);
    const row = this.#rowOf(draft, id, { accountId, chatKey, replaced });
    // Messages of an earlier run go first, also when the host has not called `resume` yet.
    if (!this.#resumed && !isNewChat(chatKey)) await queue.takeUp(accountId, isShown, chatKey);
    await queue.add(row, draft.image?.bytes, isShown, replaced?.clientMessageId);
    if (isShown()) this.#deps.carried.keep(id, draft);
  }

  #rowOf(
    { text, image, files, speak = this.#deps.speaks(), ...draft }: Draft,
    id: string,
    {
      replaced,
      ...place
    }: Pick<OutboxRow, "accountId" | "chatKey"> & {
      readonly replaced: OutboxRow | undefined;
    },
  ): OutboxRow {
    const createdAtMs = Math.max(this.#deps.clock.nowMs(), this.#newestAtMs + 1);
    this.#newestAtMs = createdAtMs;
    const parentTurnId = draft.parentTurnId ?? replaced?.parentTurnId;
    return {
      ...place,
      clientMessageId: id,
      text,
      speak,
      createdAtMs,
      attempts: 0,
      state: { kind: "waiting" },
      ...(parentTurnId === undefined ? {} : { parentTurnId }),
      ...(image === undefined ? {} : { image: sizeOf(image) }),
      ...(files === undefined ? {} : { files }),
    };
  }

  /** An empty, unnamed chat gives way to the one where something waits. */
  #showNewest(row: OutboxRow | undefined): void {
    const { views } = this.#deps;
    const { chatId, messages } = views.store.getState();
    // A message that is being stored belongs to the chat on show, and so does what is typed next.
    const isBegun = chatId !== undefined || messages.length > 0 || this.#sending > 0;
    if (row === undefined || isBegun) return;
    const { chatKey } = row;
    if (isNewChat(chatKey)) return views.show(chatKey, { messages: [] });
    views.show(chatKey, { chatId: chatKey, messages: [] });
    this.#deps.onOpened(chatKey);
  }

  async #signedInAccount(): Promise<string> {
    const { session } = this.#deps;
    let state = session.store.getState();
    if (state.kind === "unknown") state = await session.restore(this.#disposal.signal);
    if (state.kind === "signed-in") return state.accountId;
    throw new PipitError("SIGNED_OUT", "You are not signed in. Sign in, then send the message again.");
  }
}

/**
 * Checks a question before anything is stored, so that what the server would refuse anyway never enters the outbox.
 *
 * @returns the question as it will be sent: lone surrogates, which UTF-8 cannot carry, become U+FFFD
 * @throws PipitError PROMPT_EMPTY, PROMPT_TOO_LONG, SCREENSHOT_TOO_LARGE, SCREENSHOT_INVALID, and of files what
 *   {@link checkFiles} throws, each naming field, limit and cure
 */
export function checkDraft({ files = [], ...draft }: Draft): Draft {
  const text = draft.text.toWellFormed();
  if (text.trim() === "") {
    throw new PipitError("PROMPT_EMPTY", "The message is empty. Type a question first.", { field: "prompt" });
  }
  if (text.length > PROMPT_MAX_CHARS) {
    const message = `The message is ${text.length} characters long; the limit is ${PROMPT_MAX_CHARS}. Shorten it or send it in parts.`;
    throw new PipitError("PROMPT_TOO_LONG", message, { field: "prompt" });
  }
  if (draft.image !== undefined) checkImage(draft.image);
  return { ...draft, text, ...(files.length === 0 ? {} : { files: checkFiles(files) }) };
}

function checkImage(image: ScreenImage): void {
  const sizeBytes = image.bytes.byteLength;
  if (sizeBytes > SCREENSHOT_MAX_BYTES) {
    const message = `The picture is ${(sizeBytes / MIB).toFixed(1)} MiB large; the limit is ${SCREENSHOT_MAX_BYTES / MIB} MiB. Scale it down or attach a part of it.`;
    throw new PipitError("SCREENSHOT_TOO_LARGE", message, { field: "screenshot" });
  }
  if (!isKnownFormat(image.bytes)) {
    const message =
      "The attached file is no JPEG, PNG or WebP picture. Attach one of these, or send without it.";
    throw new PipitError("SCREENSHOT_INVALID", message, { field: "screenshot" });
  }
}

/** Looks at the magic bytes; names and declared types lie. */
function isKnownFormat(bytes: Uint8Array): boolean {
  const jpeg = startsWith(bytes, 0, [0xff, 0xd8, 0xff]);
  const png = startsWith(bytes, 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const webp =
    startsWith(bytes, 0, [0x52, 0x49, 0x46, 0x46]) && startsWith(bytes, 8, [0x57, 0x45, 0x42, 0x50]);
  return jpeg || png || webp;
}

function startsWith(bytes: Uint8Array, offset: number, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[offset + index] === byte);
}
