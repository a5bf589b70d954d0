import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import {
  ensurePrivateFolder,
  setAside,
  storageError,
  writePrivateFile,
} from "#engine/node/files/private-files.ts";
import { systemCodeOf } from "#contract/system-error.ts";
import type { Logger } from "#contract/logger.ts";
import { parseJson } from "#contract/parse-json.ts";

export interface JsonFileOptions<T> {
  readonly path: string;
  readonly initial: T;
  /** Undefined when what was read is not of this kind. */
  readonly parse: (value: unknown) => T | undefined;
  readonly logger: Logger;
}

/** A small value that survives restarts. */
export type JsonFile<T> = Awaited<ReturnType<typeof openJsonFile<T>>>;

/** Opens or makes the file (0600, replaced at once). A damaged one is put aside and `initial` is used. */
export async function openJsonFile<T>(options: JsonFileOptions<T>) {
  await ensurePrivateFolder(dirname(options.path));
  const found = await read(options);
  let value = found.value ?? options.initial;
  let writing: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;
  const write = () => writePrivateFile(options.path, `${JSON.stringify(value, undefined, 2)}\n`);
  return {
    /** Where a damaged file was moved when this one was opened. */
    setAside: found.setAside,
    get: () => value,
    /** Takes effect at once; resolves when it is safe on disk. @throws PipitError STORAGE_*, with the new value still in use */
    set(next: T): Promise<void> {
      value = next;
      // One write that has not begun yet takes all changes along.
      waiting ??= writing
        .catch(() => undefined)
        .then(() => {
          waiting = undefined;
          writing = write();
          return writing;
        });
      return waiting;
    },
    /** Resolves when nothing is left to be written. */
    async flush(): Promise<void> {
      await waiting?.catch(() => undefined);
      await writing.catch(() => undefined);
    },
  };
}

async function read<T>(
  options: JsonFileOptions<T>,
): Promise<{ readonly value?: T | undefined; readonly setAside?: string }> {
  let text: string;
  try {
    text = await readFile(options.path, "utf8");
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return {};
    throw storageError(error, options.path);
  }
  const value = options.parse(parseJson(text));
  if (value !== undefined) return { value };
  const aside = await setAside(options.path, "damaged");
  options.logger.warn("desktop.file_damaged", { path: aside });
  return { setAside: aside };
}
