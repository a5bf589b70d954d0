import {
  EVERYONE,
  type ListedRoom,
  type OpenedRoom,
  type PendingRoomMessage,
  type RoomMessage,
} from "#contract/rooms/rooms.ts";
import { picture } from "./sample-picture.ts";
import { failWith, type ScriptedBridge } from "./scripted-bridge.ts";

const startMs = Date.UTC(2026, 8, 21, 9, 30);
const login = "ada";
const unreachable = { code: "SERVER_UNREACHABLE", message: "", retryable: true } as const;

const listed: ListedRoom = {
  name: "",
  invited: false,
  owned: false,
  invitedBy: "",
  unread: 0,
  readSeq: 2,
  lastSeq: 9,
};
const rooms: readonly ListedRoom[] = [
  { ...listed, unread: 100 },
  { ...listed, id: "r9", name: "Reading circle", invited: true, invitedBy: "Maximiliana.von-Hohenfels" },
  { ...listed, id: "r1", name: "Birds of the northern coasts", owned: true },
  { ...listed, id: "r2", name: "Дача", unread: 3, mentioned: true },
];

function line(seq: number, author: string, text: string, more: Partial<RoomMessage> = {}): RoomMessage {
  return {
    id: `m${seq}`,
    seq,
    author,
    text,
    sentAtMs: startMs + seq * 90_000,
    deleted: false,
    edited: false,
    kind: "message",
    ...more,
  };
}

const said: readonly RoomMessage[] = [
  line(1, "zoe", "Has anybody been at the lake this morning?"),
  line(2, "zoe", "The herons should be back."),
  line(3, login, "Yes, at seven. **Four herons**, and a kingfisher by the old bridge.", { edited: true }),
  line(4, "Иван", "", { kind: "joined" }),
  line(5, "Иван", "> **ada**\n>\n> Four herons\n\nЗавтра пойду смотреть. Что взять с собой?"),
  line(6, "zoe", "", { deleted: true }),
  line(
    7,
    login,
    "A pair of binoculars will do:\n\n- 8 × 42\n- nothing heavier\n\n```sh\nls birds/ | sort\n```",
  ),
  line(
    8,
    "zoe",
    "https://example.org/a-rather-long-address/that-does-not-break/anywhere/at-all/2026-09-21?from=lake",
  ),
  line(9, "zoe", "See you there, @ada"),
];

const live: OpenedRoom = { room: "r1", link: "live", older: true, pending: [], readSeq: 7 };

function pending(id: string, text: string, status: PendingRoomMessage["status"]): PendingRoomMessage {
  return { id, text, writtenAtMs: startMs + 900_000, status };
}

/** A room that is shown, and what stands in it. */
function show(bridge: ScriptedBridge, opened: Partial<OpenedRoom>, lines: readonly RoomMessage[]): void {
  const shown = { ...live, ...opened };
  bridge.room = shown.room;
  bridge.rooms.setState({ login, rooms, opened: shown, lines });
  bridge.answers.listRoomMembers = () => [
    { login, displayName: "Ada", invited: false, owner: true },
    {
      login: "zoe",
      displayName: "Zoë with a name that is longer than its row",
      invited: false,
      owner: false,
    },
    { login: "Иван", displayName: "Иван", invited: false, owner: false },
    { login: "max", displayName: "max", invited: true, owner: false },
  ];
}

/** Rooms, and what becomes of them. */
export const roomScenes: Readonly<Record<string, (bridge: ScriptedBridge) => void>> = {
  room: (bridge) => show(bridge, {}, said),
  "room-answering": (bridge) => {
    show(bridge, {}, [
      ...said,
      line(10, "zoe", "@pipit where do herons sleep?"),
      line(11, "pipit", "In trees, mostly: **in groups**, near water.", { askedBy: "zoe", replyTo: "m10" }),
      line(12, login, "@pipit and kingfishers?"),
    ]);
    bridge.rooms.setState({
      typing: ["pipit", "zoe", "Иван"],
      present: { room: "r1", logins: [login, "zoe"] },
    });
  },
  "room-pictures": (bridge) => {
    const wide = { widthPx: 1568, heightPx: 882, sizeBytes: 412_345 };
    bridge.answers.roomPicture = (asked) =>
      (asked as { readonly messageId: string }).messageId === "m12"
        ? failWith("SERVER_UNREACHABLE", "")()
        : picture(1568, 882);
    const shown = pending("p1", "", { kind: "waiting", reason: unreachable, nextTryAtMs: startMs });
    show(bridge, { pending: [{ ...shown, picture: wide }] }, [
      ...said,
      line(10, "zoe", "", { picture: wide }),
      line(11, login, "The bridge, from **the north**", { picture: wide }),
      line(12, "zoe", "One that cannot be read now", {
        picture: { widthPx: 320, heightPx: 1000, sizeBytes: 9_000 },
      }),
    ]);
  },
  "room-empty": (bridge) => show(bridge, { room: EVERYONE, older: false }, []),
  "room-long": (bridge) => {
    const lines = Array.from({ length: 300 }, (_, at) => ({
      ...(said[at % said.length] ?? line(1, "zoe", "")),
      id: `l${at}`,
      seq: at + 1,
      sentAtMs: startMs + at * 1_200_000,
    }));
    show(bridge, { readSeq: 290 }, lines);
  },
  "room-waiting": (bridge) =>
    show(
      bridge,
      {
        link: "cut",
        failure: unreachable,
        pending: [
          pending("p1", "Is anybody there?", {
            kind: "waiting",
            reason: unreachable,
            nextTryAtMs: startMs,
          }),
          pending("p2", "And this one?", {
            kind: "failed",
            failure: { code: "RATE_LIMITED", message: "", retryable: true },
          }),
          pending("p3", "On its way", { kind: "sending" }),
        ],
      },
      said,
    ),
  "room-ended": (bridge) =>
    show(bridge, { link: "ended", failure: { code: "ROOM_NOT_FOUND", message: "", retryable: false } }, said),
  "room-invitation": (bridge) =>
    show(
      bridge,
      { room: "r9", link: "ended", failure: { code: "ROOM_NOT_FOUND", message: "", retryable: false } },
      [],
    ),
};
