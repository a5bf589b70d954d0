import { fileName, type AttachedFile } from "#contract/attached-file.ts";
import { FILE_TEXT_MAX_CHARS } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { docxText } from "./docx-text.ts";
import { pdfText } from "./pdf-text.ts";
import { plainText } from "./plain-text.ts";

/** Largest PDF or Word file (64 MiB): it is read as a whole. */
export const DOCUMENT_MAX_BYTES = 64 * 1024 * 1024;
/** A text file is read so far at most: UTF-8 has up to three bytes for a code unit of UTF-16. */
const TEXT_MAX_BYTES = 3 * FILE_TEXT_MAX_CHARS + 3;
/** A PDF may begin with other bytes (ISO 32000-1, annex H.3.4.1). */
const PDF_HEADER_MAX_BYTES = 1024;

const MEDIA_TYPES = {
  text: "text/plain",
  pdf: "application/pdf",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
} as const;

/** What was read of a file. */
export interface ReadText {
  /** As it stands in the file; longer than FILE_TEXT_MAX_CHARS where it is to be cut. */
  readonly text: string;
  /** The file holds more. */
  readonly cut?: boolean;
  readonly pages?: number;
}

/**
 * The text of a file as a message can carry it; what the file is, its bytes say, whatever it is called. Blocks its thread
 * while it reads, so it belongs into a worker.
 *
 * @throws PipitError FILE_UNSUPPORTED, FILE_EMPTY, FILE_TOO_LARGE, FILE_GONE, FILE_LOCKED, FILE_DAMAGED, FILE_WITHOUT_TEXT
 */
export async function fileText(file: Blob, rawName: string): Promise<AttachedFile> {
  const name = fileName(rawName);
  const start = await bytesOf(file.slice(0, TEXT_MAX_BYTES), name);
  if (start.byteLength === 0) throw new PipitError("FILE_EMPTY", `${name} is empty.`);
  const kind = kindOf(start);
  const {
    text,
    cut = false,
    pages,
  } = kind === "text"
    ? plainText(start, start.byteLength < file.size, name)
    : await documentText(kind, file, name);
  const clean = text.toWellFormed().replaceAll(/\r\n?/gu, "\n").replaceAll("\0", "\uFFFD");
  if (clean.trim() === "") {
    throw kind === "text"
      ? new PipitError("FILE_EMPTY", `There is nothing in ${name} but white space.`)
      : new PipitError(
          "FILE_WITHOUT_TEXT",
          `There is no text in ${name}. Attach a picture of the page that matters.`,
        );
  }
  const isLong = clean.length > FILE_TEXT_MAX_CHARS;
  return {
    name,
    mediaType: MEDIA_TYPES[kind],
    sizeBytes: file.size,
    ...(pages === undefined ? {} : { pages }),
    text: isLong ? clean.slice(0, FILE_TEXT_MAX_CHARS).replace(/[\uD800-\uDBFF]$/u, "") : clean,
    cut: cut || isLong,
  };
}

function kindOf(start: Uint8Array): keyof typeof MEDIA_TYPES {
  const head = new TextDecoder("latin1").decode(start.subarray(0, PDF_HEADER_MAX_BYTES));
  if (head.includes("%PDF-")) return "pdf";
  // Also the container of what is locked, and of formats before docx.
  return head.startsWith("PK\x03\x04") || head.startsWith("\xD0\xCF\x11\xE0") ? "docx" : "text";
}

async function documentText(kind: "pdf" | "docx", file: Blob, name: string): Promise<ReadText> {
  if (file.size > DOCUMENT_MAX_BYTES) {
    throw new PipitError(
      "FILE_TOO_LARGE",
      `${name} is ${mib(file.size)} MiB large; the limit is ${mib(DOCUMENT_MAX_BYTES)}. Attach a part of it.`,
    );
  }
  const bytes = await bytesOf(file, name);
  return kind === "pdf" ? await pdfText(bytes, name) : await docxText(bytes, name);
}

function mib(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}

/** A folder is a file too that cannot be read, and so is one that has been moved since. */
async function bytesOf(file: Blob, name: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (cause) {
    throw new PipitError("FILE_GONE", `${name} cannot be read. Check that it is still there.`, { cause });
  }
}
