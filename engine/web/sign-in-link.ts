import { PipitError } from "#contract/pipit-error.ts";
import type { SignInLink } from "#contract/sign-in.ts";
import type { CookieSession } from "./cookie-session.ts";

export interface SignInLinkOptions {
  /** What the person is asked; undefined: nothing any more. */
  readonly showSignInLink: (link: SignInLink | undefined) => void;
  /** The server could not be asked about it. */
  readonly onCodeRefused: (error: PipitError) => void;
}

/** The one-time address that the page was opened with: it changes who is signed in only by what the person does. */
export function createSignInLink(
  session: CookieSession,
  { showSignInLink, onCodeRefused }: SignInLinkOptions,
) {
  let waiting: { readonly code: string; readonly accountId?: string } | undefined;
  const settle = (link: SignInLink | undefined): void => {
    waiting = undefined;
    showSignInLink(link);
  };
  const open = async (code: string, signal: AbortSignal): Promise<void> => {
    const state = session.store.getState();
    if (state.kind !== "signed-in") {
      waiting = { code };
      showSignInLink({ kind: "digits" });
      return;
    }
    try {
      const { accountId, accountName, local } = await session.accountOfCode(code, signal);
      // Signed in as this very account: there is nothing to do.
      if (accountId === state.accountId) return settle(undefined);
      waiting = { code, accountId };
      showSignInLink({ kind: "confirm", accountName, local });
    } catch (reason) {
      const error = PipitError.from(reason);
      if (error.code === "TOKEN_INVALID") settle({ kind: "used" });
      else if (!signal.aborted) onCodeRefused(error);
    }
  };
  return {
    /** Asks the person; the sign-in that is there has been restored. */
    open,

    /** Throws as CookieSession.signInWithCode; wrong digits may be typed again. An address that works no more is shown. */
    async signIn(digits: string | undefined, signal: AbortSignal): Promise<void> {
      if (waiting === undefined)
        throw new PipitError("TOKEN_INVALID", "There is no address to sign in with.");
      const { code, accountId } = waiting;
      const proof = accountId === undefined ? { digits: digits?.trim() ?? "" } : { confirmed: accountId };
      try {
        await session.signInWithCode(code, proof, signal);
      } catch (reason) {
        const error = PipitError.from(reason);
        // Another tab has signed in meanwhile, as another account.
        if (error.field === "confirmed") {
          await session.restore(signal);
          return open(code, signal);
        }
        if (error.code !== "TOKEN_INVALID") throw error;
        return settle({ kind: "used" });
      }
      settle(undefined);
    },
  };
}
