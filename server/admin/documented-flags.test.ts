import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readServerConfig } from "../config/config.ts";
import { runAdmin } from "../testing/admin-kit.ts";
import { groups } from "./run.ts";

const folder = join(import.meta.dirname, "../../docs/operations");
const COMMAND = /^(?:pipit(?: admin|-admin)? )?([a-z-]+) ([a-z-]+)(.*)$/;

interface Named {
  readonly group: string;
  readonly command: string;
  readonly flag: string;
}

/** The command of a piece of code, if it is one of ours. */
function commandOf(code: string) {
  const found = COMMAND.exec(code);
  return found !== null && found[1] !== undefined && found[1] in groups ? found : undefined;
}

/** Flags in a command, and in the row of a table that begins with one. */
function flagsOf(line: string): readonly Named[] {
  const codes = [...line.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
  const row = line.startsWith("|") ? codes.map(commandOf).find((found) => found !== undefined) : undefined;
  return codes.flatMap((code) => {
    const of = commandOf(code) ?? (code.startsWith("--") ? row : undefined);
    if (of === undefined) return [];
    const [, group = "", command = "", rest = ""] = of;
    const text = code.startsWith("--") ? code : rest;
    return [...text.matchAll(/--[a-z][a-z-]*/g)].map(([flag]) => ({ group, command, flag }));
  });
}

test("[O19] the guides for operators name no flag of pipit admin that it does not have", async () => {
  const pages = (await readdir(folder)).filter((name) => name.endsWith(".md"));
  const texts = await Promise.all(pages.map((name) => readFile(join(folder, name), "utf8")));
  const named = texts.flatMap((text) => text.split("\n").flatMap(flagsOf));
  expect(named).toContainEqual({ group: "audit", command: "prune", flag: "--older-than-days" });
  const config = readServerConfig({ argv: [], env: { PIPIT_HOME: "/nonexistent" } });
  const wrong: Named[] = [];
  for (const one of named) {
    const group = await groups[one.group]?.load();
    if (group === undefined) throw new Error(`no group ${one.group}`);
    const help = await runAdmin(config, group, [one.command, "--help"]);
    if (!new RegExp(`^ +(?:-\\w, )?${one.flag}(?: |$)`, "m").test(help.stdout)) wrong.push(one);
  }
  expect(wrong).toEqual([]);
});
