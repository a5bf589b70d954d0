import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readEnvironmentFile } from "./environment-file.ts";

async function read(text: string) {
  const folder = await mkdtemp(join(tmpdir(), "pipit-environment-"));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "pipit.env");
  await writeFile(file, text);
  return readEnvironmentFile(file).env;
}

// The rules are those of EnvironmentFile= in systemd.exec(5).
test.each([
  [
    "plain values, comments and what is no assignment",
    "# A=1\n; B=1\n\nC=2\nno assignment\n  D = 3 \n",
    { C: "2", D: "3" },
  ],
  [
    "signs that a shell would take for its own",
    "A=p&q=$HOME;(x)`y`*?! z|<>#\n",
    { A: "p&q=$HOME;(x)`y`*?! z|<>#" },
  ],
  ["quotes inside a value", `A=it's "so"\n`, { A: `it's "so"` }],
  [
    "single quotes, over lines, with nothing escaped",
    "A='p\\$&\n\"q\" '\nB=1\n",
    { A: 'p\\$&\n"q" ', B: "1" },
  ],
  [
    "double quotes, with what can be escaped in them",
    'A="p\\"\\$\\\\\\`\\n q\\\nr" \nB=1\n',
    { A: 'p"$\\`\\n qr', B: "1" },
  ],
  [
    "backslashes without quotes, and a line that goes on",
    "A=p\\&\\\\q\\\n r\\ \nB=1",
    { A: "p&\\q r ", B: "1" },
  ],
  [
    "pieces in quotes, and what follows them",
    `A="a" b \nB='c' "d"\t'e'\nC="x"y\n`,
    { A: "ab", B: "cde", C: "xy" },
  ],
  ["an empty value, and the last of two", "A=\nB=1\nB=2\n", { A: "", B: "2" }],
  ["line ends of another system", "A=1\r\nB='2'\r\n", { A: "1", B: "2" }],
])("%s", async (_name, text, values) => {
  expect(await read(text)).toEqual(values);
});

test("a quote that is not closed, and a file that is not there, are told without a value", async () => {
  await expect(read("A='secret\nB=1\n")).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.not.stringContaining("secret") as unknown,
  });
  expect(() => readEnvironmentFile("/nonexistent/pipit.env")).toThrow("ENOENT");
});
