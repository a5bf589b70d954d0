import { SquarePen } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { AccountButton } from "../auth/account-button.tsx";
import { useBridge, useView } from "../bridge/use-bridge.ts";
import { ChatFinder } from "./chat-finder.tsx";
import { newChat } from "../bridge/go-to-chat.ts";

/** The chats of the account beside the conversation. */
export function Sidebar() {
  const { t } = useTranslation("shell");
  const bridge = useBridge();
  const { views } = bridge;
  const root = useRef<HTMLElement>(null);
  const asked = useView((state) => state.dialog === "chats");
  useEffect(() => {
    if (!asked) return;
    // What would open the drawer leads to the search here.
    views.closeDialog();
    root.current?.querySelector<HTMLElement>("input[type=search]")?.focus();
  }, [asked, views]);
  return (
    <aside
      ref={root}
      aria-label={t("chats")}
      className="flex w-sidebar shrink-0 flex-col border-e border-hairline bg-sunken pt-2"
    >
      <button
        type="button"
        onClick={() => void newChat(bridge)}
        className="mx-2 mb-2 flex min-h-9 items-center gap-2 rounded-control px-2 text-start font-medium transition-colors hover:bg-hover active:bg-press"
      >
        <SquarePen aria-hidden="true" className="size-4 shrink-0 text-accent" />
        {t("newChat")}
      </button>
      <ChatFinder />
      <div className="flex h-8 shrink-0 items-center border-t border-hairline px-2 text-small text-soft">
        <AccountButton />
      </div>
    </aside>
  );
}
