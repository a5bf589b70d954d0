import { createPublicKey, sign, verify, type KeyObject } from "node:crypto";

/** What a list of updates (latest.yml and its like) says about one version; more is in it. */
export interface UpdateList {
  readonly version: string;
  readonly files: readonly { readonly url: string; readonly sha512: string }[];
  /** Ours, beside what electron-builder writes: see {@link signUpdate}. */
  readonly pipitSignature?: unknown;
}

/**
 * Signature (Ed25519, RFC 8032; base64) over version, names and hashes: whoever can write to the server of the downloads
 * but has not the key cannot make an installed app take a file. Systems check their own signatures besides, where they
 * have them; an AppImage has none.
 *
 * @param key private
 */
export function signUpdate(list: UpdateList, key: KeyObject): string {
  return sign(null, signedText(list), key).toString("base64");
}

/** @param publicKey DER (SPKI), base64 */
export function isSignedUpdate(list: UpdateList, publicKey: string): boolean {
  const { pipitSignature } = list;
  if (typeof pipitSignature !== "string") return false;
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, "base64"), format: "der", type: "spki" });
    return verify(null, signedText(list), key, Buffer.from(pipitSignature, "base64"));
  } catch {
    // It is no signature or no key.
    return false;
  }
}

function signedText({ version, files }: UpdateList): Buffer {
  return Buffer.from(
    JSON.stringify(["pipit-update-1", version, files.map(({ url, sha512 }) => [url, sha512])]),
  );
}
