/** A user's own account, as they see and change it. */
export interface OwnAccount {
  readonly login: string;
  readonly displayName: string;
  /** Empty: nothing is said. */
  readonly about: string;
  /** Empty: none is known. */
  readonly email: string;
  /** The account that a server made for its own machine: it has no password and no second factor. */
  readonly local: boolean;
  readonly createdAtMs: number;
  /** In force. */
  readonly secondFactor: boolean;
  /** Of the second factor, not used yet. */
  readonly recoveryCodesLeft: number;
}

export type ProfileChange = Pick<OwnAccount, "displayName" | "about" | "email">;

/** What a change asks for of who makes it, beside the sign-in. */
export interface OwnProof {
  readonly password: string;
  /** Of the authenticator app, or a recovery code; where the account has a second factor. */
  readonly code?: string | undefined;
}

/** A second factor that was begun, and is in force once its first code has been given. */
export interface FactorEnrolment {
  /** `otpauth:` address with the secret in it. */
  readonly uri: string;
  /** The secret in base32, to type into an app. */
  readonly secret: string;
  /** `uri` as a QR code. */
  readonly qrSvg: string;
}

/** A program or a browser in which the account is signed in. */
export interface SignedInPlace {
  readonly id: string;
  readonly kind: "program" | "browser";
  /** OAuth client id, e.g. "pipit-cli". */
  readonly clientId: string;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number;
  readonly address?: string | undefined;
  readonly userAgent?: string | undefined;
  /** This very one. */
  readonly current: boolean;
}
