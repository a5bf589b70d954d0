import { fileName } from "#contract/attached-file.ts";
import type { NamedProgram } from "#contract/intent.ts";
import type { PendingFile } from "../chat/files/pending-file.ts";

/** Goes along as a file does: shown, removable, kept with the question, and before the model as data that nobody said. */
export function programFile({ name: given, title }: NamedProgram): PendingFile {
  const name = fileName(given);
  const text = `Program: ${given}${title === "" ? "" : `\nWindow title: ${title}`}`;
  const sizeBytes = new TextEncoder().encode(text).byteLength;
  const read = { name, mediaType: "text/plain", sizeBytes, text, cut: false };
  return { id: crypto.randomUUID(), name, sizeBytes, read };
}
