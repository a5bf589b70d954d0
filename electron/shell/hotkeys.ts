import type { GlobalShortcut } from "electron";
import { createStore } from "zustand/vanilla";
import type { HotkeyStatus } from "#contract/app-state.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";

/** The one global hotkey. */
export type Hotkeys = ReturnType<typeof createHotkeys>;

/**
 * `onPressed` is called whenever the hotkey fires. That a system took a combination does not mean that it will ever fire,
 * so it counts as working only after it did.
 */
export function createHotkeys(
  shortcuts: Pick<GlobalShortcut, "register" | "unregister">,
  onPressed: () => void,
) {
  const status = createStore<HotkeyStatus>(() => ({ kind: "off" }));
  let active = "";

  const fired = (accelerator: string): void => {
    if (accelerator === active) status.setState({ kind: "confirmed", accelerator }, true);
    onPressed();
  };
  const drop = (): void => {
    if (active !== "") shortcuts.unregister(active);
    active = "";
  };
  const take = (accelerator: string): "taken" | "invalid" | undefined => {
    try {
      return shortcuts.register(accelerator, () => fired(accelerator)) ? undefined : "taken";
    } catch {
      // Electron throws for what is no accelerator at all.
      return "invalid";
    }
  };

  return {
    status: status as ReadonlyStore<HotkeyStatus>,
    /**
     * Takes this combination; empty: none. When it is refused, the one before stays, and the status says why.
     * Returns whether it was taken.
     */
    set(accelerator: string): boolean {
      if (accelerator === "") {
        drop();
        status.setState({ kind: "off" }, true);
        return true;
      }
      if (accelerator === active) {
        // Another combination was refused before; this one is still registered.
        if (status.getState().kind === "refused") status.setState({ kind: "registered", accelerator }, true);
        return true;
      }
      const reason = take(accelerator);
      if (reason !== undefined) {
        status.setState({ kind: "refused", accelerator, reason }, true);
        return false;
      }
      drop();
      active = accelerator;
      status.setState({ kind: "registered", accelerator }, true);
      return true;
    },
    [Symbol.dispose]: drop,
  };
}
