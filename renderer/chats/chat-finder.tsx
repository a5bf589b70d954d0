import { Archive, ArrowLeft } from "lucide-react";
import {
  useEffect,
  useEffectEvent,
  useRef,
  useState,
  type FocusEvent,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
} from "react";
import { useTranslation } from "react-i18next";
import { useBridge } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { momentOf } from "../chat/message-time.ts";
import { ErrorNote } from "../ui/error-note.tsx";
import { TextField } from "../ui/text-field.tsx";
import { HiddenStatus } from "../ui/hidden-status.tsx";
import { ChatMenu } from "./chat-menu.tsx";
import { openChat } from "../bridge/go-to-chat.ts";
import { ChatHits } from "./chat-hits.tsx";
import { ChatRows } from "./chat-rows.tsx";
import { useChatActions } from "./use-chat-actions.ts";
import type { ChatSummary, HistoryHit } from "#contract/chat-history.ts";
import { useChatList, type ChatList } from "./use-chat-list.ts";

/** The list of chats and the search through them; the same beside the conversation and over it. */
export function ChatFinder() {
  const { t } = useTranslation("shell");
  const bridge = useBridge();
  const rows = useRef<HTMLDivElement>(null);
  const [query, setQuery] = useState("");
  const [archived, setArchived] = useState(false);
  const found = useChatList(query, archived);
  const { list, answered, reload, more } = found;
  const actions = useChatActions(found, () => leaveRow(rows.current));
  const enter = useEnter(answered, rows);
  return (
    <search
      role="search"
      className="flex min-h-0 flex-1 flex-col"
      onKeyDown={(event) => moveFocus(event, rows.current)}
    >
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
          setQuery(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") enter.press();
          if (event.key !== "Escape" || query === "") return;
          event.preventDefault();
          setQuery("");
        }}
        className="px-4 pb-3"
      />
      <AsOf list={list} />
      <div
        ref={rows}
        tabIndex={list.kind === "chats" && list.page.chats.length > 0 ? 0 : -1}
        onFocus={enterRows}
        className="min-h-0 flex-1 overflow-y-auto border-t border-hairline px-2 pb-2"
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
              actions={actions}
              onOpen={(chatId) => void openChat(bridge, chatId)}
              onNearEnd={more}
            />
          )}
        </Found>
      </div>
      <UndoDelete
        onUndo={
          actions.undo &&
          (() => {
            rows.current?.focus();
            actions.undo?.();
          })
        }
      />
      <ArchiveSwitch archived={archived} onSwitch={setArchived} />
      <ChatMenu actions={actions} />
      <HiddenStatus>{useCount(list)}</HiddenStatus>
    </search>
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

/** To the archived chats, and back. */
function ArchiveSwitch({
  archived,
  onSwitch,
}: {
  readonly archived: boolean;
  readonly onSwitch: (archived: boolean) => void;
}) {
  const { t } = useTranslation("shell");
  const Icon = archived ? ArrowLeft : Archive;
  return (
    <button
      type="button"
      onClick={() => onSwitch(!archived)}
      className="flex min-h-9 shrink-0 items-center gap-2 border-t border-hairline px-4 text-start text-small text-soft transition-colors hover:bg-hover hover:text-ink active:bg-press"
    >
      <Icon aria-hidden="true" className="size-4 shrink-0 rtl:-scale-x-100" />
      {t(archived ? "drawer.all" : "drawer.archived")}
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
      return list.archived ? (
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

/** Arrow keys go from the search field through the rows and back; Home and End are the field's own. */
function moveFocus(event: KeyboardEvent<HTMLElement>, container: HTMLElement | null): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const rows = rowsIn(container);
  const at = rows.findIndex((row) => row === document.activeElement);
  const to = at + (event.key === "ArrowDown" ? 1 : -1);
  if (to >= rows.length || (at === -1 && to < 0)) return;
  event.preventDefault();
  if (to >= 0) rows[to]?.focus();
  else event.currentTarget.querySelector("input")?.focus();
}

/** Enter in the search field opens the first place; what is listed before the answer to the query is there is not meant. */
function useEnter(answered: boolean, rows: RefObject<HTMLElement | null>) {
  const pressed = useRef(false);
  const open = useEffectEvent(() => {
    if (pressed.current) rowsIn(rows.current)[0]?.click();
    pressed.current = false;
  });
  useEffect(() => {
    if (answered) open();
  }, [answered]);
  return {
    press: () => {
      if (answered) rowsIn(rows.current)[0]?.click();
      else pressed.current = true;
    },
    forget: () => {
      pressed.current = false;
    },
  };
}

/**
 * The list is one stop for Tab, however many rows it has. It leads to the chat on show, or to the first in view.
 */
function enterRows({ currentTarget, target, relatedTarget }: FocusEvent<HTMLElement>): void {
  // A click beside the rows is none on one of them, and Shift+Tab leaves them.
  if (target !== currentTarget || !target.matches(":focus-visible")) return;
  if (relatedTarget instanceof Node && currentTarget.contains(relatedTarget)) return;
  const rows = focusableIn(currentTarget);
  const { top } = currentTarget.getBoundingClientRect();
  const inView = rows.find((row) => row.getBoundingClientRect().top >= top);
  (rows.find((row) => row.ariaCurrent === "true") ?? inView)?.focus();
}

/** The row with the focus is about to go: the focus moves to the one below, above the last one, or to the search. */
function leaveRow(container: HTMLElement | null): void {
  const rows = focusableIn(container);
  const at = rows.findIndex((row) => row.parentElement?.contains(document.activeElement));
  if (at < 0) return;
  const next = rows[at + 1] ?? rows[at - 1] ?? container?.parentElement?.querySelector("input");
  next?.focus();
}

/** Without those that are just being measured, which are hidden and take no focus. */
function focusableIn(container: HTMLElement | null): readonly HTMLElement[] {
  return rowsIn(container).filter((row) => row.checkVisibility({ visibilityProperty: true }));
}

function rowsIn(container: HTMLElement | null): readonly HTMLElement[] {
  return [...(container?.querySelectorAll<HTMLElement>("[data-chat-row]") ?? [])];
}
