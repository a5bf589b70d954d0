import { PipitError } from "#contract/pipit-error.ts";

const PROTOCOLS: ReadonlySet<string> = new Set(["https:", "mailto:"]);

/**
 * Opens a link of an answer in a tab of its own, which learns nothing of this one.
 *
 * @throws PipitError NOT_ALLOWED for anything but https and mailto.
 */
export function openLink(address: string): void {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  // A name before the host is how a link pretends to lead elsewhere.
  if (url === undefined || !PROTOCOLS.has(url.protocol) || url.username !== "" || url.password !== "") {
    throw new PipitError("NOT_ALLOWED", "Pipit opens only https and mailto links.", { field: "url" });
  }
  window.open(url.href, "_blank", "noopener,noreferrer");
}

/** @throws PipitError NOT_ALLOWED when the browser does not let the page use the clipboard. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch (cause) {
    throw new PipitError(
      "NOT_ALLOWED",
      "This browser does not let the page copy. Select the text and copy it with the keyboard.",
      { cause },
    );
  }
}
