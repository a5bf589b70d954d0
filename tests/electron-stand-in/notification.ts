import type { NativeImage } from "./native-image.ts";
import { checkOptions, StrictEmitter } from "./strict.ts";

interface NotificationOptions {
  readonly id?: string;
  readonly groupId?: string;
  readonly groupTitle?: string;
  readonly title?: string;
  readonly subtitle?: string;
  readonly body?: string;
  readonly silent?: boolean;
  readonly icon?: string | NativeImage;
  readonly hasReply?: boolean;
  readonly timeoutType?: "default" | "never";
  readonly replyPlaceholder?: string;
  readonly sound?: string;
  readonly urgency?: "normal" | "critical" | "low";
  readonly actions?: readonly { readonly type: "button"; readonly text?: string }[];
  readonly closeButtonText?: string;
}
const known = [
  "id",
  "groupId",
  "groupTitle",
  "title",
  "subtitle",
  "body",
  "silent",
  "icon",
  "hasReply",
  "timeoutType",
  "replyPlaceholder",
  "sound",
  "urgency",
  "actions",
  "closeButtonText",
];

/** Electron's `Notification`. Tests click and dismiss it; STAND_IN_NOTIFICATIONS=refused is a system that shows none. */
export class Notification extends StrictEmitter {
  /** On the screen now, oldest first. */
  static readonly #shown = new Set<Notification>();
  static #lastId = 0;
  readonly id: string;
  readonly groupId: string;
  readonly groupTitle: string;
  title: string;
  subtitle: string;
  body: string;
  silent: boolean;
  hasReply: boolean;
  actions: NonNullable<NotificationOptions["actions"]>;

  constructor(options: NotificationOptions = {}) {
    super("Notification", ["show", "click", "close", "reply", "action", "failed"]);
    checkOptions("Notification", options, known);
    Notification.#lastId += 1;
    const { id = `stand-in-${Notification.#lastId}`, groupId = "", groupTitle = "" } = options;
    const { title = "", subtitle = "", body = "", silent = false, hasReply = false, actions = [] } = options;
    this.id = id;
    this.groupId = groupId;
    this.groupTitle = groupTitle;
    this.title = title;
    this.subtitle = subtitle;
    this.body = body;
    this.silent = silent;
    this.hasReply = hasReply;
    this.actions = actions;
  }

  static isSupported(): boolean {
    return true;
  }
  static removeAll(): void {
    for (const one of Notification.#shown) one.close();
  }
  static remove(id: string | readonly string[]): void {
    for (const one of Notification.#shown) if ([id].flat().includes(one.id)) one.close();
  }
  /** Test hook: what is on the screen. */
  static shownForTest(): Notification[] {
    return [...Notification.#shown];
  }

  show(): void {
    if (process.env["STAND_IN_NOTIFICATIONS"] === "refused") {
      setImmediate(() => this.emit("failed", {}, "Notifications are not allowed for this application"));
      return;
    }
    Notification.#shown.add(this);
    setImmediate(() => this.emit("show", {}));
  }
  close(): void {
    if (Notification.#shown.delete(this))
      setImmediate(() => this.emit("close", { reason: "applicationHidden" }));
  }
  /** Test hook: the person clicks it. It is gone then. */
  clickForTest(): void {
    if (Notification.#shown.delete(this)) this.emit("click", {});
  }
}
