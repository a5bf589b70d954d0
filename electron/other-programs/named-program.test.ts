import { expect, test } from "vitest";
import { namedProgram } from "./named-program.ts";

const notes = { id: 1, name: "Notes", title: "Plans" };
const on = { tellPrograms: true, programs: [] };
const told = (tell: boolean) => ({ tellPrograms: true, programs: [{ name: "Notes", tell }] });

test("a program is told only where the settings allow it, the person did not say never, and it keeps no secrets", () => {
  expect(namedProgram(notes, { ...on, tellPrograms: false })).toBeUndefined();
  expect(namedProgram(notes, on)).toEqual({ name: "Notes", title: "Plans", tell: "ask" });
  expect(namedProgram(notes, told(true))).toMatchObject({ tell: "always" });
  expect(namedProgram(notes, told(false))).toBeUndefined();
  for (const name of ["", "KeePassXC", "Bitwarden", "1Password 8", "Keychain Access", "Passwords"])
    expect(namedProgram({ ...notes, name }, on)).toBeUndefined();
});
