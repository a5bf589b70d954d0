/** Clocks that differ by more make codes of an authenticator app wrong, which is told to the person, in milliseconds. */
export const CLOCK_OFF_MS = 60_000;

/** How a server signs people in, as its discovery says. */
export interface SignInWays {
  readonly password: boolean;
  /** People may make themselves an account. */
  readonly registration: boolean;
  readonly browser: boolean;
  readonly device: boolean;
}

/** What is known of a server before a user signs in there. */
export interface ServerLook {
  readonly version: string;
  readonly ways: SignInWays;
  /** The server's clock less this machine's, in milliseconds; 0 when the server does not tell its time. */
  readonly clockAheadMs: number;
}

/** What a person takes to another device to sign this one in (RFC 8628 §3.2). */
export interface DevicePrompt {
  readonly userCode: string;
  readonly verificationUri: string;
  /** With the user code in it; for a QR code. */
  readonly verificationUriComplete?: string;
  readonly expiresAtMs: number;
}

/**
 * A one-time address that the page was opened with. Any page can lead a browser to one of another person, so it signs
 * nobody in by itself: the person types the digits that stand beside it where it was printed, or, where a user is signed in
 * already, agrees to become the one that it names.
 */
export type SignInLink =
  | { readonly kind: "digits" }
  /** It works no more: used, too old, or its sign-in has ended. */
  | { readonly kind: "used" }
  | { readonly kind: "confirm"; readonly accountName: string; readonly local: boolean };

/** How one wants to sign in. */
export type SignInRequest =
  /** To the local account of this machine's own server. */
  | { readonly kind: "local" }
  | { readonly kind: "token"; readonly token: string }
  /** `code`: of the authenticator app, or a recovery code. */
  | {
      readonly kind: "password";
      readonly login: string;
      readonly password: string;
      readonly code?: string | undefined;
    }
  | { readonly kind: "browser" }
  /** By the {@link SignInLink} that waits. `digits` absent: the person agreed. */
  | { readonly kind: "link"; readonly digits?: string | undefined }
  | { readonly kind: "device" }
  /** As an account that is signed in already; the one before stays so beside it. */
  | { readonly kind: "kept"; readonly accountId: string }
  /** Makes an account, and signs in to it. */
  | {
      readonly kind: "register";
      readonly login: string;
      readonly password: string;
      readonly displayName: string;
    };
