import { activation, onMacOnly } from "./activation.ts";
import { appWindows } from "./app-windows.ts";
import { StrictObject } from "./strict.ts";

/** `app.dock` of macOS: nothing else is changed by it here. */
export class Dock extends StrictObject {
  #visible = true;
  #badge = "";

  constructor() {
    super("app.dock");
  }
  hide(): void {
    this.#visible = false;
  }
  async show(): Promise<void> {
    this.#visible = true;
  }
  isVisible(): boolean {
    return this.#visible;
  }
  setBadge(text: string): void {
    this.#badge = text;
  }
  getBadge(): string {
    return this.#badge;
  }
  setMenu(_menu: unknown): void {}
  setIcon(_image: unknown): void {}
}

/** Whether the windows of the app are hidden as one, as by Cmd+H. */
export class MacVisibility {
  #hidden = false;

  get isHidden(): boolean {
    return this.#hidden;
  }

  /** The keyboard goes to the program that was in front before. */
  hide(): void {
    onMacOnly("app.hide");
    if (this.#hidden) return;
    this.#hidden = true;
    for (const window of appWindows.all.values()) window.orderOutWithApp();
    activation.deactivate();
  }

  show(): void {
    onMacOnly("app.show");
    if (!this.#hidden) return;
    this.#hidden = false;
    for (const window of appWindows.all.values()) window.orderInWithApp();
    activation.activate();
  }
}
