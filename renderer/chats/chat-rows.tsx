import { Ellipsis } from "lucide-react";
import { useMemo, useRef, useState, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import type { ChatSummary } from "#contract/chat-history.ts";
import { useChat } from "../bridge/use-bridge.ts";
import { IconButton } from "../ui/icon-button.tsx";
import { folderRows, type ListRow } from "./chat-folders.ts";
import { FinderRow } from "./finder-row.tsx";
import { FolderTitle } from "./folder-title.tsx";
import { TitleEditor } from "./title-editor.tsx";
import type { ChatActions } from "./use-chat-actions.ts";
import { useToday } from "./use-today.ts";

const ROW_PX = 36;
/** So many rows before the end, those that follow are asked for. */
const ROWS_AHEAD = 30;

interface ChatRowsProps {
  readonly chats: readonly ChatSummary[];
  readonly scroller: RefObject<HTMLElement | null>;
  readonly actions: ChatActions;
  readonly onOpen: (chatId: string) => void;
  /** The end of the list comes near. */
  readonly onNearEnd: () => void;
}

/** Chats in their folders, of which only those in view are drawn. */
export function ChatRows({ chats, scroller, actions, onOpen, onNearEnd }: ChatRowsProps) {
  const list = useRef<VirtualizerHandle>(null);
  const current = useChat((state) => state.chatId);
  const todayMs = useToday();
  const rows = useMemo(() => folderRows(chats, todayMs), [chats, todayMs]);
  const renamedAt = rows.findIndex((row) => "chat" in row && row.chat.id === actions.renaming);
  const lookAhead = () => {
    const { scrollOffset = 0, viewportSize = 0 } = list.current ?? {};
    const last = list.current?.findItemIndex(scrollOffset + viewportSize) ?? 0;
    if (last > rows.length - ROWS_AHEAD) onNearEnd();
  };
  return (
    <Virtualizer
      ref={list}
      as="ul"
      item="li"
      scrollRef={scroller}
      data={rows}
      itemSize={ROW_PX}
      keepMounted={renamedAt < 0 ? [] : [renamedAt]}
      onScroll={lookAhead}
    >
      {(row: ListRow) =>
        "folder" in row ? (
          <FolderTitle key={JSON.stringify(row.folder)} folder={row.folder} nowMs={todayMs} />
        ) : (
          <ChatRow
            key={row.chat.id}
            chat={row.chat}
            current={row.chat.id === current}
            actions={actions}
            onOpen={onOpen}
          />
        )
      }
    </Virtualizer>
  );
}

interface ChatRowProps extends Pick<ChatRowsProps, "actions" | "onOpen"> {
  readonly chat: ChatSummary;
  readonly current: boolean;
}

function ChatRow({ chat, current, actions, onOpen }: ChatRowProps) {
  const { t } = useTranslation("shell");
  // Of all rows only the one with the focus is a stop for Tab, with its menu: the arrow keys lead to the others.
  const [focused, setFocused] = useState(false);
  const tabIndex = focused ? 0 : -1;
  const title = chat.title || t("drawer.untitled");
  if (actions.renaming === chat.id) {
    return (
      <TitleEditor
        title={chat.title}
        onEnd={(next) => (next === undefined ? actions.rename(undefined) : actions.retitle(chat, next))}
      />
    );
  }
  return (
    <div
      className="group/row relative flex items-center"
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
    >
      <FinderRow
        current={current}
        tabIndex={tabIndex}
        title={title}
        onOpen={() => onOpen(chat.id)}
        onContextMenu={(event) => {
          event.preventDefault();
          actions.openMenu(chat, { xPx: event.clientX, yPx: event.clientY });
        }}
        onKeyDown={({ key }) => {
          if (key === "F2") actions.rename(chat.id);
          else if (key === "Delete") actions.remove(chat);
        }}
      >
        <span className={`min-w-0 flex-1 pe-6 ${chat.unread ? "pointer-coarse:pe-10" : ""}`}>
          <span dir="auto" className={`block truncate ${chat.unread ? "font-semibold" : ""}`}>
            {title}
          </span>
        </span>
        {chat.unread && <span className="sr-only">{t("drawer.unread")}</span>}
        {/* Where the menu's button comes: no title moves when the mark comes or goes. */}
        {chat.unread && (
          <span
            aria-hidden="true"
            className="absolute end-3.5 size-2 rounded-full bg-accent group-hover/row:opacity-0 group-focus-within/row:opacity-0 pointer-coarse:end-9 pointer-coarse:opacity-100"
          />
        )}
      </FinderRow>
      <IconButton
        label={t("drawer.menu", { title })}
        size="small"
        tabIndex={tabIndex}
        aria-haspopup="menu"
        onClick={({ currentTarget }) => {
          const { left, bottom } = currentTarget.getBoundingClientRect();
          actions.openMenu(chat, { xPx: left, yPx: bottom });
        }}
        className="absolute end-1.5 opacity-0 group-hover/row:opacity-100 focus-visible:opacity-100 group-focus-within/row:opacity-100 pointer-coarse:opacity-100"
      >
        <Ellipsis className="size-4" />
      </IconButton>
    </div>
  );
}
