import { StrictObject } from "./strict.ts";
import { platform } from "./platform.ts";

const commandOrControl = platform === "darwin" ? "command" : "control";
/** What Electron calls a modifier -> its one name. */
const modifiers: Readonly<Record<string, string>> = {
  command: "command",
  cmd: "command",
  control: "control",
  ctrl: "control",
  commandorcontrol: commandOrControl,
  cmdorctrl: commandOrControl,
  alt: "alt",
  option: "alt",
  altgr: "altgr",
  shift: "shift",
  super: "command",
  meta: "command",
};
const named =
  /^(?:[a-z0-9]|f(?:[1-9]|1\d|2[0-4])|[)!@#$%^&*(:;+=<,_\->.?/~`{\][|\\}"']|plus|space|tab|capslock|numlock|scrolllock|backspace|delete|insert|return|enter|up|down|left|right|home|end|pageup|pagedown|escape|esc|volumeup|volumedown|volumemute|media\w+|printscreen|num\w+)$/i;

/** One name for all spellings of the same keys. Throws for what is no accelerator, as Electron does. */
function keysOf(accelerator: string): string {
  const parts = accelerator.split("+").filter((part) => part !== "");
  const key = parts.pop() ?? "";
  const held = parts.map((part) => modifiers[part.toLowerCase()]);
  if (held.includes(undefined) || !named.test(key))
    throw new TypeError(`Error processing argument at index 0, conversion failure from ${accelerator}`);
  return [...new Set(held)].toSorted().concat(key.toLowerCase()).join("+");
}

class GlobalShortcut extends StrictObject {
  readonly #callbacks = new Map<string, () => void>();
  #suspended = false;

  constructor() {
    super("globalShortcut");
  }
  /** False for one that is taken. */
  register(accelerator: string, callback: () => void): boolean {
    const keys = keysOf(accelerator);
    if (this.#suspended || this.#callbacks.has(keys)) return false;
    this.#callbacks.set(keys, callback);
    return true;
  }
  /** All or none. */
  registerAll(accelerators: readonly string[], callback: () => void): boolean {
    const taken: string[] = [];
    for (const accelerator of accelerators) {
      if (!this.register(accelerator, callback)) {
        for (const one of taken) this.unregister(one);
        return false;
      }
      taken.push(accelerator);
    }
    return true;
  }
  unregister(accelerator: string): void {
    this.#callbacks.delete(keysOf(accelerator));
  }
  unregisterAll(): void {
    this.#callbacks.clear();
  }
  isRegistered(accelerator: string): boolean {
    return this.#callbacks.has(keysOf(accelerator));
  }
  setSuspended(suspended: boolean): void {
    this.#suspended = suspended;
  }
  isSuspended(): boolean {
    return this.#suspended;
  }
  /** Test hook: the keys are pressed; false when nobody here listens to them. */
  pressForTest(accelerator: string): boolean {
    const callback = this.#suspended ? undefined : this.#callbacks.get(keysOf(accelerator));
    callback?.();
    return callback !== undefined;
  }
}
export const globalShortcut = new GlobalShortcut();
