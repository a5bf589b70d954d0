import { createStore } from "zustand/vanilla";
import type { SelectedFrom } from "#contract/intent.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { PendingFile } from "../files/pending-file.ts";
import type { PictureRefusal } from "../picture/prepare-image.ts";

/** Something at fault in the composer, told beside it. */
export type ComposerProblem =
  | { readonly kind: "too-long"; readonly lengthChars: number }
  | { readonly kind: "empty" }
  | { readonly kind: "failed"; readonly code: string; readonly message: string }
  | { readonly kind: "picture"; readonly name: string; readonly refusal: PictureRefusal };

/** What the chat view holds besides the host's state; it outlives the view, which settings may replace for a while. */
export interface ChatUiState {
  readonly text: string;
  readonly picture: ScreenImage | undefined;
  readonly files: readonly PendingFile[];
  /** A picture is being prepared. */
  readonly preparing: boolean;
  readonly problem: ComposerProblem | undefined;
  /** Several files came at once. */
  readonly tookFirst: boolean;
  readonly sending: boolean;
  /** The composer holds text that was selected in another program. */
  readonly selectedFrom: SelectedFrom | undefined;
  /** The question with that text, whose answer may take its place. */
  readonly replaceFor: string | undefined;
  /** The text when Enter was pressed while another message was still being sent. */
  readonly enteredText: string | undefined;
  /** Question that is being changed in its place. */
  readonly editingId: string | undefined;
  /** The exchange that was deleted last can still be brought back. */
  readonly offersUndo: boolean;
  /** Counts up with each deletion. */
  readonly deletions: number;
  /** Counts up when the caret belongs into the composer. */
  readonly focusRequests: number;
  /** Counts up when the list should go to its end. */
  readonly endRequests: number;
  /** The exchange that a search has led to: it is marked, and the list goes there. */
  readonly sought: { readonly turnId: string } | undefined;
}

/** What the composer held when it was sent. */
export type Sent = Pick<ChatUiState, "text" | "picture" | "files">;

export type ChatUi = ReturnType<typeof createChatUi>;

export function createChatUi(initialText: string) {
  const store = createStore<ChatUiState>(() => ({
    text: initialText,
    picture: undefined,
    files: [],
    preparing: false,
    problem: undefined,
    tookFirst: false,
    sending: false,
    selectedFrom: undefined,
    replaceFor: undefined,
    enteredText: undefined,
    editingId: undefined,
    offersUndo: false,
    deletions: 0,
    focusRequests: 0,
    endRequests: 0,
    sought: undefined,
  }));
  return {
    store,
    write: (text: string) => store.setState({ text, problem: undefined }),
    attach: (picture: ScreenImage) => store.setState({ picture, problem: undefined }),
    addFile: (file: PendingFile) =>
      store.setState(({ files }) => ({ files: [...files, file], problem: undefined })),
    fileRead: (id: string, read: NonNullable<PendingFile["read"]>) =>
      store.setState(({ files }) => ({
        files: files.map((file) => (file.id === id ? { ...file, read } : file)),
      })),
    removeFile: (id: string) =>
      store.setState(({ files }) => ({ files: files.filter((file) => file.id !== id), problem: undefined })),
    detach: () => store.setState({ picture: undefined, problem: undefined, tookFirst: false }),
    select: (selectedFrom: SelectedFrom) => store.setState({ selectedFrom }),
    /** What the composer held is asked by this question. */
    asked: (id: string) =>
      store.setState(({ selectedFrom, replaceFor }) => ({
        sought: undefined,
        selectedFrom: undefined,
        replaceFor: selectedFrom === undefined ? replaceFor : id,
      })),
    replaced: () => store.setState({ replaceFor: undefined }),
    edit: (editingId: string | undefined) => store.setState({ editingId }),
    offerUndo: () => store.setState((state) => ({ offersUndo: true, deletions: state.deletions + 1 })),
    withdrawUndo: () => store.setState({ offersUndo: false }),
    focusComposer: () => store.setState((state) => ({ focusRequests: state.focusRequests + 1 })),
    seek: (turnId: string | undefined) =>
      store.setState({ sought: turnId === undefined ? undefined : { turnId } }),
    goToEnd: () => store.setState((state) => ({ endRequests: state.endRequests + 1 })),
    /**
     * Empties the composer of what was sent; what was typed meanwhile stays. True when Enter was pressed on what stays:
     * it is to be sent next.
     */
    sent({ text: sentText, picture: sentPicture, files: sentFiles }: Sent): boolean {
      const { text, picture, files, enteredText } = store.getState();
      const left = withoutStart(text, sentText);
      store.setState({
        text: left,
        picture: picture === sentPicture ? undefined : picture,
        files: files.filter((file) => !sentFiles.includes(file)),
        tookFirst: false,
        enteredText: undefined,
      });
      return left.trim() !== "" && enteredText !== undefined && withoutStart(enteredText, sentText) === left;
    },
  };
}

/** One for each place that is asked for. */
export function createRoomUis(): (place: string) => ChatUi {
  const uis = new Map<string, ChatUi>();
  return (place) => {
    const ui = uis.get(place) ?? createChatUi("");
    uis.set(place, ui);
    return ui;
  };
}

function withoutStart(text: string, start: string): string {
  return text.startsWith(start) ? text.slice(start.length) : text;
}
