import type { AttachedFile } from "#contract/attached-file.ts";
import type { Message, UserMessage } from "#contract/chat-state.ts";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { HistoryClient } from "#engine/history/history-client.ts";
import type { ChatViews } from "./chat-views.ts";

/** What changes a stored chat. */
export type ChatHistory = Pick<
  HistoryClient,
  "messages" | "picture" | "files" | "showTurn" | "removeTurn" | "restoreTurn"
>;

interface BranchesDeps {
  readonly history: ChatHistory;
  readonly views: ChatViews;
  readonly logger: Logger;
  /** Shows what the server has, with what is under way. */
  readonly show: (chatId: string, messages: readonly Message[], title: string | undefined) => void;
}

interface Place {
  readonly chatId: string;
  readonly turnId: string;
}

/** Changes which exchanges of the shown chat are on show: on the server first, then here, as the server tells it. */
export class Branches implements Disposable {
  readonly #deps: BranchesDeps;
  readonly #disposal = new AbortController();
  readonly #unsubscribe: () => void;
  #deleted: Place | undefined;
  /** A chat that could not be read. */
  #unread: string | undefined;

  constructor(deps: BranchesDeps) {
    this.#deps = deps;
    this.#unsubscribe = deps.views.store.subscribe(({ connection }, before) => {
      const isBack = connection === "online" && before.connection !== "online";
      if (isBack && this.#unread !== undefined) void this.readAgain(this.#unread);
    });
  }

  /** @throws PipitError INVALID_REQUEST when there is no such branch, or an answer is on its way; what the history throws */
  async switchTo({ branch }: Pick<UserMessage, "branch">, index: number): Promise<void> {
    const { views, history } = this.#deps;
    const { chatId, activeMessageId } = views.store.getState();
    const turnId = branch?.turnIds[index];
    if (chatId === undefined || branch === undefined || turnId === undefined)
      throw new PipitError("INVALID_REQUEST", "There is no such branch of this question.");
    if (activeMessageId !== undefined)
      throw new PipitError("INVALID_REQUEST", "An answer is on its way. Stop it, or wait for its end.");
    if (index === branch.index) return;
    await history.showTurn(chatId, turnId, this.#disposal.signal);
    await this.#reload(chatId);
  }

  /** The picture of a question of the shown chat, as the server keeps it. Throws what the history throws. */
  async picture({ turnId }: Pick<UserMessage, "turnId">): Promise<ScreenImage | undefined> {
    const { chatId } = this.#deps.views.store.getState();
    if (chatId === undefined || turnId === undefined) return undefined;
    return await this.#deps.history.picture(chatId, turnId, this.#disposal.signal);
  }

  /** Its files, likewise. */
  async files({ turnId }: Pick<UserMessage, "turnId">): Promise<readonly AttachedFile[] | undefined> {
    const { chatId } = this.#deps.views.store.getState();
    if (chatId === undefined || turnId === undefined) return undefined;
    return await this.#deps.history.files(chatId, turnId, this.#disposal.signal);
  }

  /** Deletes what the server has of an exchange. False: it had nothing, and there is nothing to bring back. */
  async remove({ turnId, parentTurnId }: Pick<UserMessage, "turnId" | "parentTurnId">): Promise<boolean> {
    const { chatId } = this.#deps.views.store.getState();
    if (chatId === undefined) return false;
    const isKnown = turnId !== undefined && (await this.#removeTurn({ chatId, turnId }));
    // What it branched off from is on show again; what followed it follows the one before.
    if (turnId !== undefined || parentTurnId !== undefined) await this.readAgain(chatId);
    return isKnown;
  }

  /** @throws PipitError INVALID_REQUEST when nothing was deleted; CHAT_NOT_FOUND when it is too late */
  async undoRemove(): Promise<void> {
    const deleted = this.#deleted;
    if (deleted === undefined) throw new PipitError("INVALID_REQUEST", "There is nothing to bring back.");
    await this.#deps.history.restoreTurn(deleted.chatId, deleted.turnId, this.#disposal.signal);
    this.#deleted = undefined;
    await this.#reload(deleted.chatId);
  }

  /** Shows what the server has now, if this chat is shown; once it can be reached. Never throws. */
  async readAgain(chatId: string): Promise<void> {
    this.#unread = undefined;
    try {
      await this.#reload(chatId);
    } catch (reason) {
      this.#unread = chatId;
      this.#deps.logger.warn("chat.reload_failed", { detail: PipitError.from(reason).message });
    }
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
    this.#disposal.abort(new PipitError("CANCELLED", "Pipit is closing."));
  }

  async #removeTurn(place: Place): Promise<boolean> {
    try {
      await this.#deps.history.removeTurn(place.chatId, place.turnId, this.#disposal.signal);
      this.#deleted = place;
      return true;
    } catch (reason) {
      // Deleted elsewhere before.
      if (PipitError.from(reason).code === "CHAT_NOT_FOUND") return false;
      throw reason;
    }
  }

  async #reload(chatId: string): Promise<void> {
    const { views, history, show } = this.#deps;
    for (;;) {
      const { activeMessageId, chatId: before } = views.store.getState();
      if (before !== chatId) return;
      const messages = await history.messages(chatId, this.#disposal.signal);
      const { chatId: shownId, title, activeMessageId: active } = views.store.getState();
      if (shownId !== chatId) return;
      // An answer that ended meanwhile is in neither.
      if (active !== activeMessageId) continue;
      return show(chatId, messages, title);
    }
  }
}
