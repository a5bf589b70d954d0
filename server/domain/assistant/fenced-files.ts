import { createHash } from "node:crypto";
import type { AttachedFile } from "#contract/attached-file.ts";
import { wording } from "./wording.ts";

const MARK_CHARS = 16;

/**
 * What files hold, as a model reads it: each between two lines with a mark that stands in none of them, so that no
 * content can end its own fence and go on as the person.
 *
 * @param turnId the turn that they came with: the same files get the same marks whenever they are sent
 */
export function fencedFiles(files: readonly AttachedFile[], turnId: string, locale: string): string {
  const mark = markFor(files, turnId);
  const { filesBegin } = wording(locale);
  const fenced = files.map((file) => `<${mark} ${attributesOf(file)}>\n${file.text}\n</${mark}>`);
  return [filesBegin(files.length, mark), ...fenced].join("\n\n");
}

/** Whoever wrote a file knows no turn of later; should its mark stand in one all the same, another is taken. */
function markFor(files: readonly AttachedFile[], turnId: string): string {
  for (let count = 0; ; count += 1) {
    const hash = createHash("sha256").update(`${turnId} ${count}`).digest("hex");
    const mark = `file-${hash.slice(0, MARK_CHARS)}`;
    if (!files.some(({ name, text }) => `${name}\n${text}`.toLowerCase().includes(mark))) return mark;
  }
}

function attributesOf({ name, mediaType, pages, text, cut }: AttachedFile): string {
  return [
    `name=${JSON.stringify(name)}`,
    `type="${mediaType}"`,
    ...(pages === undefined ? [] : [`pages="${pages}"`]),
    ...(cut ? [`part="the first ${text.length} characters"`] : []),
  ].join(" ");
}
