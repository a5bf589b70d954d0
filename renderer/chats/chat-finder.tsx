import { Archive, ArrowLeft } from "lucide-react";
import { useCallback, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { ChatsPlace, ChatSummary, HistoryHit } from "#contract/chat-history.ts";
import { openChat } from "../bridge/go-to-chat.ts";
import { useBridge, useView } from "../bridge/use-bridge.ts";
import { momentOf } from "../chat/message-time.ts";
import { MoveMenu } from "../projects/move-menu.tsx";
import { ProjectGroup } from "./project-group.tsx";
import { ProjectHead } from "../projects/project-head.tsx";
import { useReadProjects } from "../projects/use-projects.ts";
import { Button } from "../ui/button.tsx";
import { RoomGroup } from "./room-group.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { HiddenStatus } from "../ui/hidden-status.tsx";
import { TextField } from "../ui/text-field.tsx";
import { ChatHits } from "./chat-hits.tsx";
import { ChatMenu } from "./chat-menu.tsx";
import { ChatRows } from "./chat-rows.tsx";
import { enterRows, leaveRow, moveFocus, useEnter } from "./row-focus.ts";
import { useChatActions } from "./use-chat-actions.ts";
import { useChatList, type ChatList } from "./use-chat-list.ts";

/** The list of chats and the search through them; the same beside the conversation and over it. */
export function ChatFinder() {
  const bridge = useBridge();
  const rows = useRef<HTMLDivElement>(null);
  const chatsBox = useRef<HTMLDivElement>(null);
  const left = useRef<string>(undefined);
  const [query, setQuery] = useState("");
  const place = useView((state) => state.listed);
  const found = useChatList(query, place);
  const { list, answered, reload, more } = found;
  const actions = useChatActions(found, () => leaveRow(rows.current));
  const enter = useEnter(answered, rows);
  const [startPx, above] = useHeight();
  useReadProjects();
  const go = (next: ChatsPlace) => {
    left.current = place.projectId;
    bridge.views.list(next);
  };
  const isSearch = query.trim() !== "";
  return (
    <search
      role="search"
      className="flex min-h-0 flex-1 flex-col"
      onKeyDown={(event) => moveFocus(event, rows.current)}
    >
      <SearchField query={query} onQuery={setQuery} enter={enter} />
      <AsOf list={list} />
      {place.projectId === undefined || isSearch ? undefined : (
        <ProjectHead projectId={place.projectId} onBack={() => go({ archived: false })} />
      )}
      <div ref={rows} className="min-h-0 flex-1 overflow-y-auto border-t border-hairline px-2 pb-2">
        <div ref={above}>
          {isSearch || place.archived || place.projectId !== undefined ? undefined : (
            <>
              <RoomGroup />
              <ProjectGroup left={left} />
            </>
          )}
        </div>
        <div
          ref={chatsBox}
          tabIndex={list.kind === "chats" && list.page.chats.length > 0 ? 0 : -1}
          onFocus={(event) => enterRows(event, rows.current)}
        >
          <Found
            list={list}
            onReload={reload}
            onOpen={({ chatId, turnId }) => void openChat(bridge, chatId, turnId)}
          >
            {(chats) => (
              <ChatRows
                chats={chats}
                scroller={rows}
                startPx={startPx}
                actions={actions}
                onOpen={(chatId) => void openChat(bridge, chatId)}
                onNearEnd={more}
              />
            )}
          </Found>
        </div>
      </div>
      <UndoDelete
        onUndo={
          actions.undo &&
          (() => {
            chatsBox.current?.focus();
            actions.undo?.();
          })
        }
      />
      <PlaceSwitch place={place} onGo={go} />
      <ChatMenu actions={actions} />
      <MoveMenu actions={actions} />
      <HiddenStatus>{useCount(list)}</HiddenStatus>
    </search>
  );
}

/** The height of what `ref` is given to, in pixels. */
function useHeight(): readonly [number, (element: HTMLElement | null) => (() => void) | undefined] {
  const [heightPx, setHeightPx] = useState(0);
  const measure = useCallback((element: HTMLElement | null) => {
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setHeightPx(element.offsetHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [heightPx, measure];
}

interface SearchFieldProps {
  readonly query: string;
  readonly onQuery: (query: string) => void;
  readonly enter: ReturnType<typeof useEnter>;
}

function SearchField({ query, onQuery, enter }: SearchFieldProps) {
  const { t } = useTranslation("shell");
  return (
    <TextField
      label={t("drawer.search")}
      labelHidden
      type="search"
      data-initial-focus=""
      autoComplete="off"
      spellCheck={false}
      placeholder={t("drawer.search")}
      maxLength={1000}
      value={query}
      onChange={(event) => {
        enter.forget();
        onQuery(event.currentTarget.value);
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter") enter.press();
        if (event.key !== "Escape" || query === "") return;
        event.preventDefault();
        onQuery("");
      }}
      className="px-4 pb-3"
    />
  );
}

/** Says that a chat was deleted as long as it can be brought back. */
function UndoDelete({ onUndo }: { readonly onUndo: (() => void) | undefined }) {
  const { t } = useTranslation("shell");
  return (
    <div role="status" className="empty:hidden">
      {onUndo ? (
        <p className="flex items-center justify-between gap-2 border-t border-hairline px-4 py-1 text-small">
          {t("drawer.deleted")}
          <Button kind="link" size="small" onClick={onUndo}>
            {t("drawer.undo")}
          </Button>
        </p>
      ) : undefined}
    </div>
  );
}

/** The list is one that this browser kept: how old it is. */
function AsOf({ list }: { readonly list: ChatList }) {
  const { t, i18n } = useTranslation("shell");
  const { asOfMs, updating } = list.kind === "chats" ? list.page : {};
  if (asOfMs === undefined) return undefined;
  return (
    <p role="status" className="px-4 pb-2 text-small text-soft">
      {t(updating ? "drawer.updating" : "drawer.asOf", { time: momentOf(asOfMs, Date.now(), i18n.language) })}
    </p>
  );
}

interface PlaceSwitchProps {
  readonly place: ChatsPlace;
  readonly onGo: (place: ChatsPlace) => void;
}

/** To the archived chats, and back from them or from those of a project. */
function PlaceSwitch({ place, onGo }: PlaceSwitchProps) {
  const { t } = useTranslation("shell");
  const isPart = place.archived || place.projectId !== undefined;
  const Icon = isPart ? ArrowLeft : Archive;
  return (
    <button
      type="button"
      onClick={() => onGo({ archived: !isPart })}
      className="flex min-h-9 shrink-0 items-center gap-2 border-t border-hairline px-4 text-start text-small text-soft transition-colors hover:bg-hover hover:text-ink active:bg-press"
    >
      <Icon aria-hidden="true" className="size-4 shrink-0 rtl:-scale-x-100" />
      {t(isPart ? "drawer.all" : "drawer.archived")}
    </button>
  );
}

interface FoundProps {
  readonly list: ChatList;
  readonly onOpen: (hit: HistoryHit) => void;
  readonly onReload: () => void;
  /** Draws the chats where nothing is searched for. */
  readonly children: (chats: readonly ChatSummary[]) => ReactNode;
}

function Found({ list, onOpen, onReload, children }: FoundProps) {
  const { t } = useTranslation("shell");
  switch (list.kind) {
    case "loading":
      return <p className="animate-appear-late p-2 pt-4 text-small text-soft">{t("drawer.loading")}</p>;
    case "failed":
      return (
        <div className="px-2 pt-3">
          <ErrorNote error={list} actions={<Button onClick={onReload}>{t("tryAgain")}</Button>} />
        </div>
      );
    case "chats":
      if (list.page.chats.length > 0) return children(list.page.chats);
      if (list.place.projectId !== undefined)
        return <Nothing title={t("projects.empty")} hint={t("projects.emptyHint")} />;
      return list.place.archived ? (
        <Nothing title={t("drawer.noArchived")} hint={t("drawer.noArchivedHint")} />
      ) : (
        <Nothing title={t("drawer.empty")} hint={t("drawer.emptyHint")} />
      );
    case "hits":
      if (list.hits.length === 0) {
        return (
          <>
            <Nothing title={t("drawer.nothing", { query: list.query })} hint={t("drawer.nothingHint")} />
            <FilterHint />
          </>
        );
      }
      return (
        <>
          <ChatHits hits={list.hits} onOpen={onOpen} />
          <FilterHint />
        </>
      );
  }
}

function FilterHint() {
  const { t } = useTranslation("shell");
  return <p className="px-2 pt-4 text-small text-soft">{t("drawer.filters")}</p>;
}

function Nothing({ title, hint }: { readonly title: string; readonly hint: string }) {
  return (
    <div className="flex flex-col gap-1 px-4 pt-12 text-center wrap-break-word">
      <p className="font-medium">{title}</p>
      <p className="text-small text-soft">{hint}</p>
    </div>
  );
}

function useCount(list: ChatList): string {
  const { t } = useTranslation("shell");
  // Of a long list only a part is here, whose number would mislead a reader.
  if (list.kind === "chats")
    return list.page.next === undefined ? t("drawer.count", { count: list.page.chats.length }) : "";
  return list.kind === "hits" ? t("drawer.found", { count: list.hits.length }) : "";
}
