/**
 * Keys that stay the same when the master key is replaced, because what was made with them cannot be made again: hashes,
 * signatures and ids. They lie in the database then, sealed with the master key in force.
 */
export const KEPT_PURPOSES = [
  "audit-chain",
  "recovery-codes",
  "refresh-successor",
  "known-device",
  "oidc-cookie",
  "local account id",
] as const;

/** What is sealed with the master key in force; `sealedPlaces` names the columns that hold it, so that a new key seals them anew. */
export type SealPurpose =
  | "signing-key-seal"
  | "totp-secrets"
  | "oidc-payload-seal"
  | "oidc-sign-in-proof"
  | "model-connection-seal";
