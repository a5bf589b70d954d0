import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Lock } from "./shipped-packages.ts";

const LICENCE_FILE = /^(licen[cs]e|copying|notice|unlicense|ofl)([.-].*)?$/iu;

/**
 * One text with the licences of these packages; packages with the same words stand together.
 *
 * @param folders where the packages lie, the first that has one counts
 */
export async function licenceTexts(packages: Lock, folders: readonly string[]): Promise<string> {
  const byText = new Map<string, string[]>();
  for (const [path, { version, license }] of Object.entries(packages)) {
    const name = path.replace(/^.*node_modules\//u, "");
    const text = await licenceOf(path, folders);
    if (text === "" && license === undefined)
      throw new Error(`${name} names no licence and has no text of one`);
    const title = `${name} ${version} (${license ?? "see below"})`;
    byText.set(text, [...(byText.get(text) ?? []), title]);
  }
  const sections = [...byText].map(([text, titles]) =>
    [...titles, "", text || "The package brings no text; its licence is the one named above."].join("\n"),
  );
  const line = `\n\n${"-".repeat(78)}\n\n`;
  return `Pipit contains software of others, under these licences.\n\n${sections.join(line)}\n`;
}

async function licenceOf(path: string, folders: readonly string[]): Promise<string> {
  for (const folder of folders) {
    const names = await readdir(join(folder, path)).catch(() => []);
    const files = names.filter((name) => LICENCE_FILE.test(name)).toSorted();
    if (files.length === 0) continue;
    const texts = await Promise.all(files.map((name) => readFile(join(folder, path, name), "utf8")));
    return texts.map((text) => text.replaceAll("\r\n", "\n").trim()).join("\n\n");
  }
  return "";
}
