import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { visibleText } from "#contract/terminal-text.ts";
import type { FindElectronOptions } from "./find-electron.ts";

const SLOW_AFTER_MS = 2_000;
/** The archive has about 110 MB: on a slow network it takes its time, but some of it arrives in each minute. */
const STALLED_AFTER_MS = 60_000;
const LOOK_EVERY_MS = 1_000;
const SAID_MAX_CHARS = 200;

/**
 * Lets the package fetch its program, for as long as something arrives. Resolves to the last thing that it said of what
 * went wrong; empty when it said nothing.
 */
export async function runInstaller(
  installer: string,
  { env, onSlow, cacheFolder }: Pick<FindElectronOptions, "env" | "onSlow" | "cacheFolder">,
  signal: AbortSignal,
): Promise<string> {
  const slow = setTimeout(onSlow, SLOW_AFTER_MS);
  // The archive grows in the temporary folder, and is unpacked beside the installer.
  const temporary = join(cacheFolder, "electron-download");
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  using progress = watchProgress(
    async () => (await sizeOf(temporary)) + (await sizeOf(join(dirname(installer), "dist"))),
  );
  let said = "";
  try {
    const child = spawn(process.execPath, [installer], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...env, TMPDIR: temporary, TEMP: temporary, TMP: temporary },
      signal: AbortSignal.any([signal, progress.stalled]),
    });
    child.stderr.setEncoding("utf8").on("data", (piece: string) => {
      said = `${said}${piece}`.slice(-64 * 1024);
    });
    await once(child, "close");
    return lastWords(said);
  } catch {
    return progress.stalled.aborted ? "nothing arrived for a minute" : lastWords(said);
  } finally {
    clearTimeout(slow);
    await rm(temporary, { recursive: true, force: true });
  }
}

/** `stalled` is aborted when `measure` has not changed for a minute. */
export function watchProgress(
  measure: () => Promise<number>,
): Disposable & { readonly stalled: AbortSignal } {
  const stalled = new AbortController();
  let last = -1;
  let lastChangeMs = Date.now();
  const timer = setInterval(() => {
    void measure().then((size) => {
      if (size !== last) lastChangeMs = Date.now();
      last = size;
      if (Date.now() - lastChangeMs < STALLED_AFTER_MS) return;
      clearInterval(timer);
      stalled.abort();
    });
  }, LOOK_EVERY_MS);
  return { stalled: stalled.signal, [Symbol.dispose]: () => clearInterval(timer) };
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Its last line that is for people: an error's stack ends with places in the code. */
function lastWords(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim());
  const last = lines.findLast((line) => line !== "" && !/^(?:at |[{}])/u.test(line)) ?? "";
  return visibleText(last).slice(0, SAID_MAX_CHARS);
}
