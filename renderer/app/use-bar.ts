import { useEffect, useRef, type RefObject } from "react";
import { useApp, useBridge, useChat, useChatUiState, useSignedOut, useView } from "../bridge/use-bridge.ts";

/** Whether the window is a bar that is nothing but the composer; it grows as soon as there is more than `content` to see. */
export function useBar(): { readonly bar: boolean; readonly content: RefObject<HTMLDivElement | null> } {
  const content = useRef<HTMLDivElement>(null);
  const { window: host, views } = useBridge();
  const bar = useApp((state) => state.windowShape === "bar");
  const needsRoom = useNeedsRoom();
  useEffect(() => {
    if (bar && needsRoom && host !== undefined) void views.attempt(host.shapeWindow({ shape: "panel" }));
  }, [bar, needsRoom, host, views]);
  useBarHeight(bar, content);
  return { bar, content };
}

/** There is more to see than the composer, and it cannot be put away by making the window small. */
export function useNeedsRoom(): boolean {
  const elsewhere = useView(
    ({ view, dialog, problem, protectionOffered }) =>
      view !== "chat" || dialog !== undefined || problem !== undefined || protectionOffered,
  );
  const firstRun = useApp((state) => !state.settings.firstRunDone);
  const signedOut = useSignedOut();
  const answering = useChat((state) => state.activeMessageId !== undefined);
  const sending = useChatUiState((state) => state.sending);
  return elsewhere || firstRun || signedOut || answering || sending;
}

/** Keeps the bar as high as what is in it. */
function useBarHeight(bar: boolean, content: RefObject<HTMLElement | null>): void {
  const { window: host, views } = useBridge();
  useEffect(() => {
    const element = content.current;
    if (!bar || element === null || host === undefined) return;
    const observer = new ResizeObserver(() => {
      const heightPx = Math.ceil(element.getBoundingClientRect().height);
      if (heightPx > 0) void views.attempt(host.fitBar({ heightPx }));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [bar, content, host, views]);
}
