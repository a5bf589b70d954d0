import { constants } from "node:fs";
import { mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { randomBytes } from "node:crypto";
import { PipitError } from "#contract/pipit-error.ts";
import { isFullDisk, systemCodeOf } from "#contract/system-error.ts";
import { putNew } from "./put-new.ts";

/** Secrets in files: readable by their owner only, never half written. Errors name the path, never the content. */
const OWNER_ONLY = 0o600;

/** Content of a secret file, or undefined when there is none. Permissions wider than 0600 are tightened. */
export async function readPrivateFile(file: string, maxBytes: number): Promise<Buffer | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, constants.O_RDONLY);
    const { mode } = await handle.stat();
    if ((mode & 0o077) !== 0) await handle.chmod(OWNER_ONLY);
    const buffer = Buffer.alloc(maxBytes);
    const { bytesRead } = await handle.read(buffer, 0, maxBytes, 0);
    return buffer.subarray(0, bytesRead);
  } catch (reason) {
    if (systemCodeOf(reason) === "ENOENT") return undefined;
    throw toFileError(reason, file);
  } finally {
    await handle?.close();
  }
}

/** Puts the whole new content in place in one step. */
export async function replacePrivateFile(file: string, content: Uint8Array | string): Promise<void> {
  await writeBeside(file, content, (draft) => rename(draft, file));
}

/** Like {@link replacePrivateFile}, but false, with nothing changed, when the file exists already. */
export async function createPrivateFile(file: string, content: Uint8Array | string): Promise<boolean> {
  let made = true;
  await writeBeside(file, content, async (draft) => {
    try {
      await putNew(draft, file);
    } catch (reason) {
      if (systemCodeOf(reason) !== "EEXIST") throw reason;
      made = false;
    }
    await rm(draft, { force: true });
  });
  return made;
}

async function writeBeside(
  file: string,
  content: Uint8Array | string,
  putInPlace: (draft: string) => Promise<void>,
): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(draft, "wx", OWNER_ONLY);
    try {
      await handle.writeFile(content);
      // A key that was lost with the power would make everything sealed with it unreadable.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await putInPlace(draft);
  } catch (reason) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw toFileError(reason, file);
  }
}

function toFileError(reason: unknown, file: string): PipitError {
  const code = systemCodeOf(reason);
  const options = { cause: reason, detail: `${code} ${file}` };
  if (isFullDisk(code)) {
    return new PipitError(
      "STORAGE_FULL",
      `The disk that holds ${dirname(file)} is full. Free some space.`,
      options,
    );
  }
  return new PipitError(
    "STORAGE_UNREADABLE",
    `Cannot read and write ${file} (${code || "unknown error"}). Make it and its folder readable and writable for ` +
      "the user who runs the server.",
    options,
  );
}
