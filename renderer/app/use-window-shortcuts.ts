import { useEffect, useEffectEvent } from "react";
import { useApp, useBridge } from "../bridge/use-bridge.ts";
import { newChat } from "../bridge/go-to-chat.ts";
import { isDoor } from "../bridge/address.ts";
import type { View } from "../bridge/view-store.ts";
import { useNeedsRoom } from "./use-bar.ts";
import { shortcutOf, type Shortcut } from "./shortcut-of.ts";

/** The keys that work anywhere in the window. What a dialog, a menu or the composer has taken does not come here. */
export function useWindowShortcuts(): void {
  const bridge = useBridge();
  const { chat, commands, views, window: host } = bridge;
  const ready = useApp((state) => state.settings.firstRunDone);
  const shape = useApp((state) => state.windowShape);
  const compact = useApp((state) => state.settings.compactBar);
  const needsRoom = useNeedsRoom();
  const isBeside = (view: View): boolean =>
    (view === "settings" && ready) || view === "profile" || view === "room";
  const back = (): boolean => {
    const { view, dialog } = views.store.getState();
    // A dialog closes itself.
    if (dialog !== undefined) return false;
    const answering = chat.getState().activeMessageId !== undefined;
    if (isDoor(view)) return false;
    if (isBeside(view)) {
      if (!leaveField(view)) views.show("chat");
    } else if (answering) void views.attempt(commands.cancel());
    else if (host !== undefined && compact && shape === "panel" && !needsRoom)
      void views.attempt(host.shapeWindow({ shape: "bar" }));
    else void views.attempt(commands.hideWindow());
    return true;
  };
  const go = (shortcut: Exclude<Shortcut, "back">): boolean => {
    const { view, dialog } = views.store.getState();
    if (!ready || dialog !== undefined || isDoor(view)) return false;
    if (shortcut === "chats" || shortcut === "shortcuts") {
      views.open(shortcut);
    } else if (shortcut === "settings") {
      views.show(view === "settings" ? "chat" : "settings");
    } else {
      void newChat(bridge);
    }
    return true;
  };
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented) return;
    const shortcut = shortcutOf(event);
    if (shortcut === undefined || (shortcut === "shortcuts" && isTyped(event))) return;
    if (shortcut === "back" ? back() : go(shortcut)) event.preventDefault();
  });
  useEffect(() => {
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}

/**
 * One key must not lose what a person is typing into a form: the first Esc leaves the field, the next one the view. What
 * is typed in a room is kept there.
 */
function leaveField(view: View): boolean {
  if (view === "room") return false;
  const field = document.activeElement;
  const typing = field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement;
  if (!typing || !field.matches(":read-write") || field.value === "") return false;
  field.blur();
  return true;
}

/** A plain sign that is pressed in a text field belongs to its text. */
function isTyped({ target }: Event): boolean {
  return target instanceof Element && target.matches("input, textarea, select");
}
