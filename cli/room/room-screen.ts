import { visible } from "#contract/terminal-text.ts";
import type { PipitError } from "#contract/pipit-error.ts";
import type { ListedRoom, RoomMessage } from "#contract/rooms/rooms.ts";
import type { RoomNews } from "#engine/rooms/room-session.ts";
import type { Messages } from "../kit/messages.ts";
import { paint, printLine, printNote, type Terminal } from "../kit/terminal.ts";
import type { RoomWords } from "./room-words.ts";

/** What rooms are shown with: lines of people on stdout, everything else on stderr. */
export interface RoomScreen {
  readonly terminal: Terminal;
  readonly words: RoomWords;
  readonly messages: Messages;
}

/** "Birds", or what the common room is called. */
export function roomName({ id, name }: ListedRoom, words: RoomWords): string {
  return id === undefined ? words.common : visible(name);
}

/** `[18:30:15] user1: text`. */
export function showLine(line: RoomMessage, { terminal, words }: RoomScreen): void {
  const author = visible(line.author);
  const asker = line.askedBy === undefined ? "" : words.toAsker(visible(line.askedBy));
  if (line.kind === "joined") return printNote(terminal, paint("dim", words.joined(author)));
  if (line.kind === "left") return printNote(terminal, paint("dim", words.left(author)));
  const time = new Date(line.sentAtMs).toLocaleTimeString("en-GB");
  // Nobody can write a line that looks as if somebody else had.
  const text = line.deleted ? words.deleted : shownText(line, words).replaceAll(/\r\n|[\r\n]/g, "\n  ");
  const mark = line.edited && !line.deleted ? ` ${words.edited}` : "";
  printLine(terminal, paint("dim", `[${time}] `), paint("bold", author), asker, mark, ": ", text);
}

/** A text, behind what tells of a picture. */
function shownText({ text, picture }: Pick<RoomMessage, "text" | "picture">, words: RoomWords): string {
  const size = picture && words.picture(picture.widthPx, picture.heightPx);
  return [size, text].filter(Boolean).join(" ");
}

/** What became of the open room. */
export function showNews(news: RoomNews, screen: RoomScreen): void {
  const { terminal, words, messages } = screen;
  const note = (text: string): void => printNote(terminal, paint("dim", text));
  const why = (error: PipitError): string => messages.error(error);
  switch (news.kind) {
    case "history":
      if (news.older) note(words.older);
      for (const line of news.messages) showLine(line, screen);
      if (news.messages.length === 0) note(words.nothingYet);
      break;
    case "line":
      showLine(news.line, screen);
      break;
    case "cut":
      printNote(terminal, paint("yellow", words.cut(why(news.error))));
      break;
    case "reconnected":
      note(words.reconnected(news.messages));
      break;
    case "stored":
      break;
    case "waiting":
      if (news.failures === 1) note(words.waiting(shownText(news, words)));
      break;
    case "refused":
      printNote(terminal, paint("red", words.refused(shownText(news, words), why(news.error))));
  }
}
