import { useRef } from "react";
import { useChat, useSignedOut } from "../bridge/use-bridge.ts";
import { Announcer } from "./announcer.tsx";
import { Composer } from "./composer.tsx";
import { DropVeil, useDrop } from "./picture/drop-veil.tsx";
import { UndoDelete } from "./undo-delete.tsx";
import { ModelPlace } from "../model/model-place.tsx";
import { EmptyChat } from "./empty-chat.tsx";
import { useGivenFiles } from "./use-given-files.ts";
import { MessageList } from "./message-list.tsx";
import { useAttachments } from "./files/use-attachments.ts";

/** How much of the conversation stays in view when a page is turned. */
const pageShare = 0.85;

/** The conversation and the composer; as a bar, the composer alone. */
export function ChatView({ bar }: { readonly bar: boolean }) {
  const root = useRef<HTMLDivElement>(null);
  const attachments = useAttachments();
  const hidden = useSignedOut();
  const begun = useChat(({ messages }) => messages.length > 0) && !hidden;
  const [over, drop] = useDrop(attachments.take);
  useGivenFiles(attachments.take);
  const turnPage = (direction: -1 | 1) => {
    const scroller = root.current?.querySelector("[data-message-scroller]");
    scroller?.scrollBy({ top: direction * pageShare * scroller.clientHeight });
  };
  return (
    <div
      ref={root}
      className={`relative flex min-h-0 flex-1 flex-col ${bar ? "drag-region pt-3" : "h-full"}`}
      {...drop}
    >
      {bar ? undefined : hidden ? <EmptyChat /> : <MessageList />}
      {begun && !bar && (
        <div className="gutter shrink-0">
          <div className="mx-auto w-full max-w-page px-4 pt-2 pb-3 empty:hidden">
            <ModelPlace slim />
          </div>
        </div>
      )}
      <UndoDelete />
      <Composer attachments={attachments} onPage={turnPage} bar={bar} />
      <Announcer />
      {over && <DropVeil />}
    </div>
  );
}
