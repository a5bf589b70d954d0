import { requireExternalLink } from "#contract/external-link.ts";
import { PipitError } from "#contract/pipit-error.ts";

/**
 * Opens a link of an answer in a tab of its own, which learns nothing of this one.
 *
 * @throws PipitError NOT_ALLOWED as {@link requireExternalLink} says.
 */
export function openLink(address: string, asked?: boolean): void {
  window.open(requireExternalLink(address, asked).href, "_blank", "noopener,noreferrer");
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
