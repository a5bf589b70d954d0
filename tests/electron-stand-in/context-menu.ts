import type { WebFrameMain } from "./frames.ts";
import type { PageMenuParams } from "./in-page/page-menu.ts";
import { schemes } from "./session.ts";
import type { Spelling } from "./spelling.ts";
import { heldText } from "./clipboard.ts";

interface MenuPlace {
  readonly pageURL: string;
  readonly frame: WebFrameMain | null;
  /** Undefined in a window without a spell checker. */
  readonly spelling: Spelling | undefined;
}

/** Electron's `ContextMenuParams`: what the page says, in main's addresses, with what only main knows. */
export function contextMenuParams(page: PageMenuParams, { pageURL, frame, spelling }: MenuPlace): object {
  const { word, isEditable, selectionText } = page;
  const spellcheckEnabled = page.spellcheckEnabled && isEditable && spelling?.enabled === true;
  const suggestions = spellcheckEnabled ? spelling.suggestionsFor(word) : undefined;
  const { word: _word, ...params } = page;
  return {
    ...params,
    frame,
    linkURL: schemes.fromChromium(page.linkURL),
    srcURL: schemes.fromChromium(page.srcURL),
    pageURL,
    // Empty for the top frame.
    frameURL: frame === null || frame.parent === null ? "" : frame.url,
    spellcheckEnabled,
    misspelledWord: suggestions === undefined ? "" : word,
    dictionarySuggestions: [...(suggestions ?? [])],
    hasImageContents: page.mediaType === "image",
    editFlags: editFlags(isEditable, selectionText !== ""),
  };
}

function editFlags(isEditable: boolean, selected: boolean): Readonly<Record<string, boolean>> {
  return {
    canUndo: isEditable,
    canRedo: isEditable,
    canCut: isEditable && selected,
    canCopy: selected,
    canPaste: isEditable && heldText() !== "",
    canDelete: isEditable && selected,
    canSelectAll: true,
    canEditRichly: false,
  };
}
