import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { AdapterPayload } from "oidc-provider";
import type { Sealer } from "#server/domain/secrets/sealer.ts";

/** With its other headers an answer must fit into the 4 KiB that proxies keep for them. */
const MAX_CHARS = 2048;
/** Far above what {@link MAX_CHARS} holds of an honest request. */
const MAX_BYTES = 64 * 1024;

/** The page on which the person is asked. */
export function interactionPath(uid: string): string {
  return `/oauth/interaction/${uid}`;
}

/** What a browser keeps of a sign-in that it began: the cookie it sent, and the one it is to be given. */
export interface BegunSignIn {
  readonly sent: string | undefined;
  given?: { readonly path: string; readonly value: string; readonly maxAgeSeconds: number };
}

/** The text of the cookie; undefined when the application asks for more than a cookie holds. */
export function sealBegun(sealer: Sealer, payload: AdapterPayload, aad: string): string | undefined {
  const value = sealer.seal(deflateRawSync(JSON.stringify(payload)), aad);
  return value.length > MAX_CHARS ? undefined : value;
}

/** Undefined for a cookie of another sign-in, a damaged one, or one of before a change of the master key. */
export function openBegun(sealer: Sealer, value: string, aad: string): AdapterPayload | undefined {
  try {
    const bytes = inflateRawSync(sealer.open(value, aad), { maxOutputLength: MAX_BYTES });
    return JSON.parse(bytes.toString("utf8")) as AdapterPayload;
  } catch {
    return undefined;
  }
}
