import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { PipitError } from "#contract/pipit-error.ts";
import type { AdminIo } from "./admin-deps.ts";

/** More than any password of ours takes. */
const MAX_BYTES = 4096;

/**
 * A password from stdin, or from a person who does not see it while typing; never from the command line, which every
 * user of the machine can read.
 *
 * @throws PipitError USAGE when there is no terminal to ask at, INVALID_REQUEST for two different ones, CANCELLED
 */
export async function readPassword(
  io: AdminIo,
  { passwordStdin }: { passwordStdin?: boolean },
): Promise<string> {
  if (passwordStdin === true) return readAll(io);
  if (io.stdin.isTTY !== true) {
    throw new PipitError("USAGE", "There is no terminal to ask for the password. Use --password-stdin.");
  }
  const password = await ask(io, "Password: ");
  if ((await ask(io, "Once more: ")) === password) return password;
  throw new PipitError("INVALID_REQUEST", "These were two different passwords. Nothing was changed.");
}

/**
 * Has a person type a word before something that cannot be undone.
 *
 * @throws PipitError USAGE where there is no terminal to ask at, CANCELLED for anything else that is typed
 */
export async function confirm(io: AdminIo, question: string, word: string): Promise<void> {
  if (io.stdin.isTTY !== true) {
    throw new PipitError("USAGE", "There is no terminal to ask whether this is meant. Say so with --yes.");
  }
  if ((await ask(io, question)).trim() === word) return;
  throw new PipitError("CANCELLED", "That was something else. Nothing was changed.");
}

async function readAll({ stdin }: AdminIo): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    const buffer = Buffer.from(chunk as Buffer | string);
    bytes += buffer.length;
    if (bytes > MAX_BYTES) {
      throw new PipitError("INVALID_REQUEST", `password: more than ${MAX_BYTES} bytes came from stdin.`, {
        field: "password",
      });
    }
    chunks.push(buffer);
  }
  // `echo` and most editors end the line; the line end is no part of the password.
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/\r?\n$/, "");
}

function ask({ stdin, stderr }: AdminIo, question: string): Promise<string> {
  stderr.write(question);
  const lines = createInterface({ input: stdin, output: nowhere(), terminal: true });
  return new Promise<string>((resolve, reject) => {
    lines.once("line", resolve);
    const cancel = (): void => reject(new PipitError("CANCELLED", "Cancelled. Nothing was changed."));
    lines.once("SIGINT", cancel);
    lines.once("close", cancel);
  }).finally(() => {
    lines.close();
    stderr.write("\n");
  });
}

/** Where the echo of what is typed goes. */
function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
