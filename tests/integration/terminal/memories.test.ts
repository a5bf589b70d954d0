import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { createCliHome } from "#tests/integration/cli-process.ts";
import { startTestServer } from "#tests/integration/start-test-server.ts";

const read = (file: string) => readFile(file, "utf8");

test("pipit memories, and /remember in a chat, keep, change, forget and bring back what answers know of a person", async () => {
  await using pipit = await createCliHome();
  await using model = await startOpenAiDouble(() => stream(say("Fine.")));
  const config = { model: { url: model.url, ollamaUrl: "http://127.0.0.1:9" } };
  await using server = await startTestServer({ home: pipit.home, config, memoryFiles: true });
  expect(server.accessToken).not.toBe("");
  const run = (...args: readonly string[]) => pipit.runHere(["memories", ...args]);
  const chat = (...lines: readonly string[]) =>
    pipit.runHere(["chat", "--no-audio"], { input: lines.map((line) => `${line}\n`).join("") });
  const told = async () => JSON.stringify((await model.request(model.requests.length - 1)).body);
  const says = (code: number, text: string) => ({
    code,
    stdout: "",
    stderr: expect.stringContaining(text),
  });

  const added = await run("add", "I", "live", "in", "Lisbon");
  expect(added).toMatchObject(says(0, "Remembered: I live in Lisbon\n"));
  const typed = await chat(
    "/remember  Metric units,  please",
    "/remember i live in LISBON.",
    "/memories",
    "/forget 7",
    "hello",
  );
  expect(typed.stdout).toContain(
    "Remembered: Metric units, please\nRemembered: I live in Lisbon\n1. Metric units, please\n2. I live in Lisbon\n",
  );
  expect(typed.stderr).toContain("/memories lists 2.");
  expect(await told()).toContain("I live in Lisbon");

  const listed = (await run("list")).stdout;
  const [, units = "", home = ""] =
    /^(\w{8}) {2}Metric units, please\n(\w{8}) {2}I live in Lisbon\n$/.exec(listed) ?? [];
  expect(await run("show", "nothing")).toMatchObject(says(2, 'no memory "nothing"'));
  expect(await run("edit", home, "I live in Porto")).toMatchObject(says(0, "It says now: I live in Porto\n"));
  const forgotten = await run("forget", units, "--json");
  const { id } = JSON.parse(forgotten.stdout) as { id: string };
  expect(await run("restore", id)).toMatchObject(says(0, "Remembered again: Metric units, please\n"));

  const off = await pipit.runHere(["memories", "off"], { env: { LANG: "ru_RU.UTF-8" } });
  expect(off).toMatchObject(says(0, "Память выключена"));
  const without = await chat("/forget 1", "/remember I have a dog", "hello");
  expect(without.stdout).toContain("Forgotten: Metric units, please\nFor 10 seconds");
  expect(without.stdout).toContain("Remembered: I have a dog");
  expect(without.stderr).toContain("Memories are off");
  expect(await told()).not.toContain("Porto");
  // Written in the server's own time.
  const files = join(pipit.home, "server/memory/users/*/user.md");
  const kept = async () => await Promise.all((await Array.fromAsync(glob(files))).map(read));
  await expect.poll(kept).toEqual([expect.stringContaining("I live in Porto")]);
});
