import { useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { useBridge, useView } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { TextField } from "../ui/text-field.tsx";
import { HiddenStatus } from "../ui/hidden-status.tsx";
import { ChatDays, ChatHits } from "./chat-rows.tsx";
import { useChatList, type ChatList } from "./use-chat-list.ts";

/** All chats, by day, and the search through them. */
export function ChatsDrawer() {
  const { t } = useTranslation("shell");
  const open = useView((state) => state.dialog === "chats");
  const { closeDialog } = useBridge().views;
  return (
    <Dialog open={open} onClose={closeDialog} title={t("chats")} shape="drawer">
      <ChatFinder />
    </Dialog>
  );
}

function ChatFinder() {
  const { t } = useTranslation("shell");
  const { commands, views } = useBridge();
  const rows = useRef<HTMLDivElement>(null);
  const [query, setQuery] = useState("");
  const { list, reload } = useChatList(query);
  const openChat = async (chatId: string) => {
    views.closeDialog();
    views.show("chat");
    await views.attempt(commands.openChat({ chatId }));
  };
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
        onChange={(event) => setQuery(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") rowsIn(rows.current)[0]?.click();
        }}
        className="px-4 pb-3"
      />
      <div ref={rows} className="min-h-0 flex-1 overflow-y-auto border-t border-hairline px-2 pb-2">
        <Found list={list} onOpen={(chatId) => void openChat(chatId)} onReload={reload} />
      </div>
      <HiddenStatus>{useCount(list)}</HiddenStatus>
    </search>
  );
}

interface FoundProps {
  readonly list: ChatList;
  readonly onOpen: (chatId: string) => void;
  readonly onReload: () => void;
}

function Found({ list, onOpen, onReload }: FoundProps) {
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
      if (list.chats.length === 0) {
        return <Nothing title={t("drawer.empty")} hint={t("drawer.emptyHint")} />;
      }
      return <ChatDays chats={list.chats} onOpen={onOpen} />;
    case "hits":
      if (list.hits.length === 0) {
        return <Nothing title={t("drawer.nothing", { query: list.query })} hint={t("drawer.nothingHint")} />;
      }
      return <ChatHits hits={list.hits} onOpen={onOpen} />;
  }
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
  if (list.kind === "chats") return t("drawer.count", { count: list.chats.length });
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

function rowsIn(container: HTMLElement | null): readonly HTMLElement[] {
  return [...(container?.querySelectorAll<HTMLElement>("[data-chat-row]") ?? [])];
}
