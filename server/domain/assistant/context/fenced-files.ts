import type { AttachedFile } from "#contract/attached-file.ts";
import { markFor } from "./fence-mark.ts";
import { wording } from "./wording.ts";

/**
 * What files hold, as a model reads it: each between two lines with a mark that stands in none of them, so that no
 * content can end its own fence and go on as the person.
 *
 * @param turnId the turn that they came with: the same files get the same marks whenever they are sent
 */
export function fencedFiles(files: readonly AttachedFile[], turnId: string, locale: string): string {
  const mark = markFor(
    "file",
    files.map(({ name, text }) => `${name}\n${text}`),
    turnId,
  );
  const { filesBegin } = wording(locale);
  const fenced = files.map((file) => `<${mark} ${attributesOf(file)}>\n${file.text}\n</${mark}>`);
  return [filesBegin(files.length, mark), ...fenced].join("\n\n");
}

function attributesOf({ name, mediaType, pages, text, cut }: AttachedFile): string {
  return [
    `name=${JSON.stringify(name)}`,
    `type="${mediaType}"`,
    ...(pages === undefined ? [] : [`pages="${pages}"`]),
    ...(cut ? [`part="the first ${text.length} characters"`] : []),
  ].join(" ");
}
