import { lstat, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** How it ended: the tool is there, or another file of its name is, which is left alone, or the system said no. */
export type ToolInstallation =
  | { readonly kind: "installed"; readonly path: string }
  | { readonly kind: "foreign"; readonly path: string }
  | { readonly kind: "refused"; readonly path: string; readonly reason: string };

/** The second line of our scripts; a file without it is not ours to replace. */
const MARK = "# Made by Pipit, which may replace this file: its terminal client.";

/** Folders that are asked about, the person's own first. */
export function toolFolders(homeFolder: string): readonly [own: string, everyones: string] {
  return [join(homeFolder, ".local", "bin"), "/usr/local/bin"];
}

/**
 * The script `pipit`: the app itself, as its own terminal client, because with the fuse off its binary is no Node that
 * could run a file. On Linux without a display: a terminal may have none.
 *
 * @param program path of the app's program, or of its AppImage
 */
export function toolScript(program: string, platform: NodeJS.Platform): string {
  const quoted = `'${program.replaceAll("'", String.raw`'\''`)}'`;
  const display = platform === "linux" ? "--ozone-platform=headless " : "";
  return `#!/bin/sh\n${MARK}\nexec ${quoted} ${display}--log-level=3 --cli "$@"\n`;
}

/** Puts the script into this folder (0755), as a whole; in place of an older one of ours, and of nothing else. */
export async function installTool(folder: string, script: string): Promise<ToolInstallation> {
  const path = join(folder, "pipit");
  const next = `${path}.${process.pid}.new`;
  try {
    if (!(await isOursToWrite(path))) return { kind: "foreign", path };
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await writeFile(next, script, { mode: 0o755, flag: "wx" });
    await rename(next, path);
    return { kind: "installed", path };
  } catch (error) {
    await rm(next, { force: true }).catch(() => undefined);
    return { kind: "refused", path, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Whether one of these folders has this very script. */
export async function isToolInstalled(folders: readonly string[], script: string): Promise<boolean> {
  const found = await Promise.all(
    folders.map((folder) => readFile(join(folder, "pipit"), "utf8").catch(() => "")),
  );
  return found.includes(script);
}

async function isOursToWrite(path: string): Promise<boolean> {
  try {
    // What a link of this name leads to is somebody's, too.
    return (await lstat(path)).isFile() && (await readFile(path, "utf8")).split("\n")[1] === MARK;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
    throw error;
  }
}
