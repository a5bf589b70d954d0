import { NotInStandInError } from "./strict.ts";
import { platform } from "./platform.ts";

/** A window that can have the keyboard, as macOS's count of the active app sees it. */
interface KeyWindow {
  becomeMain(): void;
  resignKey(): void;
}

/** Which of the app's windows has the keyboard, and whether macOS counts the app as the active one. */
class Activation {
  /** One window at most, of this app or of none. */
  keyWindow: KeyWindow | undefined;
  /** Told "did-become-active" and "did-resign-active". */
  onEvent: (event: string) => void = () => undefined;
  #active = false;

  get isActive(): boolean {
    return this.#active;
  }

  activate(): void {
    if (this.#active) return;
    this.#active = true;
    this.onEvent("did-become-active");
    this.keyWindow?.becomeMain();
  }

  /** Another program is in front: it has the keyboard, whether or not this app was the active one. */
  deactivate(): void {
    this.keyWindow?.resignKey();
    if (!this.#active) return;
    this.#active = false;
    this.onEvent("did-resign-active");
  }
}

export const activation = new Activation();

/** What Electron has on macOS alone: elsewhere it is `undefined`, and a call of it a fault. */
export function onMacOnly(what: string): void {
  if (platform !== "darwin") throw new NotInStandInError(`${what} off macOS`);
}
