import { createHmac, randomBytes } from "node:crypto";
import type { MasterKey } from "#server/domain/master-key/master-key.ts";

/** So many are made at once; each works once. */
export const RECOVERY_CODE_COUNT = 10;
/** Crockford's base 32: 32 signs, none of which is taken for another one; ten of them have 50 bits. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const CODE_CHARACTERS = 10;
const HALF_CHARACTERS = 5;
/** As users type it, with whatever stands between; a longer text is none. */
const MAX_TYPED_UNITS = 100;
const shape = new RegExp(`^[${ALPHABET}]{${CODE_CHARACTERS}}$`);

/**
 * Codes for the day when the phone is gone. Hashed with a key that is not in the database: 50 bits behind a bare hash
 * could be searched by who has only that.
 */
export function createRecoveryCodes(masterKey: MasterKey) {
  const key = masterKey.derive("recovery-codes");
  return {
    /** Fresh codes as users read them, xxxxx-xxxxx; shown once. */
    make(): readonly string[] {
      const codes = new Set<string>();
      while (codes.size < RECOVERY_CODE_COUNT) codes.add(newCode());
      return [...codes];
    },
    /** What is stored of a code; undefined for what cannot be one. */
    hash(userId: string, code: string): string | undefined {
      if (code.length > MAX_TYPED_UNITS) return undefined;
      const plain = normalize(code);
      if (!shape.test(plain)) return undefined;
      return createHmac("sha256", key).update(`${userId}\n${plain}`).digest("base64url");
    },
  };
}

function newCode(): string {
  // 256 is a multiple of 32, so no sign is likelier than another.
  const signs = [...randomBytes(CODE_CHARACTERS)].map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
  return `${signs.slice(0, HALF_CHARACTERS)}-${signs.slice(HALF_CHARACTERS)}`;
}

/** As Crockford reads: in any case, with any spaces and dashes, o as 0, i and l as 1. */
function normalize(code: string): string {
  return code
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[\s-]/g, "")
    .replaceAll("o", "0")
    .replaceAll(/[il]/g, "1");
}
