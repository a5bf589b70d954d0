import { createStore } from "zustand/vanilla";

/** What is on top of the chat. */
export type View = "chat" | "settings";
export type DialogName = "sign-in" | "chats";

/** Which parts of the window are open; the host's state is in the bridge. */
export interface ViewState {
  readonly view: View;
  readonly dialog: DialogName | undefined;
  /** A problem to show until it is dismissed; `message` is what the host said, for codes without a text of ours. */
  readonly problem: { readonly code: string; readonly message: string } | undefined;
}

export interface ViewStore extends ReturnType<typeof createViewStore> {}

export function createViewStore() {
  const store = createStore<ViewState>(() => ({ view: "chat", dialog: undefined, problem: undefined }));
  return {
    store,
    show: (view: View) => store.setState({ view }),
    open: (dialog: DialogName) => store.setState({ dialog }),
    closeDialog: () => store.setState({ dialog: undefined }),
    report: (problem: { readonly code: string; readonly message: string }) => store.setState({ problem }),
    dismissProblem: () => store.setState({ problem: undefined }),
  };
}
