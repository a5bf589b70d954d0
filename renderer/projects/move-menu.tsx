import { Check, Folder, FolderMinus, FolderPlus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useApp, useBridge } from "../bridge/use-bridge.ts";
import type { ChatActions } from "../chats/use-chat-actions.ts";
import { Menu } from "../ui/menu.tsx";

/** Where a chat of the list can be moved: to a project, to a new one, or out of its own. */
export function MoveMenu({ actions }: { readonly actions: ChatActions }) {
  const { t } = useTranslation("shell");
  const { views } = useBridge();
  const projects = useApp((state) => state.projects);
  if (actions.moving === undefined) return undefined;
  const { chat, at } = actions.moving;
  const icon = "size-4 shrink-0";
  return (
    <Menu
      label={t("projects.moveTitle", { title: chat.title || t("drawer.untitled") })}
      at={at}
      onClose={actions.closeMove}
      items={[
        ...(chat.projectId === undefined
          ? []
          : [
              {
                label: t("projects.none"),
                icon: <FolderMinus aria-hidden="true" className={icon} />,
                onPick: () => actions.move(chat, undefined),
              },
            ]),
        ...(projects ?? []).map(({ id, name }) => {
          const isHere = id === chat.projectId;
          const Icon = isHere ? Check : Folder;
          return {
            id,
            label: name,
            icon: <Icon aria-hidden="true" className={icon} />,
            current: isHere,
            onPick: () => (isHere ? undefined : actions.move(chat, id)),
          };
        }),
        {
          label: t("projects.newFor"),
          icon: <FolderPlus aria-hidden="true" className={icon} />,
          onPick: () => views.editProject({ chatId: chat.id }),
        },
      ]}
    />
  );
}
