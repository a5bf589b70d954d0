import { AppWindow, MessagesSquare, PanelLeft, PanelTopClose, Pin, Settings, SquarePen } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useApp, useBridge, useChat, useSignedOut, useView } from "../bridge/use-bridge.ts";
import { newChat } from "../bridge/go-to-chat.ts";
import { TitleEditor } from "../chats/title-editor.tsx";
import { useSidebar } from "../chats/use-sidebar.ts";
import { ProjectMark } from "../projects/project-mark.tsx";
import { RoomTitle } from "../rooms/room-title.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { UserMenu } from "./user-menu.tsx";

/** What is open, and the ways to everything else. In the desktop the window is moved by it. */
export function Header() {
  const { t } = useTranslation("shell");
  const signedOut = useSignedOut();
  const title = useChat((state) => (signedOut ? undefined : state.title));
  const isRoom = useView((state) => state.view === "room");
  const desktop = useApp((state) => state.face === "desktop");
  const framed = useApp((state) => state.windowShape === "window");
  return (
    <header
      className={`gutter border-b border-hairline ${desktop && !framed ? "drag-region" : ""}`}
      data-testid="window-header"
    >
      <div className="mx-auto flex h-11 w-full max-w-page items-center gap-1 pr-2 pl-4">
        {isRoom ? <RoomTitle /> : <Title title={title === "" ? undefined : title} />}
        <nav aria-label={t("header")} className="no-drag flex items-center gap-0.5">
          <HeaderButtons desktop={desktop} framed={framed} />
        </nav>
      </div>
    </header>
  );
}

/** A double click changes it in its place. */
function Title({ title }: { readonly title: string | undefined }) {
  const { t } = useTranslation("shell");
  const { commands, views } = useBridge();
  const signedOut = useSignedOut();
  const chatId = useChat((state) => state.chatId);
  const temporary = useChat((state) => state.temporary === true);
  const [renamed, setRenamed] = useState<string>();
  const mark = temporary ? (
    <span className="shrink-0 rounded-control border border-control px-1.5 text-caption text-soft">
      {t("temporary.mark")}
    </span>
  ) : undefined;
  if (chatId !== undefined && renamed === chatId)
    return (
      <div className="no-drag min-w-0 flex-1">
        <TitleEditor
          title={title ?? ""}
          onEnd={(next) => {
            setRenamed(undefined);
            if (next !== undefined) void views.attempt(commands.changeChat({ chatId, title: next }));
          }}
        />
      </div>
    );
  return (
    <div className="flex min-w-0 flex-1 items-center gap-2">
      <h1
        dir="auto"
        className={`min-w-0 truncate text-body font-semibold ${title === undefined ? "" : "no-drag"}`}
        title={title}
        onDoubleClick={() => setRenamed(title === undefined ? undefined : chatId)}
      >
        {title ?? t("appName")}
      </h1>
      {mark}
      {signedOut ? undefined : <ProjectMark />}
    </div>
  );
}

function HeaderButtons({ desktop, framed }: { readonly desktop: boolean; readonly framed: boolean }) {
  const { t } = useTranslation("shell");
  const bridge = useBridge();
  const { commands, views } = bridge;
  const pinned = useApp((state) => state.settings.pinned);
  const settingsOpen = useView((state) => state.view === "settings");
  const sidebar = useSidebar();
  return (
    <>
      {sidebar.fits ? (
        <IconButton
          label={t(sidebar.shown ? "drawer.hide" : "drawer.show")}
          aria-expanded={sidebar.shown}
          onClick={() => void views.attempt(commands.updateSettings({ sidebar: !sidebar.shown }))}
        >
          <PanelLeft className="size-4 rtl:-scale-x-100" />
        </IconButton>
      ) : (
        <IconButton label={t("chats")} aria-haspopup="dialog" onClick={() => views.open("chats")}>
          <MessagesSquare className="size-4" />
        </IconButton>
      )}
      {sidebar.shown ? undefined : (
        <IconButton label={t("newChat")} onClick={() => void newChat(bridge)}>
          <SquarePen className="size-4" />
        </IconButton>
      )}
      {desktop ? <WindowButton framed={framed} /> : undefined}
      {desktop && !framed ? (
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

/** To a window with a frame, and back to the panel. */
function WindowButton({ framed }: { readonly framed: boolean }) {
  const { t } = useTranslation("shell");
  const { views, window: host } = useBridge();
  const Icon = framed ? PanelTopClose : AppWindow;
  return (
    <IconButton
      label={t(framed ? "toPanel" : "toWindow")}
      onClick={() => host && void views.attempt(host.shapeWindow({ shape: framed ? "panel" : "window" }))}
    >
      <Icon className="size-4" />
    </IconButton>
  );
}
