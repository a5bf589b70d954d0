import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { z } from "zod";
import { parseJson } from "#contract/parse-json.ts";

/** AES-256. */
export const DATA_KEY_BYTES = 32;
/** NIST SP 800-38D §8.2.2: a random 96-bit nonce per message. */
const NONCE_BYTES = 12;
const CIPHER = "aes-256-gcm";

const sealedFile = z.object({ v: z.literal(1), nonce: z.base64(), tag: z.base64(), data: z.base64() });
const labelled = z.object({ label: z.unknown() });

/**
 * Encrypts a text. `context` is bound to it: the same bytes in another place do not open. `label` stands beside it, to be
 * read without the key; it is not protected.
 */
export function seal(key: Uint8Array, context: string, text: string, label?: unknown): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(context));
  const data = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return JSON.stringify({
    v: 1,
    label,
    nonce: nonce.toString("base64"),
    tag: cipher.getAuthTag().toString("base64"),
    data: data.toString("base64"),
  });
}

/** What was written beside a sealed text; undefined when nothing was. */
export function labelOf(sealed: string): unknown {
  return labelled.safeParse(parseJson(sealed)).data?.label;
}

/** The text, or undefined when the key is another one or anything was changed. */
export function unseal(key: Uint8Array, context: string, sealed: string): string | undefined {
  try {
    const { nonce, tag, data } = sealedFile.parse(JSON.parse(sealed));
    const decipher = createDecipheriv(CIPHER, key, Buffer.from(nonce, "base64"), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(context)).setAuthTag(Buffer.from(tag, "base64"));
    return decipher.update(data, "base64", "utf8") + decipher.final("utf8");
  } catch {
    return undefined;
  }
}
