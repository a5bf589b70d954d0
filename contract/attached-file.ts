import { FILE_NAME_MAX_CHARS, FILE_TEXT_MAX_CHARS, FILES_MAX, FILES_TEXT_MAX_CHARS } from "./limits.ts";
import { PipitError } from "./pipit-error.ts";

/** A file as a message carries it: what could be read of it, never its bytes. */
export interface AttachedFile {
  /** Without folders; see {@link fileName}. */
  readonly name: string;
  /** Of the file, e.g. "application/pdf". */
  readonly mediaType: string;
  /** Of the file. */
  readonly sizeBytes: number;
  /** Of the file, where it has pages. */
  readonly pages?: number;
  /** At most FILE_TEXT_MAX_CHARS. */
  readonly text: string;
  /** The file holds more than this text. */
  readonly cut: boolean;
}

/** A file without its text, for lists and chips. */
export interface SentFile extends Omit<AttachedFile, "text"> {
  /** Length of the text, in UTF-16 code units. */
  readonly chars: number;
}

export function withoutText({ text, ...file }: AttachedFile): SentFile {
  return { ...file, chars: text.length };
}

/**
 * A name that can be shown, stored and put before a model: its last part, in one line, in the direction that it seems to
 * have, at most FILE_NAME_MAX_CHARS long with its ending kept. Applied twice it changes nothing.
 */
export function fileName(raw: string): string {
  const plain = raw.toWellFormed().replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, "");
  const name = (plain.split(/[/\\]/u).at(-1) ?? "").trim();
  if (/^\.*$/u.test(name)) return "file";
  if (name.length <= FILE_NAME_MAX_CHARS) return name;
  const ending = /\.[^.]{1,20}$/u.exec(name)?.[0] ?? "";
  const start = name.slice(0, FILE_NAME_MAX_CHARS - ending.length - 1).replace(/[\uD800-\uDBFF]$/u, "");
  return `${start}…${ending}`;
}

/** The name of the file that a chat is saved to, on every system. `ending`: with its dot. */
export function chatFileName(title: string, ending: string): string {
  return fileName(`${title.replaceAll(/[/\\:*?"<>|]/gu, "-") || "chat"}${ending}`);
}

/**
 * The files of a message as they go and are kept: names as of {@link fileName}, texts that UTF-8 and PostgreSQL can
 * hold. Client and server check the same.
 *
 * @throws PipitError FILES_TOO_MANY, FILE_EMPTY, FILE_TOO_LARGE, FILES_TOO_LONG, INVALID_REQUEST; `field` is "files"
 */
export function checkFiles(files: readonly AttachedFile[]): readonly AttachedFile[] {
  if (files.length > FILES_MAX) {
    throw refused(
      "FILES_TOO_MANY",
      `${files.length} files are attached; the limit is ${FILES_MAX}. Remove some, or send several messages.`,
    );
  }
  const total = files.reduce((sum, { text }) => sum + text.length, 0);
  const checked = files.map(checkFile);
  if (total <= FILES_TEXT_MAX_CHARS) return checked;
  throw refused(
    "FILES_TOO_LONG",
    `The files hold ${total} characters together; the limit is ${FILES_TEXT_MAX_CHARS}. Remove one, or send several messages.`,
  );
}

function checkFile(file: AttachedFile): AttachedFile {
  const name = fileName(file.name);
  const { text, sizeBytes, pages = 0 } = file;
  if (text.trim() === "") {
    throw refused("FILE_EMPTY", `There is no text in ${name}. Remove it, or attach one with text.`);
  }
  if (text.length > FILE_TEXT_MAX_CHARS) {
    throw refused(
      "FILE_TOO_LARGE",
      `The text of ${name} is ${text.length} characters long; the limit is ${FILE_TEXT_MAX_CHARS}. Send a part of it.`,
    );
  }
  const isWhole = [sizeBytes, pages].every((count) => Number.isSafeInteger(count) && count >= 0);
  if (!isWhole || !/^[\w.+-]{1,60}\/[\w.+-]{1,100}$/u.test(file.mediaType)) {
    throw refused("INVALID_REQUEST", `Size, pages or media type of ${name} is not valid.`);
  }
  return { ...file, name, text: text.toWellFormed().replaceAll("\0", "\uFFFD") };
}

function refused(
  code: "FILES_TOO_MANY" | "FILES_TOO_LONG" | "FILE_EMPTY" | "FILE_TOO_LARGE" | "INVALID_REQUEST",
  message: string,
): PipitError {
  return new PipitError(code, message, { field: "files" });
}
