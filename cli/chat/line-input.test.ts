import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createLineInput } from "./line-input.ts";

function open(isTTY: boolean) {
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode() {} });
  const stdout = Object.assign(new PassThrough(), { isTTY });
  const terminal = { stdin, stdout, stderr: new PassThrough(), colour: false };
  const interrupts: number[] = [];
  const input = createLineInput({ terminal, prompt: "> ", onInterrupt: () => interrupts.push(1) });
  return { input, stdin, interrupts, shown: () => String(stdout.read() ?? "") };
}

test("a pipe delivers its lines in order, and undefined at its end; nothing is echoed", async () => {
  const { input, stdin, shown } = open(false);
  using _ = input;
  stdin.end("one\n\ntwo");
  expect([await input.next(), await input.next(), await input.next(), await input.next()]).toEqual([
    "one",
    "",
    "two",
    undefined,
  ]);
  expect(shown()).toBe("");
});

test("a terminal prompts, echoes what is typed at the prompt, and what was typed before when it is taken up", async () => {
  const { input, stdin, shown, interrupts } = open(true);
  using _ = input;
  const first = input.next();
  expect(shown()).toContain("> ");
  stdin.write("hello\r");
  expect(await first).toBe("hello");
  expect(shown()).toContain("hello");
  // While an answer streams.
  stdin.write("later\r");
  await new Promise((resolve) => setImmediate(resolve));
  expect(shown()).toBe("");
  expect(await input.next()).toBe("later");
  expect(shown()).toBe("> later\n");
  stdin.write("\u0003");
  await new Promise((resolve) => setImmediate(resolve));
  expect(interrupts).toEqual([1]);
});
