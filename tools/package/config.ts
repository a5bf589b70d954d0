import type { Environment } from "#contract/environment.ts";

/** What `npm run package` is told by the environment; electron-builder reads the secrets there by itself. */
export function readPackageConfig(env: Environment = process.env) {
  return {
    /** Whether a certificate to sign with is named. */
    signs: (env["CSC_LINK"] || env["CSC_NAME"] || "") !== "",
    /** Path of the key that signs updates, PEM (PKCS #8, Ed25519). */
    updateKeyFile: env["PIPIT_UPDATE_KEY"] || undefined,
  };
}
