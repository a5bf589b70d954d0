import { createStore } from "zustand/vanilla";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { PictureRefusal } from "./prepare-image.ts";

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
  readonly preparing: boolean;
  readonly problem: ComposerProblem | undefined;
  /** Several files came at once. */
  readonly tookFirst: boolean;
  readonly sending: boolean;
  /** Question that is being changed in its place. */
  readonly editingId: string | undefined;
  /** Counts up when the caret belongs into the composer. */
  readonly focusRequests: number;
  /** Counts up when the list should go to its end. */
  readonly endRequests: number;
}

export type ChatUi = ReturnType<typeof createChatUi>;

export function createChatUi(initialText: string) {
  const store = createStore<ChatUiState>(() => ({
    text: initialText,
    picture: undefined,
    preparing: false,
    problem: undefined,
    tookFirst: false,
    sending: false,
    editingId: undefined,
    focusRequests: 0,
    endRequests: 0,
  }));
  return {
    store,
    write: (text: string) => store.setState({ text, problem: undefined }),
    attach: (picture: ScreenImage) => store.setState({ picture, problem: undefined }),
    detach: () => store.setState({ picture: undefined, problem: undefined, tookFirst: false }),
    edit: (editingId: string | undefined) => store.setState({ editingId }),
    focusComposer: () => store.setState((state) => ({ focusRequests: state.focusRequests + 1 })),
    goToEnd: () => store.setState((state) => ({ endRequests: state.endRequests + 1 })),
    /** Empties the composer of what was sent; what was typed meanwhile stays. */
    sent: (sentText: string, sentPicture: ScreenImage | undefined) =>
      store.setState((state) => ({
        text: state.text.startsWith(sentText) ? state.text.slice(sentText.length) : state.text,
        picture: state.picture === sentPicture ? undefined : state.picture,
        tookFirst: false,
      })),
  };
}
