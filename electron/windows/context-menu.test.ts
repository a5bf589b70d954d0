import { expect, test } from "vitest";
import { textsFor } from "../shell/texts.ts";
import { contextMenuItems, type ContextTarget } from "./context-menu.ts";
import { applySpelling } from "./spelling.ts";

const all = {
  canUndo: true,
  canRedo: true,
  canCut: true,
  canCopy: true,
  canPaste: true,
  canDelete: true,
  canSelectAll: true,
  canEditRichly: false,
};
const plain: ContextTarget = {
  isEditable: false,
  selectionText: "",
  linkURL: "",
  mediaType: "none",
  hasImageContents: false,
  misspelledWord: "",
  dictionarySuggestions: [],
  editFlags: all,
  x: 3,
  y: 4,
};

/** The labels for a target, and what a click on each item does. */
function open(
  target: Partial<ContextTarget>,
  platform: NodeJS.Platform = "linux",
  language: "en" | "ru" = "en",
) {
  const done: string[] = [];
  const items = contextMenuItems({ ...plain, ...target }, platform, textsFor(language, "en").menu, {
    replaceMisspelling: (word) => done.push(`replace ${word}`),
    showDefinitionForSelection: () => done.push("look up"),
    copyImageAt: (x, y) => done.push(`copy image ${x} ${y}`),
    learnWord: (word) => done.push(`learn ${word}`),
    copyText: (text) => done.push(`copy ${text}`),
  });
  for (const item of items) (item.click as (() => void) | undefined)?.();
  return { labels: items.map(({ type, label }) => (type === "separator" ? "-" : label)), done, items };
}

test("a misspelled word in the composer has its suggestions first, then the edit items", () => {
  const { labels, done } = open({
    isEditable: true,
    misspelledWord: "recieve",
    dictionarySuggestions: ["receive", "R&D", "c", "d", "e", "f"],
  });
  expect(labels.slice(0, 7)).toEqual(["receive", "R&&D", "c", "d", "e", "Add to dictionary", "-"]);
  expect(labels.slice(7)).toEqual(["Undo", "Cut", "Copy", "Paste", "Select all"]);
  expect(done).toEqual(
    ["receive", "R&D", "c", "d", "e"].map((word) => `replace ${word}`).concat("learn recieve"),
  );
  expect(open({ isEditable: true, misspelledWord: "xq" }).items[0]).toMatchObject({ enabled: false });
});

test("what cannot be done is shown disabled, as in a password's field", () => {
  const { items } = open({ isEditable: true, editFlags: { ...all, canCopy: false, canCut: false } });
  const enabled = Object.fromEntries(items.map(({ role, enabled: on }) => [role, on]));
  expect(enabled).toMatchObject({ cut: false, copy: false, paste: true });
});

test("a selected text can be copied, on macOS looked up too; nothing clicked is no menu", () => {
  expect(open({ selectionText: "ephemeral" }).labels).toEqual(["Copy"]);
  const mac = open({ selectionText: `  a & b ${"long ".repeat(9)}` }, "darwin");
  expect(mac.labels).toEqual(["Look up “a && b long long long lon…”", "-", "Copy"]);
  expect(mac.done).toEqual(["look up"]);
  expect(open({}).labels).toEqual([]);
  expect(open({ selectionText: "слово" }, "linux", "ru").labels).toEqual(["Скопировать"]);
});

test("a link's address and a picture can be copied; addresses of our own pages are of no use elsewhere", () => {
  const { labels, done } = open({
    linkURL: "https://example.org/?a=b",
    mediaType: "image",
    hasImageContents: true,
  });
  expect([labels, done]).toEqual([
    ["Copy link", "Copy picture"],
    ["copy https://example.org/?a=b", "copy image 3 4"],
  ]);
  expect(open({ linkURL: "app://pipit/desktop.html#x" }).labels).toEqual([]);
});

test.each([
  ["linux", true, "en-GB", [["en-GB", "ru"], true]],
  ["win32", true, "de", [["en-US", "ru"], true]],
  ["darwin", true, "en-US", [undefined, true]],
  ["linux", false, "en-US", [undefined, false]],
] as const)("spelling on %s, wanted: %s, at %s", (platform, wanted, locale, expected) => {
  let languages: string[] | undefined;
  let enabled: boolean | undefined;
  const session = {
    availableSpellCheckerLanguages: ["de", "en-GB", "en-US", "ru"],
    setSpellCheckerLanguages: (list: string[]) => void (languages = list),
    setSpellCheckerEnabled: (on: boolean) => void (enabled = on),
  };
  applySpelling(session, wanted, platform, locale);
  expect([languages, enabled]).toEqual(expected);
});
