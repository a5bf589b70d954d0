import { useTranslation } from "react-i18next";
import { useBridge, useView } from "../bridge/use-bridge.ts";
import { Dialog } from "../ui/dialog.tsx";
import { ChatFinder } from "./chat-finder.tsx";

/** All chats and the search through them, where there is no room for them beside the conversation. */
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
