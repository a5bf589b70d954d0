import { MessagesSquare, Pin, Settings, SquarePen } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useApp, useBridge, useChat, useSignedOut, useView } from "../bridge/use-bridge.ts";
import { IconButton } from "../ui/icon-button.tsx";
import { UserMenu } from "./user-menu.tsx";

/** What is open, and the ways to everything else. In the desktop the window is moved by it. */
export function Header() {
  const { t } = useTranslation("shell");
  const signedOut = useSignedOut();
  const title = useChat((state) => (signedOut ? undefined : state.title));
  const desktop = useApp((state) => state.face === "desktop");
  return (
    <header
      className={`gutter border-b border-hairline ${desktop ? "drag-region" : ""}`}
      data-testid="window-header"
    >
      <div className="mx-auto flex h-11 w-full max-w-page items-center gap-1 pr-2 pl-4">
        <h1 className="min-w-0 flex-1 truncate text-body font-semibold" title={title}>
          {title === undefined || title === "" ? t("appName") : title}
        </h1>
        <nav aria-label={t("header")} className="no-drag flex items-center gap-0.5">
          <HeaderButtons desktop={desktop} />
        </nav>
      </div>
    </header>
  );
}

function HeaderButtons({ desktop }: { readonly desktop: boolean }) {
  const { t } = useTranslation("shell");
  const { commands, views } = useBridge();
  const pinned = useApp((state) => state.settings.pinned);
  const settingsOpen = useView((state) => state.view === "settings");
  return (
    <>
      <IconButton label={t("chats")} aria-haspopup="dialog" onClick={() => views.open("chats")}>
        <MessagesSquare className="size-4" />
      </IconButton>
      <IconButton
        label={t("newChat")}
        onClick={() => {
          views.show("chat");
          void views.attempt(commands.newChat());
        }}
      >
        <SquarePen className="size-4" />
      </IconButton>
      {desktop ? (
        <IconButton
          label={t("pin")}
          aria-pressed={pinned}
          onClick={() => void views.attempt(commands.updateSettings({ pinned: !pinned }))}
        >
          <Pin className={`size-4 ${pinned ? "fill-current" : ""}`} />
        </IconButton>
      ) : undefined}
      <IconButton
        label={t("settings")}
        aria-pressed={settingsOpen}
        onClick={() => views.show(settingsOpen ? "chat" : "settings")}
      >
        <Settings className="size-4" />
      </IconButton>
      {desktop ? undefined : <UserMenu />}
    </>
  );
}
