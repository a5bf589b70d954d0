import type { Shell } from "electron";
import { PipitError } from "#contract/pipit-error.ts";

const allowed: ReadonlySet<string> = new Set(["https:", "mailto:"]);

/** The one list of what may leave the app: web pages over TLS and letters. */
export function isAllowedLink(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  // A name before the host is how a link pretends to lead elsewhere.
  return allowed.has(url.protocol) && url.username === "" && url.password === "";
}

/**
 * Opens a link in the person's browser or mail program.
 *
 * @throws PipitError NOT_ALLOWED
 */
export async function openExternalLink(address: string, shell: Pick<Shell, "openExternal">): Promise<void> {
  if (!isAllowedLink(address)) {
    throw new PipitError("NOT_ALLOWED", "Pipit opens only https and mailto links.", { field: "url" });
  }
  await shell.openExternal(new URL(address).href);
}
