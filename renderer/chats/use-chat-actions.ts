import { useEffect, useState } from "react";
import type { ChatSummary } from "#contract/chat-history.ts";
import { RESTORE_MS } from "#contract/limits.ts";
import { useBridge } from "../bridge/use-bridge.ts";
import { openChat } from "../bridge/go-to-chat.ts";

interface OpenMenu {
  readonly chat: ChatSummary;
  readonly at: { readonly xPx: number; readonly yPx: number };
}

interface Deleted {
  readonly chatId: string;
  readonly wasShown: boolean;
}

export type ChatActions = ReturnType<typeof useChatActions>;

/**
 * What a person does with the chats of the list. A chat that another device deleted meanwhile is reported, and leaves.
 *
 * @param onChanged called after each of them, whether it worked or not
 */
export function useChatActions(onChanged: () => void) {
  const bridge = useBridge();
  const { chat: shown, commands, views } = bridge;
  const [menu, setMenu] = useState<OpenMenu>();
  const [renaming, setRenaming] = useState<string>();
  const [deleted, setDeleted] = useState<Deleted>();
  useEffect(() => {
    if (deleted === undefined) return;
    const timer = setTimeout(() => setDeleted(undefined), RESTORE_MS);
    return () => clearTimeout(timer);
  }, [deleted]);
  const act = async (work: Promise<unknown>): Promise<boolean> => {
    const worked = await views.attempt(work);
    onChanged();
    return worked;
  };
  const remove = async ({ id: chatId }: ChatSummary) => {
    const wasShown = shown.getState().chatId === chatId;
    if (await act(commands.deleteChat({ chatId }))) setDeleted({ chatId, wasShown });
  };
  const restore = async ({ chatId, wasShown }: Deleted) => {
    setDeleted(undefined);
    const back = await act(commands.restoreChat({ chatId }));
    // A user who has gone on meanwhile is not led back.
    if (back && wasShown && shown.getState().messages.length === 0) await openChat(bridge, chatId);
  };
  return {
    menu,
    openMenu: (chat: ChatSummary, at: OpenMenu["at"]) => setMenu({ chat, at }),
    closeMenu: () => setMenu(undefined),
    /** The chat whose title is being changed. */
    renaming,
    rename: setRenaming,
    retitle: ({ id: chatId }: ChatSummary, title: string) => {
      setRenaming(undefined);
      void act(commands.changeChat({ chatId, title }));
    },
    pin: ({ id: chatId, pinned }: ChatSummary) => void act(commands.changeChat({ chatId, pinned: !pinned })),
    archive: ({ id: chatId, archived }: ChatSummary) =>
      void act(commands.changeChat({ chatId, archived: !archived })),
    remove: (chat: ChatSummary) => void remove(chat),
    /** Brings back what was deleted last; absent when it is too late. */
    undo: deleted === undefined ? undefined : () => void restore(deleted),
  };
}
