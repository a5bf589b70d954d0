import type { ComponentType } from "react";
import type { AppState } from "#contract/app-state.ts";
import { LocalSignIn } from "./local-sign-in.tsx";
import { TokenSignIn } from "./token-sign-in.tsx";

export interface SignInFormProps {
  /** The sign-in worked. */
  readonly onDone: () => void;
}

/** One way to sign in: a tab of the dialog. */
export interface SignInMethod {
  readonly id: string;
  /** Key of its name in the texts of `auth`. */
  readonly label: "local.label" | "token.label" | "token.pageLabel";
  readonly isOffered: (app: Pick<AppState, "face" | "server" | "settings">) => boolean;
  readonly Form: ComponentType<SignInFormProps>;
}

/** Every way there is, the easiest first; those that make no sense here are left out. */
export const signInMethods: readonly SignInMethod[] = [
  { id: "local", label: "local.label", isOffered: canSignInLocally, Form: LocalSignIn },
  { id: "token", label: "token.label", isOffered: ({ face }) => face === "desktop", Form: TokenSignIn },
  { id: "page-token", label: "token.pageLabel", isOffered: ({ face }) => face === "web", Form: TokenSignIn },
];

/** The local account belongs to the server of this machine, which only the desktop has a secret of. */
function canSignInLocally({
  face,
  server,
  settings,
}: Pick<AppState, "face" | "server" | "settings">): boolean {
  if (face !== "desktop") return false;
  return server.kind === "ready" ? server.own : settings.serverUrl === "";
}
