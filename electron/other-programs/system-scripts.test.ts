import { Script } from "node:vm";
import { expect, test } from "vitest";
import { createMacPrograms } from "./mac-programs.ts";
import { createWindowsPrograms } from "./windows-programs.ts";

const notes = { id: 7, name: "Notes", title: "" };

test("macOS: nothing is pressed without the permission, or while another program is the active one", async () => {
  const ran: string[] = [];
  let active = 7;
  let allowed = false;
  const programs = createMacPrograms(
    () => allowed,
    async (source) => {
      // What the system's runner is given is at least a program.
      expect(() => new Script(source)).not.toThrow();
      ran.push(source.includes("CGEventPost") ? "paste" : "front");
      return JSON.stringify({ id: active, name: "Notes" });
    },
  );
  expect(await programs.front()).toEqual(notes);
  expect(await programs.paste(notes)).toBe(false);
  allowed = true;
  active = 8;
  expect(await programs.paste(notes)).toBe(false);
  expect(ran).not.toContain("paste");
  active = 7;
  expect(await programs.paste(notes)).toBe(true);
  expect(ran.at(-1)).toBe("paste");
  active = process.pid;
  expect(await programs.front()).toBeUndefined();
});

test("a system whose scripts fail tells nothing and pastes nothing", async () => {
  const fail = () => Promise.reject(new Error("not allowed here"));
  const mac = createMacPrograms(() => true, fail);
  expect([await mac.front(), await mac.paste(notes)]).toEqual([undefined, false]);
  const asked: string[] = [];
  const windows = (ours: boolean) =>
    createWindowsPrograms(
      "D:\\Windows",
      () => ours,
      (program) => (asked.push(program), fail()),
    );
  // Into a window of Pipit's own nothing is pasted at all.
  expect(await windows(true).paste(notes)).toBe(false);
  expect(asked).toEqual([]);
  expect(await windows(false).paste(notes)).toBe(false);
  expect(asked).toEqual(["D:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"]);
});
