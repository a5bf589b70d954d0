import { activation } from "./activation.ts";
import { platform } from "./platform.ts";

interface FocusOwner {
  /** A panel of macOS takes the keyboard without making its app the active one. */
  readonly isPanel: boolean;
  /** The window's own events: on macOS of its being the main window, elsewhere of its having the keyboard. */
  tell(event: "focus" | "blur"): void;
  /** What the page's own `focus` and `blur` follow: the keyboard, on every system. */
  tellPage(event: "focus" | "blur"): void;
}

/**
 * The keyboard of one window. On macOS it can be key (it has the keyboard) without being main (of the active app); the
 * window's events come from the second, so a panel over another program's windows may have the keyboard and say nothing.
 * Events come later than what they tell of, as from a window manager, and not at all when it was undone meanwhile.
 */
export class WindowFocus {
  readonly #owner: FocusOwner;
  #key = false;
  #main = false;

  constructor(owner: FocusOwner) {
    this.#owner = owner;
  }

  get hasKeyboard(): boolean {
    return this.#key;
  }

  take(): void {
    if (platform === "darwin" && !this.#owner.isPanel) activation.activate();
    if (this.#key) return;
    activation.keyWindow?.resignKey();
    activation.keyWindow = this;
    this.#key = true;
    setImmediate(() => {
      if (this.#key) this.#owner.tellPage("focus");
    });
    if (platform !== "darwin" || activation.isActive) this.becomeMain();
  }

  becomeMain(): void {
    if (this.#main) return;
    this.#main = true;
    setImmediate(() => {
      if (this.#main) this.#owner.tell("focus");
    });
  }

  resignKey(): void {
    if (!this.#key) return;
    this.#key = false;
    if (activation.keyWindow === this) activation.keyWindow = undefined;
    setImmediate(() => {
      if (!this.#key) this.#owner.tellPage("blur");
    });
    if (!this.#main) return;
    this.#main = false;
    setImmediate(() => {
      if (!this.#main) this.#owner.tell("blur");
    });
  }
}
