import type { MenuItemConstructorOptions } from "electron";
import { expect, test } from "vitest";
import { macMenu } from "./app-menu.ts";
import { textsFor } from "./texts.ts";

const items = (language: "en" | "ru") =>
  macMenu(textsFor(language, "en")).flatMap((menu): MenuItemConstructorOptions[] => [
    menu,
    ...(menu.submenu as MenuItemConstructorOptions[]),
  ]);

test("every item of the menu bar is in the person's language: roles bring English words", () => {
  const russian = items("ru").filter(({ type }) => type !== "separator");
  expect(russian.filter(({ label }) => label === undefined)).toEqual([]);
  expect(
    russian.flatMap(({ role, label }) => (role !== undefined && !/[а-я]/iu.test(label ?? "") ? [role] : [])),
  ).toEqual([]);
});

test("Cmd+W is there, and the keys of a text field", () => {
  const roles = items("en").map(({ role }) => role);
  for (const role of ["close", "undo", "redo", "cut", "copy", "paste", "selectAll", "quit"])
    expect(roles).toContain(role);
});
