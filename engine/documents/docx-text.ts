import { PipitError } from "#contract/pipit-error.ts";
import type { ReadText } from "./file-text.ts";
import { readZip, TooLargeError, writeZip } from "./zip.ts";

/** All that a document's text is made of, unpacked (16 MiB): a novel has 5. */
const PARTS_MAX_BYTES = 16 * 1024 * 1024;
/** Some programs count their documents. */
const DOCUMENT = /^word\/document\d*\.xml$/u;
/** Pictures, fonts and macros are left out. */
const PART = /^(?:\[Content_Types\]\.xml|_rels\/\.rels|word\/(?:_rels\/)?[^/]+\.(?:xml|rels))$/u;

/**
 * The text of a Word document. Its parts are unpacked here, counted as they grow, and handed on unpacked: no reader
 * behind meets a bomb.
 *
 * @throws PipitError FILE_UNSUPPORTED, FILE_LOCKED, FILE_DAMAGED, FILE_TOO_LARGE
 */
export async function docxText(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<ReadText> {
  if (bytes[0] !== 0x50) throw oldFormat(bytes, name);
  const { default: mammoth } = await import("mammoth");
  try {
    const parts = await readZip(bytes, (part) => PART.test(part), PARTS_MAX_BYTES);
    if (![...parts.keys()].some((part) => DOCUMENT.test(part))) throw unsupported(name);
    const buffer = writeZip(parts);
    // Node's build takes the one, the browser's the other.
    const input = { buffer, arrayBuffer: buffer.buffer };
    return { text: (await mammoth.extractRawText(input)).value };
  } catch (cause) {
    if (cause instanceof PipitError) throw cause;
    if (cause instanceof TooLargeError) {
      throw new PipitError(
        "FILE_TOO_LARGE",
        `${name} is too large when it is unpacked. Attach a part of it.`,
      );
    }
    throw new PipitError("FILE_DAMAGED", `${name} is damaged: it cannot be read as a Word document.`, {
      cause,
    });
  }
}

/** An OLE container ([MS-CFB]): a document with a password ([MS-OFFCRYPTO] 2.3.4.4), or of the Word before 2007. */
function oldFormat(bytes: Uint8Array, name: string): PipitError {
  const text = new TextDecoder("latin1").decode(bytes).replaceAll("\0", "");
  return text.includes("EncryptedPackage")
    ? new PipitError("FILE_LOCKED", `${name} is protected by a password. Save a copy without one.`)
    : unsupported(name);
}

function unsupported(name: string): PipitError {
  return new PipitError("FILE_UNSUPPORTED", `${name} is no Word document (docx). Save it as docx or PDF.`);
}
