import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { PROMPT_MAX_CHARS } from "#contract/limits.ts";
import { messagesFor } from "../kit/messages.ts";
import { withStdin } from "./stdin-context.ts";

function ask(input: string | Buffer, isTTY = false): Promise<string> {
  const stdin = Object.assign(new PassThrough(), { isTTY });
  stdin.end(input);
  const terminal = { stdin, stdout: new PassThrough(), stderr: new PassThrough(), colour: false };
  return withStdin("Q?", terminal, messagesFor("en"));
}

test("U16: standard input goes with the question, in a fence that it cannot close", async () => {
  expect(await ask("a\nb\n")).toBe("Q?\n\n```\na\nb\n```");
  expect(await ask("x ```` y")).toBe("Q?\n\n`````\nx ```` y\n`````");
});

test("U16: an empty input and a terminal add nothing", async () => {
  expect(await ask(" \n")).toBe("Q?");
  expect(await ask("typed", true)).toBe("Q?");
});

test("U16: too much, and what is no text, is refused with the cure", async () => {
  await expect(ask("x".repeat(PROMPT_MAX_CHARS))).rejects.toMatchObject({
    code: "PROMPT_TOO_LONG",
    message: expect.stringMatching(/262144 characters .* tail -c/),
  });
  await expect(ask(Buffer.from([0x89, 0x50, 0xff]))).rejects.toMatchObject({
    code: "INVALID_REQUEST",
    message: expect.stringContaining("--image"),
  });
});
