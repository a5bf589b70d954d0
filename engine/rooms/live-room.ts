import type { StoreApi } from "zustand/vanilla";
import { TYPING_EVERY_MS } from "#contract/events/event-wire.ts";
import { EVERYONE, type RoomsState } from "#contract/rooms/rooms.ts";
import type { SayToRoom } from "#engine/events/event-link.ts";
import type { News } from "#engine/events/news.ts";
import type { Clock } from "#engine/ports.ts";

interface LiveRoomDeps {
  readonly store: StoreApi<RoomsState>;
  readonly say: SayToRoom;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Who writes in the open room, and who is there; told by the server, and kept nowhere. */
export class LiveRoom {
  readonly #deps: LiveRoomDeps;
  /** By login: when its mark is over. */
  readonly #ends = new Map<string, number>();
  /** What the person was last said to write in. */
  #told: { readonly room: string; readonly atMs: number } | undefined;

  constructor(deps: LiveRoomDeps) {
    this.#deps = deps;
    deps.signal.addEventListener(
      "abort",
      deps.store.subscribe((now, before) => this.#follow(now, before)),
      { once: true },
    );
  }

  heard({ kind, room = EVERYONE, login, logins }: News): void {
    const { store, clock, signal } = this.#deps;
    if (kind === "room.presence") return store.setState({ present: { room, logins: logins ?? [] } });
    if (kind !== "room.typing" || login === undefined) return;
    const { opened, login: own } = store.getState();
    if (opened?.room !== room || login === own) return;
    this.#ends.set(login, clock.nowMs() + 2 * TYPING_EVERY_MS);
    this.#show();
    clock.sleep(2 * TYPING_EVERY_MS, signal).then(
      () => this.#endOld(login),
      () => undefined,
    );
  }

  /** The person writes; told now and then, however often this is called. */
  typing(room: string): void {
    const { say, clock } = this.#deps;
    const atMs = clock.nowMs();
    if (this.#told?.room === room && atMs - this.#told.atMs < TYPING_EVERY_MS) return;
    this.#told = { room, atMs };
    say({ type: "typing", ...named(room) });
  }

  /** What is sent ends the mark at the others; the next word is told at once. */
  hasSent(): void {
    this.#told = undefined;
  }

  /** The answer is heard as all else is; where no socket is open there is none. */
  askPresence(room: string): void {
    this.#deps.say({ type: "presence", ...named(room) });
  }

  #follow({ opened, lines }: RoomsState, before: RoomsState): void {
    if (opened?.room !== before.opened?.room) {
      this.#ends.clear();
      this.#show();
      return;
    }
    if (lines === before.lines) return;
    const lastSeq = before.lines.at(-1)?.seq ?? 0;
    // Whoever has said it is done with writing.
    for (const { author } of lines.slice(lines.findLastIndex(({ seq }) => seq <= lastSeq) + 1))
      this.#ends.delete(author);
    this.#show();
  }

  #endOld(login: string): void {
    if ((this.#ends.get(login) ?? Infinity) > this.#deps.clock.nowMs()) return;
    this.#ends.delete(login);
    this.#show();
  }

  #show(): void {
    const { store } = this.#deps;
    const typing = [...this.#ends.keys()];
    const { typing: before = [] } = store.getState();
    if (typing.length !== before.length || typing.some((login, at) => login !== before[at]))
      store.setState({ typing });
  }
}

function named(room: string): { readonly room?: string } {
  return room === EVERYONE ? {} : { room };
}
