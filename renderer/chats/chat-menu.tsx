import {
  Archive,
  ArchiveRestore,
  Download,
  FolderInput,
  Mail,
  MailOpen,
  Pencil,
  Pin,
  PinOff,
  Trash2,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ChatSummary } from "#contract/chat-history.ts";
import { useApp, useBridge } from "../bridge/use-bridge.ts";
import { useIsAway } from "../projects/use-projects.ts";
import { Menu } from "../ui/menu.tsx";
import type { ChatActions } from "./use-chat-actions.ts";

/** What can be done with one chat of the list. */
export function ChatMenu({ actions }: { readonly actions: ChatActions }) {
  const { t } = useTranslation("shell");
  const save = useSaveChat();
  const away = useIsAway();
  const hasProjects = useApp((state) => state.projects !== undefined);
  if (actions.menu === undefined) return undefined;
  const { chat, at } = actions.menu;
  const PinIcon = chat.pinned ? PinOff : Pin;
  const UnreadIcon = chat.unread ? MailOpen : Mail;
  const ArchiveIcon = chat.archived ? ArchiveRestore : Archive;
  const icon = "size-4 shrink-0";
  return (
    <Menu
      label={t("drawer.menu", { title: chat.title || t("drawer.untitled") })}
      at={at}
      onClose={actions.closeMenu}
      items={[
        {
          label: t("drawer.rename"),
          icon: <Pencil aria-hidden="true" className={icon} />,
          onPick: () => actions.rename(chat.id),
        },
        {
          label: t(chat.pinned ? "drawer.unpin" : "drawer.pin"),
          icon: <PinIcon aria-hidden="true" className={icon} />,
          onPick: () => actions.pin(chat),
        },
        {
          label: t(chat.unread ? "drawer.markRead" : "drawer.markUnread"),
          icon: <UnreadIcon aria-hidden="true" className={icon} />,
          onPick: () => actions.markUnread(chat),
        },
        {
          label: t(chat.archived ? "drawer.unarchive" : "drawer.archive"),
          icon: <ArchiveIcon aria-hidden="true" className={icon} />,
          onPick: () => actions.archive(chat),
        },
        ...(hasProjects
          ? [
              {
                label: t(away ? "projects.moveAway" : "projects.move"),
                icon: <FolderInput aria-hidden="true" className={icon} />,
                disabled: away,
                onPick: () => actions.openMove({ chat, at }),
              },
            ]
          : []),
        ...(["json", "markdown"] as const).map((format) => ({
          label: t(format === "json" ? "drawer.exportJson" : "drawer.exportMarkdown"),
          icon: <Download aria-hidden="true" className={icon} />,
          onPick: () => save(chat, format),
        })),
        {
          label: t("drawer.delete"),
          icon: <Trash2 aria-hidden="true" className={icon} />,
          danger: true,
          onPick: () => actions.remove(chat),
        },
      ]}
    />
  );
}

/** Saves a chat as a file. A page is signed in by a cookie, which goes along with a download; a desktop asks where to. */
function useSaveChat() {
  const { commands, views } = useBridge();
  const isPage = useApp((state) => state.face === "web");
  return ({ id: chatId, title }: ChatSummary, format: "json" | "markdown"): void => {
    if (isPage) download(`/v1/chats/${encodeURIComponent(chatId)}/export?format=${format}`);
    else void views.attempt(commands.exportChat({ chatId, title, format }));
  };
}

function download(address: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  link.click();
}
