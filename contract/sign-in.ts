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
  | { readonly kind: "device" }
  /** Makes an account, and signs in to it. */
  | {
      readonly kind: "register";
      readonly login: string;
      readonly password: string;
      readonly displayName: string;
    };
