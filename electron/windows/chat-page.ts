import type { BrowserWindow } from "electron";

import type { ChatState } from "#contract/chat-state.ts";
import type { HandedOver } from "#contract/commands/window.ts";
import { channelOf, type IpcEvents, type Snapshot } from "#contract/commands/ipc-schema.ts";
import type { Intent } from "#contract/intent.ts";
import type { Logger } from "#contract/logger.ts";
import { withOwnBytes } from "#contract/processes/own-bytes.ts";
import type { RoomsState } from "#contract/rooms/rooms.ts";
import { diffChat } from "#engine/chat/chat-patch.ts";
import { diffRooms } from "#engine/rooms/rooms-patch.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import { createStateFeed, type StateFeed } from "./state-feed.ts";
import { APP_PAGE } from "./app-origin.ts";
import { createRecovery, type Recovery } from "./recovery.ts";

/** A page that has not said by then what its composer holds will not: it hangs. */
const HANDS_OVER_WITHIN_MS = 3_000;

/** What a page has copies of. */
export interface Shown {
  readonly chat: ReadonlyStore<ChatState>;
  readonly rooms: ReadonlyStore<RoomsState>;
}

/** The page of one window: its copies of the chat and of the rooms, and what it is told. */
export class ChatPage implements Disposable {
  readonly window: BrowserWindow;
  readonly #chat: StateFeed<ChatState>;
  readonly #rooms: StateFeed<RoomsState>;
  readonly #recovery: Recovery;
  readonly #waiting: Intent[] = [];
  #listening = false;
  #handingOver: PromiseWithResolvers<HandedOver | undefined> | undefined;

  /** @param window made hidden */
  constructor(window: BrowserWindow, { chat, rooms }: Shown, logger: Logger) {
    this.window = window;
    this.#chat = createStateFeed(chat, diffChat, (patch) => this.send("chat", patch));
    this.#rooms = createStateFeed(rooms, diffRooms, (patch) => this.send("rooms", patch));
    this.#recovery = createRecovery(window, () => this.#reload(), logger);
    for (const event of ["show", "restore"] as const)
      window.on(event as "show", () => this.#setVisible(true));
    for (const event of ["hide", "minimize"] as const)
      window.on(event as "hide", () => this.#setVisible(false));
    this.#load();
  }

  isOwn(webContentsId: number): boolean {
    return !this.window.isDestroyed() && this.window.webContents.id === webContentsId;
  }

  /** The page listens from now on: it is given what waited, and its first copies. */
  loaded(): Pick<Snapshot, "chat" | "rooms"> {
    this.#recovery.loaded();
    this.#listening = true;
    for (const intent of this.#waiting.splice(0)) this.#send("intent", intent);
    return { chat: this.#chat.snapshot(), rooms: this.#rooms.snapshot() };
  }

  send<Name extends "chat" | "rooms" | "auth" | "app">(name: Name, payload: IpcEvents[Name]): void {
    if (this.#listening) this.#send(name, payload);
  }

  /** Never lost: kept until the page listens. */
  intend(intent: Intent): void {
    if (this.#listening) this.#send("intent", intent);
    else this.#waiting.push(intent);
  }

  /** What the composer holds; undefined from a page that cannot say it. */
  async takeComposer(): Promise<HandedOver | undefined> {
    if (!this.#listening) return undefined;
    this.#handingOver ??= Promise.withResolvers();
    const { promise, resolve } = this.#handingOver;
    const timer = setTimeout(() => resolve(undefined), HANDS_OVER_WITHIN_MS);
    this.intend({ kind: "hand-over" });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#handingOver = undefined;
    }
  }
  /** The page's answer. */
  handOver(composed: HandedOver): void {
    this.#handingOver?.resolve(composed);
  }

  [Symbol.dispose](): void {
    this.#handingOver?.resolve(undefined);
    for (const feed of [this.#chat, this.#rooms]) feed[Symbol.dispose]();
    this.#recovery[Symbol.dispose]();
    if (!this.window.isDestroyed()) this.window.destroy();
  }

  #setVisible(visible: boolean): void {
    for (const feed of [this.#chat, this.#rooms]) feed.setVisible(visible);
  }

  #load(): void {
    // What went wrong is told by the recovery, which tries again.
    void this.window.loadURL(APP_PAGE).catch(() => undefined);
  }

  #reload(): void {
    this.#listening = false;
    for (const feed of [this.#chat, this.#rooms]) feed.reset();
    this.#load();
  }

  #send(name: keyof IpcEvents, payload: unknown): void {
    if (!this.window.isDestroyed()) this.window.webContents.send(channelOf(name), withOwnBytes(payload));
  }
}
