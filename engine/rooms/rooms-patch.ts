import type { RoomsState } from "#contract/rooms/rooms.ts";
import type { RoomsPatch } from "#contract/patches/rooms-patch.ts";
import { diffList, sameFields, spliced } from "#engine/store/list-patch.ts";

type Change = Omit<RoomsPatch, "revision">;

/** What changed from one state to the next, or undefined when nothing did; costs the changed part, not the conversation. */
export function diffRooms(before: RoomsState, after: RoomsState): Change | undefined {
  const head = headOf(after);
  const splice = diffList(before.lines, after.lines);
  const isSameHead = sameFields<typeof head>(headOf(before), head);
  if (isSameHead && splice === undefined) return undefined;
  return { ...(isSameHead ? {} : { head }), ...(splice === undefined ? {} : { splice }) };
}

/** The state that a patch leads to. A patch of {@link diffRooms} for another state gives nonsense: mind the revision. */
export function applyRoomsPatch(state: RoomsState, { head, splice }: Change): RoomsState {
  return { ...(head ?? headOf(state)), lines: spliced(state.lines, splice) };
}

function headOf({ lines: _lines, ...head }: RoomsState): Omit<RoomsState, "lines"> {
  return head;
}
