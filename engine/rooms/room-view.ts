import type { OpenedRoom, PendingRoomMessage, RoomMessage, RoomsState } from "#contract/rooms/rooms.ts";
import { failureOf } from "#engine/chat/known-rows.ts";
import type { RoomNews } from "./room-session.ts";

/** What a window shows of one room. */
export interface RoomView extends Pick<RoomsState, "lines"> {
  readonly opened: OpenedRoom;
}

/** The room after what was told of it; `nowMs` is the clock's. */
export function withNews(view: RoomView, news: RoomNews, nowMs: number): RoomView {
  const { opened, lines } = view;
  switch (news.kind) {
    case "history":
      return {
        lines: news.messages,
        opened: {
          ...live(opened),
          older: news.older,
          pending: withoutArrived(opened.pending, news.messages),
        },
      };
    case "line":
      return withLine(view, news.line);
    case "cut": {
      const failure = failureOf(news.error);
      return { lines, opened: { ...opened, link: opened.link === "opening" ? "opening" : "cut", failure } };
    }
    case "reconnected":
      return { lines, opened: live(opened) };
    case "stored": {
      // Else it goes when its line comes.
      const hasCome = (lines.at(-1)?.seq ?? 0) >= news.seq;
      return hasCome ? { lines, opened: withoutPending(opened, news.id) } : view;
    }
    case "waiting":
      return withStatus(view, news.id, {
        kind: "waiting",
        reason: failureOf(news.error),
        nextTryAtMs: nowMs + news.delayMs,
      });
    case "refused":
      return withStatus(view, news.id, { kind: "failed", failure: failureOf(news.error) });
    default:
      return news satisfies never;
  }
}

export function withPending(view: RoomView, message: PendingRoomMessage): RoomView {
  return { ...view, opened: { ...view.opened, pending: [...view.opened.pending, message] } };
}

export function withoutPending(opened: OpenedRoom, id: string): OpenedRoom {
  return { ...opened, pending: opened.pending.filter((message) => message.id !== id) };
}

export function withStatus(view: RoomView, id: string, status: PendingRoomMessage["status"]): RoomView {
  const pending = view.opened.pending.map((message) =>
    message.id === id ? { ...message, status } : message,
  );
  return { ...view, opened: { ...view.opened, pending } };
}

/** A message that was edited or deleted, as it is now. */
export function withChanged(
  lines: readonly RoomMessage[],
  id: string,
  now: RoomMessage,
): readonly RoomMessage[] {
  const { text, deleted, edited } = now;
  return lines.map((line) => {
    if (line.id !== id) return line;
    const { picture, ...said } = line;
    return { ...said, ...(picture && !deleted && { picture }), text, deleted, edited };
  });
}

/** The page before the first line. */
export function withOlder(view: RoomView, page: readonly RoomMessage[], older: boolean): RoomView {
  const firstSeq = view.lines[0]?.seq ?? Infinity;
  const lines = [...page.filter(({ seq }) => seq < firstSeq), ...view.lines];
  return { lines, opened: { ...view.opened, older } };
}

function live({ failure: _failure, ...opened }: OpenedRoom): OpenedRoom {
  return { ...opened, link: "live" };
}

function withLine({ opened, lines }: RoomView, line: RoomMessage): RoomView {
  if (line.kind === "changed")
    return { opened, lines: line.changes === undefined ? lines : withChanged(lines, line.changes, line) };
  const pending = withoutArrived(opened.pending, [line]);
  return { lines: [...lines, line], opened: pending === opened.pending ? opened : { ...opened, pending } };
}

function withoutArrived(
  pending: readonly PendingRoomMessage[],
  lines: readonly RoomMessage[],
): readonly PendingRoomMessage[] {
  const left = pending.filter(({ id }) => !lines.some(({ clientId }) => clientId === id));
  return left.length === pending.length ? pending : left;
}
