import { useEffect, useState } from "react";
import type { ChatSummary } from "#contract/chat-history.ts";
import { RESTORE_MS } from "#contract/limits.ts";
import { useBridge } from "../bridge/use-bridge.ts";
import { openChat } from "../bridge/go-to-chat.ts";
import type { MenuPlace } from "./row-with-menu.tsx";
import type { useChatList } from "./use-chat-list.ts";

interface OpenMenu {
  readonly chat: ChatSummary;
  readonly at: MenuPlace;
}

interface Deleted {
  readonly chat: ChatSummary;
  readonly wasShown: boolean;
}

export type ChatActions = ReturnType<typeof useChatActions>;

/**
 * What a person does with the chats of the list. A chat that another device deleted meanwhile is reported, and leaves.
 *
 * @param list told after each of them what it has changed, and to be read again where it failed
 * @param onLeaving called before a chat leaves the list
 */
export function useChatActions(
  list: Pick<ReturnType<typeof useChatList>, "changed" | "reload">,
  onLeaving: () => void,
) {
  const bridge = useBridge();
  const { chat: shown, commands, views } = bridge;
  const [menu, setMenu] = useState<OpenMenu>();
  const [moving, setMoving] = useState<OpenMenu>();
  const [renaming, setRenaming] = useState<string>();
  const [deleted, setDeleted] = useState<Deleted>();
  useEffect(() => {
    if (deleted === undefined) return;
    const timer = setTimeout(() => setDeleted(undefined), RESTORE_MS);
    return () => clearTimeout(timer);
  }, [deleted]);
  const act = async (work: Promise<unknown>, chatId: string, now?: ChatSummary): Promise<boolean> => {
    const worked = await views.attempt(work);
    if (worked) list.changed(chatId, now);
    else list.reload();
    return worked;
  };
  const change = (chat: ChatSummary, changes: Partial<Pick<ChatSummary, "title" | "pinned" | "archived">>) =>
    void act(commands.changeChat({ chatId: chat.id, ...changes }), chat.id, { ...chat, ...changes });
  const move = ({ projectId: from, ...chat }: ChatSummary, projectId: string | undefined) => {
    const isLeaving = from !== undefined && from === views.store.getState().listed.projectId;
    if (isLeaving) onLeaving();
    const now = { ...chat, ...(projectId !== undefined && { projectId }) };
    const work = commands.changeChat({ chatId: chat.id, projectId: projectId ?? null });
    void act(work, chat.id, now);
  };
  const remove = async (chat: ChatSummary) => {
    const { id: chatId } = chat;
    const wasShown = shown.getState().chatId === chatId;
    onLeaving();
    if (await act(commands.deleteChat({ chatId }), chatId)) setDeleted({ chat, wasShown });
  };
  const restore = async ({ chat, wasShown }: Deleted) => {
    const { id: chatId } = chat;
    setDeleted(undefined);
    const back = await act(commands.restoreChat({ chatId }), chatId, chat);
    // A user who has gone on meanwhile is not led back.
    if (back && wasShown && shown.getState().messages.length === 0) await openChat(bridge, chatId);
  };
  return {
    menu,
    openMenu: (chat: ChatSummary, at: OpenMenu["at"]) => setMenu({ chat, at }),
    closeMenu: () => setMenu(undefined),
    /** The chat for which a project is being chosen. */
    moving,
    openMove: setMoving,
    closeMove: () => setMoving(undefined),
    /** Into a project, or out of its own. */
    move,
    /** The chat whose title is being changed. */
    renaming,
    rename: setRenaming,
    retitle: (chat: ChatSummary, title: string) => {
      setRenaming(undefined);
      change(chat, { title });
    },
    pin: (chat: ChatSummary) => change(chat, { pinned: !chat.pinned }),
    archive: (chat: ChatSummary) => {
      onLeaving();
      change(chat, { archived: !chat.archived });
    },
    markUnread: ({ unread, ...chat }: ChatSummary) => {
      const now = unread ? chat : { ...chat, unread: true as const };
      void act(commands.changeChat({ chatId: chat.id, unread: unread !== true }), chat.id, now);
    },
    remove: (chat: ChatSummary) => void remove(chat),
    /** Brings back what was deleted last; absent when it is too late. */
    undo: deleted === undefined ? undefined : () => void restore(deleted),
  };
}
