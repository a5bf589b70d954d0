import { createStore } from "zustand/vanilla";
import type { ChatsPlace } from "#contract/chat-history.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { draftPlaceOf, type RoomDraft } from "#contract/rooms/room-drafts.ts";

/** What the window shows. `profile`, `sign-in` and `register` are views of the page only: a desktop has dialogs. */
export type View = "chat" | "room" | "settings" | "profile" | "sign-in" | "register";
export type DialogName =
  | "sign-in"
  | "chats"
  | "link"
  | "model"
  | "picture"
  | "shortcuts"
  | "prompts"
  | "project"
  | "room";

/** Which parts of the window are open; the host's state is in the bridge. */
export interface ViewState {
  readonly view: View;
  /** Of the view `room`: its id, or EVERYONE. */
  readonly room: string;
  readonly dialog: DialogName | undefined;
  /** What the dialog `link` asks about: the whole address. */
  readonly link: string;
  /** What the dialog `project` is about. */
  readonly project: EditedProject;
  /** Whose members the dialog `room` shows; undefined: it makes a room. */
  readonly membersOf: string | undefined;
  /** What is being written, by account and room. */
  readonly roomDrafts: Readonly<Record<string, string>>;
  /** What the field of the room is to quote. */
  readonly quoted: string | undefined;
  /** Which chats the list of chats holds. */
  readonly listed: ChatsPlace;
  /** A problem to show until it is dismissed; `message` is what the host said, for codes without a text of ours. */
  readonly problem: { readonly code: string; readonly message: string } | undefined;
  /** An account was made here, and its second factor has not been decided on. */
  readonly protectionOffered: boolean;
  /** A newer build of the page is there, and the user has not put it off. */
  readonly reloadOffered: boolean;
  readonly opening: OpeningChat | undefined;
}

/** A project to be changed, or to be deleted; without its id, one to be made, and the chat that it is made for. */
export interface EditedProject {
  readonly projectId?: string;
  readonly deleting?: true;
  readonly chatId?: string;
}

/** A stored chat that is wanted and not shown yet; `failure`: it cannot be. */
interface OpeningChat {
  readonly chatId: string;
  readonly failure?: { readonly code: string; readonly message: string };
}

export type ViewStore = ReturnType<typeof createViewStore>;

export function createViewStore(drafts: readonly RoomDraft[] = []) {
  const store = createStore<ViewState>(() => ({
    view: "chat",
    room: "",
    dialog: undefined,
    link: "",
    project: {},
    membersOf: undefined,
    roomDrafts: Object.fromEntries(drafts.map((draft) => [draftPlaceOf(draft), draft.text])),
    quoted: undefined,
    listed: { archived: false },
    problem: undefined,
    protectionOffered: false,
    reloadOffered: false,
    opening: undefined,
  }));
  const isOpening = () => {
    const { opening } = store.getState();
    return opening !== undefined && opening.failure === undefined;
  };
  const report = (problem: { readonly code: string; readonly message: string }) =>
    store.setState({ problem });
  return {
    store,
    show: (view: Exclude<View, "room">) => store.setState({ view }),
    showRoom: (room: string) => store.setState({ view: "room", room, dialog: undefined }),
    open: (dialog: DialogName) => store.setState({ dialog }),
    askToOpen: (link: string) => store.setState({ dialog: "link", link }),
    editProject: (project: EditedProject) => store.setState({ dialog: "project", project }),
    openRoomDialog: (membersOf?: string) => store.setState({ dialog: "room", membersOf }),
    writeToRoom: (place: string, text: string) =>
      store.setState(({ roomDrafts }) => ({ roomDrafts: { ...roomDrafts, [place]: text } })),
    quote: (quoted: string | undefined) => store.setState({ quoted }),
    list: (listed: ChatsPlace) => store.setState({ listed }),
    closeDialog: () => store.setState({ dialog: undefined }),
    report,
    offerProtection: (protectionOffered: boolean) => store.setState({ protectionOffered }),
    offerReload: (reloadOffered: boolean) => store.setState({ reloadOffered }),
    setOpening: (opening: OpeningChat | undefined) => store.setState({ opening }),
    /** Waits for the chat that is being opened, if one is; false: it cannot be shown. */
    async opened(): Promise<boolean> {
      if (!isOpening()) return true;
      const { promise, resolve } = Promise.withResolvers<void>();
      const stop = store.subscribe(() => (isOpening() ? undefined : resolve()));
      await promise.finally(stop);
      return store.getState().opening === undefined;
    },
    dismissProblem: () => store.setState({ problem: undefined }),
    /** Waits for a command whose failure the person should see, and tells whether it worked. */
    async attempt(work: Promise<unknown>): Promise<boolean> {
      try {
        await work;
        return true;
      } catch (reason) {
        const { code, message } = PipitError.from(reason);
        if (code !== "CANCELLED") report({ code, message });
        return false;
      }
    },
  };
}
