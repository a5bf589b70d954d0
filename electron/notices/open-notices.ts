import { app, Notification } from "electron";
import { resolveLanguage } from "#contract/language.ts";
import type { Logger } from "#contract/logger.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { App } from "#engine/app/app.ts";
import type { Settled } from "#engine/chat/chat-engine-api.ts";
import type { Windows } from "../windows/windows.ts";
import { createAnswerNotices, type AnswerNotices, type Notice, type NoticeTexts } from "./answer-notices.ts";
import { createRoomNotices, type RoomNotices } from "./room-notices.ts";
import type { DesktopTexts } from "../shell/texts.ts";

interface OpenNoticesDeps {
  readonly pipit: App;
  readonly windows: Windows;
  readonly texts: () => DesktopTexts;
  readonly logger: Logger;
}

export interface Notices extends AnswerNotices, Pick<RoomNotices, "heard"> {}

/** The notices of this desktop, through the system's notifications. */
export function openNotices(deps: OpenNoticesDeps): Notices {
  const answers = openAnswerNotices(deps);
  const rooms = openRoomNotices(deps);
  return {
    ...answers,
    heard: rooms.heard,
    [Symbol.dispose]() {
      answers[Symbol.dispose]();
      rooms[Symbol.dispose]();
    },
  };
}

function openAnswerNotices({ pipit, windows, texts, logger }: OpenNoticesDeps): AnswerNotices {
  const settings = () => pipit.state.getState().settings;
  return createAnswerNotices({
    isSeen: () => windows.isSeen(),
    isWanted: () => isWanted(pipit),
    texts,
    language: () => resolveLanguage(settings().language, app.getLocale()),
    show: (said) => showNotice(said, logger),
    onOpen: (settled) => void openSettled(settled, pipit, windows),
  });
}

function openRoomNotices({ pipit, windows, texts, logger }: OpenNoticesDeps): RoomNotices {
  return createRoomNotices({
    rooms: pipit.rooms,
    list: () => pipit.commands.listRooms(),
    isShown: (room) => windows.isSeen() && pipit.rooms.getState().opened?.room === room,
    isWanted: () => isWanted(pipit),
    texts,
    show: (said) => showNotice(said, logger),
    onOpen(room) {
      windows.show();
      windows.intend({ kind: "room", room });
    },
  });
}

function isWanted(pipit: App): boolean {
  return pipit.state.getState().settings.notify && Notification.isSupported();
}

/** Never `critical`: that would break through the system's Do Not Disturb. */
function showNotice(said: NoticeTexts, logger: Logger): Notice {
  const notification = new Notification({ ...said, urgency: "normal" });
  notification.on("failed", (_event, reason) => logger.warn("notification.failed", { reason }));
  notification.show();
  return {
    onClick: (listener) => void notification.on("click", listener),
    close: () => notification.close(),
  };
}

async function openSettled({ chatId, end }: Settled, pipit: App, windows: Windows): Promise<void> {
  windows.show();
  windows.intend({ kind: "open", view: end.kind === "waits" ? "sign-in" : "chat" });
  if (chatId === undefined || chatId === pipit.chat.getState().chatId) return;
  try {
    await pipit.commands.openChat({ chatId });
  } catch (reason) {
    const { code, message } = PipitError.from(reason);
    if (code !== "CANCELLED") windows.intend({ kind: "problem", code, message });
  }
}
