import type { Revised, Splice } from "./list-patch.ts";
import type { RoomMessage, RoomsState } from "../rooms/rooms.ts";

/** How one state of rooms follows from the one before; what crosses the process boundary while people write. */
export interface RoomsPatch extends Revised {
  /** All but the lines; sent whole when anything in it changed. */
  readonly head?: Omit<RoomsState, "lines">;
  readonly splice?: Splice<RoomMessage>;
}

/** A whole state and the revision it has. */
export interface RoomsSnapshot extends Revised {
  readonly state: RoomsState;
}
