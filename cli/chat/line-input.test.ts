import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { createLineInput } from "./line-input.ts";

function open(isTTY: boolean, complete?: (line: string) => Promise<readonly string[]>) {
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode() {} });
  const stdout = Object.assign(new PassThrough(), { isTTY });
  const terminal = { stdin, stdout, stderr: new PassThrough(), colour: false };
  const interrupts: number[] = [];
  const input = createLineInput({
    terminal,
    prompt: "> ",
    onInterrupt: () => interrupts.push(1),
    ...(complete && { complete }),
  });
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

const start = "\u001B[200~";
const end = "\u001B[201~";

test.each([
  ["three lines", [`${start}one\ntwo\nthree${end}`], "one\ntwo\nthree"],
  ["lines that end in CR LF or CR", [`${start}one\r\ntwo\rthree${end}`], "one\ntwo\nthree"],
  ["marks and lines in pieces", ["\u001B[20", "0~on", "e\r", "two\u001B", "[201", "~"], "one\ntwo"],
  ["the end mark inside", [`${start}one${end}\rtwo\r`, `three${end}`], "one\ntwo\nthree"],
  [
    "what would control the terminal",
    [`${start}a\tb\u001B[2Jc\u009B\u202E${end}`],
    "a\tb\u001B[2Jc\u009B\u202E",
  ],
  ["200 KB", [start, ...("x\n".repeat(100_000).match(/[^]{1,60000}/g) ?? []), end], "x\n".repeat(100_000)],
])("F23: a paste of %s is one question, sent by Enter", async (_name, chunks, text) => {
  const { input, stdin, shown } = open(true);
  using _ = input;
  const asked = input.next();
  let isAsked = false;
  void asked.then(() => (isAsked = true));
  for (const chunk of chunks) stdin.write(chunk);
  await sleep(60);
  expect(isAsked).toBe(false);
  expect(stripVTControlCharacters(shown())).not.toMatch(/(?![\r\n])[\p{Cc}\p{Bidi_Control}]/u);
  stdin.write("\r");
  expect(await asked).toBe(text);
});

test("F23: what is typed after a paste is typed, and the marks end with the input", async () => {
  const { input, stdin, shown } = open(true);
  const asked = input.next();
  stdin.write(`${start}a\nb${end}c\r`);
  expect(await asked).toBe("a\nbc");
  input[Symbol.dispose]();
  const all = shown();
  expect(all.startsWith("\u001B[?2004h")).toBe(true);
  expect(all).toContain("a↵bc");
  expect(all.endsWith("\u001B[?2004l")).toBe(true);
});

test("U15: Tab completes a line, and leaves one that it cannot complete", async () => {
  const { input, stdin } = open(true, async (line) => {
    if (line === "/x") throw new Error("the server cannot be reached");
    return ["/open "].filter((candidate) => candidate.startsWith(line));
  });
  using _ = input;
  for (const [typed, asked] of [
    ["/op", "/open 3"],
    ["/x", "/x3"],
  ]) {
    const next = input.next();
    stdin.write(`${typed}\t`);
    await sleep(5);
    stdin.write("3\r");
    expect(await next).toBe(asked);
  }
});
