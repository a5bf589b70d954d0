import type { ErrorCode } from "./error-codes.ts";

/** Why a server takes a sign-in no more; see {@link SignedOutReason}. */
export type RefusalReason = "refused" | "closed";

/**
 * `expired`: its time was up; `refused`: it was ended elsewhere, or by the server; `closed`: its account was switched off or erased; `never`: there
 * was none.
 */
export type SignedOutReason = "logout" | "expired" | "never" | RefusalReason;

/** Who is signed in; what every face of Pipit shows. Never holds a token. */
export type AuthState =
  | { readonly kind: "unknown" }
  | { readonly kind: "signed-out"; readonly reason?: SignedOutReason }
  | { readonly kind: "signing-in" }
  | {
      readonly kind: "signed-in";
      readonly accountId: string;
      readonly accountName: string;
      /** True for the account that a server makes for its own machine. */
      readonly local: boolean;
    }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly message: string };

/**
 * True after signing out on purpose, and when the account was closed: nothing of it is shown any more, or kept for who comes next. What
 * has merely ended is still its user's.
 */
export function hasLeft(state: AuthState): boolean {
  return state.kind === "signed-out" && (state.reason === "logout" || state.reason === "closed");
}

/** One of the sign-ins that this machine keeps. */
export interface SignedInAccount {
  /** As the settings name it: empty for this machine's own server. */
  readonly serverUrl: string;
  readonly accountId: string;
  readonly accountName: string;
  /** True for the account that a server makes for its own machine. */
  readonly local: boolean;
  /** The one in use; of all accounts at most one. */
  readonly active: boolean;
}

/** Where tokens are kept; `fallbackReason` is told to the person when it is not the keychain. */
export interface TokenPlace {
  readonly kind: "keychain" | "file" | "memory";
  readonly fallbackReason?: string;
  /** The keychain has not answered yet: its dialog may be waiting for the person. */
  readonly waiting?: boolean;
}
