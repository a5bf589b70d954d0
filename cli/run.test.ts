import { PassThrough } from "node:stream";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { hasGuess, misspellings } from "#tests/testing/misspellings.ts";
import { buildProgram, runCli } from "./run.ts";

async function run(args: readonly string[], lang: string) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await runCli(args, { stdin: new PassThrough(), stdout, stderr, env: { LANG: lang } });
  return { code, out: String(stdout.read() ?? ""), err: String(stderr.read() ?? "") };
}

const commands = [
  [""],
  ["chat"],
  ["web"],
  ["toggle"],
  ["doctor"],
  ["auth"],
  ["usage"],
  ["room"],
  ["api-keys"],
  ...["list", "create", "revoke"].map((name) => [`api-keys ${name}`]),
  ["events"],
  ...["push", "status"].map((name) => [`events ${name}`]),
  ["memories"],
  ...["list", "show", "add", "edit", "forget", "restore", "on", "off"].map((name) => [`memories ${name}`]),
  ["chats"],
  ...["list", "show", "search", "rename", "pin", "delete", "restore", "export", "import"].map((name) => [
    `chats ${name}`,
  ]),
  ...["register", "login", "logout", "status", "switch", "token"].map((name) => [`auth ${name}`]),
];
/** Three words in a row are a sentence that nobody translated. */
const english = /[a-z]+ [a-z]+ [a-z]+/i;

test.each(commands)(
  "U15: the help of pipit %s is Russian for Russian readers, and English for others",
  async (command) => {
    const args = [...command.split(" "), "--help"].filter((arg) => arg !== "");
    const { out, ...rest } = await run(args, "ru_RU.UTF-8");
    expect(rest).toEqual({ code: 0, err: "" });
    expect(out.replace(/pipit (auth|api-keys|chats|events|memories) \w+/, "")).not.toMatch(english);
    expect(out).not.toContain("[options]");
    expect(await run(args, "C")).toEqual({ code: 0, out: expect.stringMatching(english), err: "" });
  },
);

test.each([
  ["bogus", "--help"],
  ["auth", "bogus"],
  ["auth", "login", "--device", "--browser"],
  ["auth", "login", "--device", "--username", "ann"],
  ["chat", "--bogus"],
  ["chat", "--once"],
  ["chat", "--once", " "],
  ["chat", "--continue", "--chat", "x"],
  ["web", "extra"],
  ["chats", "show"],
  ["memories", "edit", "1a2b"],
  ["chats", "list", "--limit", "many"],
  ["chats", "export", "--format", "pdf"],
])("U15, U16: %s %s is refused with 2, in the person's language", async (...args) => {
  const { code, out, err } = await run(args, "ru_RU.UTF-8");
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(/^ошибка: [^]*--help/);
  expect(err).not.toMatch(english);
});

test("[O8] one wrong letter in a flag or command is refused with what was meant", async () => {
  const io = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough(), env: {} };
  const names: { readonly at: readonly string[]; readonly name: string }[] = [];
  const collect = (command: Command, at: readonly string[]): void => {
    // Those that are not shown are there to be refused with a reason.
    const shown = command.options.filter(({ hidden }) => !hidden);
    names.push(...shown.flatMap(({ long }) => (typeof long === "string" ? [{ at, name: long }] : [])));
    for (const one of command.commands) {
      names.push({ at, name: one.name() });
      collect(one, [...at, one.name()]);
    }
  };
  collect(buildProgram(io, { code: 0 }), []);
  expect(names.length).toBeGreaterThan(100);
  for (const { at, name } of names) {
    for (const misspelt of misspellings(name)) {
      const told = await run([...at, misspelt], "C");
      expect({ at, misspelt, ...told }).toMatchObject({ code: 2, out: "" });
      expect(told.err).toContain(`'${misspelt}'`);
      expect(hasGuess(told.err, misspelt, name), told.err).toBe(true);
    }
  }
});
