import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { readPassword } from "./read-password.ts";

/** A terminal whose operator types each text when asked for one. */
function terminalTyping(...typed: readonly string[]) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stderr = new PassThrough();
  const stdout = new PassThrough();
  const left = [...typed];
  const shown = text(stderr);
  const write = stderr.write.bind(stderr);
  stderr.write = (chunk: unknown) => {
    if (String(chunk).endsWith(": ")) setImmediate(() => stdin.write(left.shift() ?? ""));
    return write(chunk);
  };
  return { io: { stdin, stdout, stderr }, shown: () => (stderr.end(), shown) };
}

test("a person types a password twice, and sees neither", async () => {
  const { io, shown } = terminalTyping("s3cret pass\r", "s3cret pass\r");
  expect(await readPassword(io, {})).toBe("s3cret pass");
  expect(await shown()).toBe("Password: \nOnce more: \n");
});

test("two different passwords, or Ctrl-C, change nothing", async () => {
  const different = terminalTyping("one\r", "two\r");
  await expect(readPassword(different.io, {})).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  const cancelled = terminalTyping("one\u0003");
  await expect(readPassword(cancelled.io, {})).rejects.toMatchObject({ code: "CANCELLED" });
});

test("from stdin, the end of the line belongs to no password, and spaces do", async () => {
  const { io } = terminalTyping();
  io.stdin.end("  Пароль 7 \r\n");
  expect(await readPassword(io, { passwordStdin: true })).toBe("  Пароль 7 ");
});
