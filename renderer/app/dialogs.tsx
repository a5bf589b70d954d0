import { useApp, useView } from "../bridge/use-bridge.ts";
import type { DialogName } from "../bridge/view-store.ts";
import { useSidebar } from "../chats/use-sidebar.ts";
import { lazily } from "../ui/lazily.tsx";
import { useOpened } from "../ui/use-opened.ts";

const SignInDialog = lazily(async () => (await import("../auth/sign-in-dialog.tsx")).SignInDialog);
const SignInLinkDialog = lazily(
  async () => (await import("../auth/sign-in-link-dialog.tsx")).SignInLinkDialog,
);
const ChatsDrawer = lazily(async () => (await import("../chats/chats-drawer.tsx")).ChatsDrawer);
const LinkDialog = lazily(async () => (await import("./link-dialog.tsx")).LinkDialog);
const ShortcutsDialog = lazily(
  async () => (await import("../shortcuts/shortcuts-dialog.tsx")).ShortcutsDialog,
);
const PromptsDialog = lazily(async () => (await import("../prompts/prompts-dialog.tsx")).PromptsDialog);
const ProjectDialog = lazily(async () => (await import("../projects/project-dialog.tsx")).ProjectDialog);
const RoomDialog = lazily(async () => (await import("../rooms/room-dialog.tsx")).RoomDialog);
const ModelDialog = lazily(async () => (await import("../model/model-dialog.tsx")).ModelDialog);

/** What opens over the window. Each is loaded when it is first opened: a first visit needs none of them. */
export function Dialogs() {
  // Its place is beside the conversation then.
  const { shown: sidebarShown } = useSidebar();
  const opened = {
    signIn: useOpened(useIsOpen("sign-in")),
    signInLink: useOpened(useApp((state) => state.signInLink !== undefined)),
    chats: useOpened(useIsOpen("chats") && !sidebarShown) && !sidebarShown,
    link: useOpened(useIsOpen("link")),
    model: useOpened(useIsOpen("model")),
    prompts: useOpened(useIsOpen("prompts")),
    project: useOpened(useIsOpen("project")),
    room: useOpened(useIsOpen("room")),
    shortcuts: useOpened(useIsOpen("shortcuts")),
  };
  return (
    <>
      {opened.signIn ? <SignInDialog /> : undefined}
      {opened.signInLink ? <SignInLinkDialog /> : undefined}
      {opened.chats ? <ChatsDrawer /> : undefined}
      {opened.link ? <LinkDialog /> : undefined}
      {opened.model ? <ModelDialog /> : undefined}
      {opened.prompts ? <PromptsDialog /> : undefined}
      {opened.room ? <RoomDialog /> : undefined}
      {opened.project ? <ProjectDialog /> : undefined}
      {opened.shortcuts ? <ShortcutsDialog /> : undefined}
    </>
  );
}

function useIsOpen(name: DialogName): boolean {
  return useView((state) => state.dialog === name);
}
