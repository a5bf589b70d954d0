import { useTranslation } from "react-i18next";
import { monthOf } from "../chat/message-time.ts";
import type { FolderName } from "./chat-folders.ts";

/** Stands above the chats of a folder. */
export function FolderTitle({ folder, nowMs }: { readonly folder: FolderName; readonly nowMs: number }) {
  const { t, i18n } = useTranslation("shell");
  const name =
    typeof folder === "string" ? t(`drawer.${folder}`) : monthOf(folder.startMs, nowMs, i18n.language);
  return <h3 className="px-2 pt-4 pb-1 text-small font-medium text-soft first-letter:uppercase">{name}</h3>;
}
