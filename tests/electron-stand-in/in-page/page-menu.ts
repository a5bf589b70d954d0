/** What a page knows of a right click: the part of Electron's `ContextMenuParams` that is not main's. */
export interface PageMenuParams {
  readonly x: number;
  readonly y: number;
  readonly linkURL: string;
  readonly linkText: string;
  readonly srcURL: string;
  readonly mediaType: "none" | "image";
  readonly isEditable: boolean;
  readonly selectionText: string;
  readonly altText: string;
  readonly titleText: string;
  readonly formControlType: string;
  readonly menuSourceType: "mouse" | "keyboard";
  readonly spellcheckEnabled: boolean;
  /** The word at the caret of a field. */
  readonly word: string;
}

/** Runs in the page, from its source text. Tells of a right click, or the menu key, that the page did not take for itself. */
export function watchContextMenu(tell: (params: PageMenuParams) => void): void {
  type Field = HTMLInputElement | HTMLTextAreaElement;
  const isField = (element: Element | null): element is Field =>
    element instanceof HTMLTextAreaElement || element instanceof HTMLInputElement;
  const wordAt = ({ value, selectionStart }: Field): string => {
    const at = selectionStart ?? 0;
    const before = /[\p{L}\p{M}'’]*$/u.exec(value.slice(0, at))?.[0] ?? "";
    return before + (/^[\p{L}\p{M}'’]*/u.exec(value.slice(at))?.[0] ?? "");
  };
  const aroundOf = (element: Element) => {
    const link = element.closest("a");
    const image = element.closest("img");
    return {
      ...(link === null
        ? { linkURL: "", linkText: "" }
        : { linkURL: link.href, linkText: link.textContent.trim() }),
      ...(image === null
        ? { srcURL: "", altText: "", mediaType: "none" as const }
        : { srcURL: image.src, altText: image.alt, mediaType: "image" as const }),
    };
  };
  const fieldOf = (element: HTMLElement) => {
    if (!isField(element)) {
      const { isContentEditable: isEditable } = element;
      return { isEditable, selectionText: String(getSelection()), formControlType: "none", word: "" };
    }
    const { selectionStart, selectionEnd, value } = element;
    return {
      isEditable: !element.readOnly && !element.disabled,
      selectionText: value.slice(selectionStart ?? 0, selectionEnd ?? 0),
      formControlType: element instanceof HTMLTextAreaElement ? "text-area" : `input-${element.type}`,
      word: wordAt(element),
    };
  };
  const read = (event: PointerEvent): PageMenuParams => {
    const element = event.target as HTMLElement;
    return {
      x: event.clientX,
      y: event.clientY,
      titleText: element.title,
      menuSourceType: event.button === 2 ? "mouse" : "keyboard",
      spellcheckEnabled: element.spellcheck,
      ...aroundOf(element),
      ...fieldOf(element),
    };
  };
  addEventListener("contextmenu", (event) => {
    // The page's own listeners come later, and may prevent it.
    setTimeout(() => {
      if (!event.defaultPrevented) tell(read(event as PointerEvent));
    }, 0);
  });
}

/** Source text that selects the word at the caret of the field that has the focus; false when there is none. */
export const selectWordSource = `(() => {
  const field = document.activeElement;
  if (!(field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement)) return false;
  const at = field.selectionStart ?? 0;
  const before = /[\\p{L}\\p{M}'’]*$/u.exec(field.value.slice(0, at))[0].length;
  const after = /^[\\p{L}\\p{M}'’]*/u.exec(field.value.slice(at))[0].length;
  field.setSelectionRange(at - before, at + after);
  return before + after > 0;
})()`;

/** Source text of the selected text, in a field or in the page. */
export const selectedTextSource = `(() => {
  const field = document.activeElement;
  return field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement
    ? field.value.slice(field.selectionStart ?? 0, field.selectionEnd ?? 0)
    : String(getSelection());
})()`;

/** Source text that offers text to the page as a paste does; false when the page took it for itself. */
export function offerPasteSource(text: string): string {
  return `(() => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", ${JSON.stringify(text)});
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    return (document.activeElement ?? document).dispatchEvent(event);
  })()`;
}
