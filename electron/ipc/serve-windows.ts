import type { IpcHandlers } from "#contract/commands/ipc-schema.ts";
import type { App } from "#engine/app/app.ts";
import { registerIpc } from "./ipc.ts";
import type { ChatPage } from "../windows/chat-page.ts";
import type { Windows } from "../windows/windows.ts";
import type { OpenedScreenshots } from "../shell/open-screenshots.ts";
import type { DesktopOptions } from "../shell/start-desktop.ts";

interface Served extends Pick<OpenedScreenshots, "covers" | "choice"> {
  readonly windows: Windows;
  readonly chooseUpdate: () => Promise<void>;
}

/** What the windows ask for and are told. */
export function serveWindows(
  { files, logger }: DesktopOptions,
  pipit: App,
  { windows, covers, choice, chooseUpdate }: Served,
): void {
  pipit.state.subscribe((state) => windows.send("app", state));
  pipit.auth.subscribe((state) => windows.send("auth", state));
  const forCovers = {
    regionPicture: ({ display }) => choice.picture(display),
    regionReady: async ({ display }) => choice.ready(display),
    endRegion: async ({ display, region }) => choice.end(display, region),
  } satisfies Partial<IpcHandlers>;
  const forPage = (page: ChatPage): Partial<IpcHandlers> => ({
    ...pipit.commands,
    snapshot: async () => ({
      // The page has its state and listens from now on.
      ...page.loaded(),
      auth: pipit.auth.getState(),
      app: pipit.state.getState(),
      draft: files.draft.get().text,
      roomDrafts: files.roomDrafts.get(),
    }),
    windowLeft: async () => windows.left(page),
    shapeWindow: ({ shape }) => windows.shape(shape),
    fitBar: async ({ heightPx }) => windows.fitBar(heightPx),
    chooseUpdate,
    handOver: async (composed) => page.handOver(composed),
  });
  registerIpc({
    commandsFor(id) {
      if (covers.isOwn(id)) return forCovers;
      const page = windows.pageOf(id);
      return page === undefined ? undefined : forPage(page);
    },
    logger,
  });
}
