import { beforeAll, expect, onTestFinished, test } from "vitest";
import { requireVariable } from "#engine/node/testing/config.ts";
import { openX11Program, type X11Program } from "#tests/doubles/x11-program.ts";
import { createX11Programs } from "./x11-programs.ts";

let display = "";
beforeAll(() => {
  display = requireVariable("DISPLAY");
});

async function open(name: string, title: string): Promise<X11Program> {
  const program = await openX11Program(display, name, title);
  onTestFinished(() => program[Symbol.asyncDispose]());
  return program;
}

test("the program in front is told by name and title, is given the keyboard again and is pressed Ctrl+V; one that is gone is not", async () => {
  const programs = createX11Programs(display);
  const front = () => programs.front();
  const notes = await open("Notes", `Plans ${"x".repeat(2_000)}`);
  await expect.poll(async () => (await front())?.name).toBe("Notes");
  const behind = await front();
  if (behind === undefined) throw new Error("no program is in front");
  expect(behind.title).toMatch(/^Plans x+$/u);
  expect(behind.title).toHaveLength(300);

  const above = await open("Browser", "News");
  await expect.poll(async () => (await front())?.name).toBe("Browser");
  expect(await programs.paste(behind)).toBe(true);
  await expect.poll(() => notes.controlKeys).toHaveLength(1);
  expect(above.controlKeys).toEqual([]);
  expect(await front()).toMatchObject({ name: "Notes" });

  await notes[Symbol.asyncDispose]();
  expect(await programs.paste(behind)).toBe(false);
  expect(above.controlKeys).toEqual([]);
});

test("without an X server nothing is told and nothing is pasted", async () => {
  const programs = createX11Programs(":4711");
  expect(await programs.front()).toBeUndefined();
  expect(await programs.paste({ id: 1, name: "Notes", title: "" })).toBe(false);
});
