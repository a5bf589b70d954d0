import { useEffect, useRef } from "react";
import { useBridge } from "../bridge/use-bridge.tsx";
import { Announcer } from "./announcer.tsx";
import { Composer } from "./composer.tsx";
import { DropVeil, useDrop } from "./drop-veil.tsx";
import { MessageList } from "./message-list.tsx";
import { useChatUi } from "./use-chat-ui.ts";
import { usePicture } from "./use-picture.ts";

/** How much of the conversation stays in view when a page is turned. */
const pageShare = 0.85;

/** The conversation and the composer. */
export function ChatView() {
  const root = useRef<HTMLDivElement>(null);
  const pictures = usePicture();
  const [over, drop] = useDrop(pictures.take);
  useIntents();
  const turnPage = (direction: -1 | 1) => {
    const scroller = root.current?.querySelector("[data-message-scroller]");
    scroller?.scrollBy({ top: direction * pageShare * scroller.clientHeight });
  };
  return (
    <div ref={root} className="relative flex h-full min-h-0 flex-1 flex-col" {...drop}>
      <MessageList />
      <Composer pictures={pictures} onPage={turnPage} />
      <Announcer />
      {over && <DropVeil />}
    </div>
  );
}

/** What the host wants of the composer. */
function useIntents(): void {
  const bridge = useBridge();
  const ui = useChatUi();
  useEffect(
    () =>
      bridge.onIntent((intent) => {
        switch (intent.kind) {
          case "focus-composer":
            return ui.focusComposer();
          case "attach":
            ui.attach(intent.image);
            return ui.focusComposer();
          case "compose": {
            const { text } = ui.store.getState();
            ui.write(text.trim() === "" ? intent.text : `${text}\n${intent.text}`);
            return ui.focusComposer();
          }
          default:
            // The rest is the shell's.
            return undefined;
        }
      }),
    [bridge, ui],
  );
}
