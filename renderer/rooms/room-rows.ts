import type { PendingRoomMessage, RoomMessage, RoomsState } from "#contract/rooms/rooms.ts";
import { startsDay } from "../chat/message-time.ts";

/** One row of a room: a line that the server has, or a message on its way. */
export interface RoomRow {
  /** The same before and after the server has the message. */
  readonly key: string;
  readonly line: RoomMessage | undefined;
  readonly pending: PendingRoomMessage | undefined;
}

/** Of one author within this time, the name stands above the first message only. */
const SAME_BREATH_MS = 5 * 60_000;

/** The rows of what is open; the same list as long as nothing of it changes. */
export function createRoomRows(): (state: RoomsState) => readonly RoomRow[] {
  let from: Pick<RoomsState, "lines" | "opened"> | undefined;
  let rows: readonly RoomRow[] = [];
  let known = new Map<RoomMessage | PendingRoomMessage, RoomRow>();
  return ({ lines, opened }) => {
    if (from !== undefined && from.lines === lines && from.opened?.pending === opened?.pending) return rows;
    from = { lines, ...(opened && { opened }) };
    const next = [
      ...lines.map((line) => [line, { key: line.clientId ?? line.id, line, pending: undefined }] as const),
      ...(opened?.pending ?? []).map(
        (pending) => [pending, { key: pending.id, line: undefined, pending }] as const,
      ),
    ].map(([of, made]) => [of, known.get(of) ?? made] as const);
    known = new Map(next);
    rows = next.map(([, row]) => row);
    return rows;
  };
}

/** When it was written. */
export function timeOf({ line, pending }: RoomRow): number {
  return line?.sentAtMs ?? pending?.writtenAtMs ?? 0;
}

/** What stands above a row besides its text. */
export interface RowHead {
  readonly opensDay: boolean;
  readonly opensUnread: boolean;
  /** The author and the time. */
  readonly named: boolean;
}

/** @param readSeq up to which number the reader had read when the room was opened; undefined: not known, or nothing */
export function headOf(
  before: RoomRow | undefined,
  row: RoomRow,
  login: string | undefined,
  readSeq: number | undefined,
): RowHead {
  const opensDay = startsDay(before && timeOf(before), timeOf(row));
  const opensUnread = isFirstUnread(before?.line, row.line, login, readSeq);
  const follows = before !== undefined && isSameBreath(before, row, login);
  return { opensDay, opensUnread, named: opensDay || opensUnread || !follows };
}

function isFirstUnread(
  before: RoomMessage | undefined,
  line: RoomMessage | undefined,
  login: string | undefined,
  readSeq = 0,
): boolean {
  if (readSeq === 0 || line === undefined || before === undefined) return false;
  return before.seq <= readSeq && line.seq > readSeq && line.author !== login;
}

/** Of the same author as the row before it, and soon after it. */
function isSameBreath(before: RoomRow, row: RoomRow, login: string | undefined): boolean {
  const [one, other] = [before, row].map(({ line }) => ({
    // Its answers to two people are two authors'.
    author: line?.askedBy ?? line?.author ?? login,
    isAssistant: line?.askedBy !== undefined,
    isMessage: (line?.kind ?? "message") === "message",
  }));
  const isSame =
    one?.author === other?.author &&
    one?.isAssistant === other?.isAssistant &&
    one?.isMessage === other?.isMessage;
  return isSame && timeOf(row) - timeOf(before) <= SAME_BREATH_MS;
}
