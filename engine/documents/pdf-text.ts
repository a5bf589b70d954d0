import type { getDocumentProxy as openPdf } from "unpdf";
import { FILE_TEXT_MAX_CHARS } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { ReadText } from "./file-text.ts";

/** So many pages are looked at for text. */
const PAGES_MAX = 1_000;

/** @throws PipitError FILE_LOCKED, FILE_DAMAGED */
export async function pdfText(bytes: Uint8Array, name: string): Promise<ReadText> {
  const { getDocumentProxy } = await import("unpdf");
  try {
    // Nothing but text is wanted of it, and nothing from outside of it.
    const pdf = await getDocumentProxy(bytes, {
      verbosity: 0,
      useSystemFonts: false,
      useWorkerFetch: false,
    });
    const texts: string[] = [];
    let chars = 0;
    let page = 0;
    while (page < Math.min(pdf.numPages, PAGES_MAX) && chars <= FILE_TEXT_MAX_CHARS) {
      page += 1;
      const text = await pageText(await pdf.getPage(page));
      texts.push(text);
      chars += text.length;
    }
    return { text: texts.join("\n\n"), cut: page < pdf.numPages, pages: pdf.numPages };
  } catch (cause) {
    throw isLocked(cause)
      ? new PipitError("FILE_LOCKED", `${name} is protected by a password. Save a copy without one.`, {
          cause,
        })
      : new PipitError("FILE_DAMAGED", `${name} is damaged: it cannot be read as a PDF.`, { cause });
  }
}

type Page = Awaited<ReturnType<Awaited<ReturnType<typeof openPdf>>["getPage"]>>;

async function pageText(page: Page): Promise<string> {
  const { items } = await page.getTextContent();
  page.cleanup();
  return items
    .map((item) => ("str" in item ? `${item.str}${item.hasEOL ? "\n" : ""}` : ""))
    .join("")
    .trim();
}

function isLocked(reason: unknown): boolean {
  return reason instanceof Error && reason.name === "PasswordException";
}
