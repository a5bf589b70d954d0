import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repositoryRoot } from "#tools/test/command.ts";
import { readDocument, type DocumentStep } from "./document/blocks.ts";
import { compareAnswer } from "./document/compare-answer.ts";
import { openServedHome, type ServedHome } from "./document/served.ts";
import { openShell, type Shell } from "./document/shell.ts";

/** Where the document says that the server is; the one of a test is elsewhere. */
const DOCUMENTED_ORIGIN = "http://127.0.0.1:8787";

async function steps(): Promise<readonly DocumentStep[]> {
  return readDocument(await readFile(join(repositoryRoot, "docs", "api.md"), "utf8"));
}

async function follow(step: DocumentStep, home: ServedHome, shell: Shell): Promise<readonly string[]> {
  const here = (text: string): string =>
    text
      .replaceAll(DOCUMENTED_ORIGIN, home.origin)
      .replaceAll(encodeURIComponent(DOCUMENTED_ORIGIN), encodeURIComponent(home.origin))
      .replaceAll(/\b(session_token|pipit_device)=/gu, `$1_${new URL(home.origin).port}=`);
  if (step.kind === "server") {
    await home.start(here(step.script));
    return [];
  }
  const printed = await shell.run(here(step.script));
  if (step.answer === undefined) return [];
  return compareAnswer({ ...step.answer, text: here(step.answer.text) }, printed);
}

describe("docs/api.md", () => {
  test("is true to the letter: every command runs, every answer comes", { timeout: 240_000 }, async () => {
    await using stack = new AsyncDisposableStack();
    const home = stack.use(await openServedHome());
    const shell = stack.use(await openShell(home.env));
    const untrue: string[] = [];
    for (const step of await steps()) {
      const place = `line ${step.line}: ${step.script}`;
      const different = await follow(step, home, shell).catch((reason: unknown) => {
        throw new Error([...untrue, `${place}\n${String(reason)}`].join("\n"), { cause: reason });
      });
      if (different.length > 0) untrue.push(`${place}\n${different.join("\n")}\n`);
    }
    expect(untrue.join("\n")).toBe("");
  });
});

test("docs/api.md shows the answer of nearly every command", async () => {
  const commands = (await steps()).filter(({ kind }) => kind === "command");
  const answered = commands.filter(({ answer }) => answer !== undefined);
  expect(answered.length).toBeGreaterThan(40);
  // A block that asks the server shows what it said.
  const silent = commands.filter(({ script, answer }) => script.includes("curl -i") && answer === undefined);
  expect(silent.map(({ line }) => line)).toEqual([]);
});
