import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { PipitError } from "#contract/pipit-error.ts";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts what the database keeps but must not be able to tell. */
export type Sealer = ReturnType<typeof createSealer>;

/** @param key 32 bytes, for one purpose only: `masterKey.derive("...")` */
export function createSealer(key: Buffer) {
  if (key.length !== KEY_BYTES) {
    throw new PipitError("CONFIG_INVALID", `A key that seals secrets must have ${KEY_BYTES} bytes.`);
  }
  return {
    /**
     * AES-256-GCM with a fresh random IV, as base64url of IV, ciphertext and tag.
     *
     * @param aad where the secret belongs (a key id, a user id): it opens only there, so it cannot be moved to another row
     */
    seal(plain: Buffer | string, aad: string): string {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(CIPHER, key, iv).setAAD(Buffer.from(aad));
      const bytes = typeof plain === "string" ? Buffer.from(plain) : plain;
      return Buffer.concat([iv, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]).toString(
        "base64url",
      );
    },

    /** The plain bytes. Throws CONFIG_INVALID for another key, another `aad` or a damaged text. */
    open(sealed: string, aad: string): Buffer {
      const bytes = Buffer.from(sealed, "base64url");
      try {
        const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), {
          authTagLength: TAG_BYTES,
        })
          .setAAD(Buffer.from(aad))
          .setAuthTag(bytes.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
      } catch (cause) {
        throw new PipitError(
          "CONFIG_INVALID",
          "A secret in the database was sealed with another master key, or is damaged. Restore the master-key file " +
            "(or the configured master key) that belongs to this database, or a backup of the database.",
          { cause },
        );
      }
    },
  };
}
