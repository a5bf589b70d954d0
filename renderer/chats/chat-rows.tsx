import { Folder } from "lucide-react";
import { useMemo, useRef, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import type { ChatSummary } from "#contract/chat-history.ts";
import { useChat, useView } from "../bridge/use-bridge.ts";
import { useProjectName } from "../projects/use-projects.ts";
import { folderRows, type ListRow } from "./chat-folders.ts";
import { FolderTitle } from "./folder-title.tsx";
import { RowWithMenu } from "./row-with-menu.tsx";
import { TitleEditor } from "./title-editor.tsx";
import type { ChatActions } from "./use-chat-actions.ts";
import { useToday } from "./use-today.ts";

const ROW_PX = 36;
/** So many rows before the end, those that follow are asked for. */
const ROWS_AHEAD = 30;

interface ChatRowsProps {
  readonly chats: readonly ChatSummary[];
  readonly scroller: RefObject<HTMLElement | null>;
  /** Height of what stands above them in the scroller, in pixels. */
  readonly startPx: number;
  readonly actions: ChatActions;
  readonly onOpen: (chatId: string) => void;
  /** The end of the list comes near. */
  readonly onNearEnd: () => void;
}

/** Chats in their folders, of which only those in view are drawn. */
export function ChatRows({ chats, scroller, startPx, actions, onOpen, onNearEnd }: ChatRowsProps) {
  const list = useRef<VirtualizerHandle>(null);
  const shown = useChat((state) => state.chatId);
  const isRoom = useView((state) => state.view === "room");
  const current = isRoom ? undefined : shown;
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
      startMargin={startPx}
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
  const title = chat.title || t("drawer.untitled");
  const listed = useView((state) => state.listed.projectId);
  const projectName = useProjectName(chat.projectId === listed ? undefined : chat.projectId);
  if (actions.renaming === chat.id) {
    return (
      <TitleEditor
        title={chat.title}
        onEnd={(next) => (next === undefined ? actions.rename(undefined) : actions.retitle(chat, next))}
      />
    );
  }
  return (
    <RowWithMenu
      place={{ view: "chat", chatId: chat.id }}
      current={current}
      title={projectName === undefined ? title : `${title} (${projectName})`}
      menuLabel={t("drawer.menu", { title })}
      onOpen={() => onOpen(chat.id)}
      onMenu={(at) => actions.openMenu(chat, at)}
      onKey={(key) => {
        if (key === "F2") actions.rename(chat.id);
        else if (key === "Delete") actions.remove(chat);
      }}
    >
      <RowText title={title} unread={chat.unread === true} inProject={projectName !== undefined} />
    </RowWithMenu>
  );
}

interface RowTextProps {
  readonly title: string;
  readonly unread: boolean;
  readonly inProject: boolean;
}

/** Its marks stand where the menu's button comes: no title moves when one comes or goes. */
function RowText({ title, unread, inProject }: RowTextProps) {
  const { t } = useTranslation("shell");
  const room = unread && inProject ? "pe-10" : unread ? "pe-6 pointer-coarse:pe-10" : "pe-6";
  const hidden = "group-focus-within/row:opacity-0 group-hover/row:opacity-0";
  return (
    <>
      <span className={`min-w-0 flex-1 ${room}`}>
        <span dir="auto" className={`block truncate ${unread ? "font-semibold" : ""}`}>
          {title}
        </span>
      </span>
      {inProject ? (
        <Folder
          aria-hidden="true"
          className={`absolute size-3.5 text-faint pointer-coarse:hidden ${hidden} ${unread ? "end-7" : "end-3"}`}
        />
      ) : undefined}
      {unread ? (
        <>
          <span className="sr-only">{t("drawer.unread")}</span>
          <span
            aria-hidden="true"
            className={`absolute end-3.5 size-2 rounded-full bg-accent pointer-coarse:end-9 pointer-coarse:opacity-100 ${hidden}`}
          />
        </>
      ) : undefined}
    </>
  );
}
