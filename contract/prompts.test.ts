import { describe, expect, test } from "vitest";
import {
  exportPrompts,
  fillPrompt,
  importPrompts,
  promptFault,
  PROMPT_NAME_MAX_CHARS,
  PROMPT_TEXT_MAX_CHARS,
  PROMPTS_MAX,
} from "./prompts.ts";

test("placeholders are filled once: what a value holds is text, and what has no value stays to be seen", () => {
  const text = "{input}: {selection} / {clipboard} / {other} / {input}";
  expect(fillPrompt({ text, values: { clipboard: "{input} $& {selection}" } }, "q")).toBe(
    "q: {selection} / {input} $& {selection} / {other} / q",
  );
  expect(fillPrompt({ text: "Shorter, please.", values: {} }, "What I wrote")).toBe(
    "Shorter, please.\nWhat I wrote",
  );
  expect(fillPrompt({ text: "Shorter, please.", values: {} }, " ")).toBe("Shorter, please.");
});

describe("import", () => {
  const kept = [
    { name: "Mail", text: "old", hotkey: "Alt+M" },
    { name: "other", text: "stays" },
  ];

  test("reads what export wrote, replaces the text of a name that is there, and leaves its keys", () => {
    const json = exportPrompts([
      { name: "mail", text: "new", hotkey: "Alt+X" },
      { name: "третий", text: "3" },
    ]);
    expect(json).not.toContain("Alt");
    expect(importPrompts(json, kept)).toEqual({
      prompts: [
        { name: "mail", text: "new", hotkey: "Alt+M" },
        { name: "other", text: "stays" },
        { name: "третий", text: "3" },
      ],
    });
  });

  const good = { name: "a", text: "b" };
  const many = Array.from({ length: PROMPTS_MAX }, (_, at) => ({ name: `p${at}`, text: "b" }));
  test.each([
    ["[{", { reason: "json", index: undefined }],
    ["{}", { reason: "list", index: undefined }],
    ['["a"]', { reason: "list", index: 0 }],
    [JSON.stringify([good, { ...good, name: "b", run: "rm" }]), { reason: "list", index: 1 }],
    [JSON.stringify([good, { text: "b" }]), { reason: "name", index: 1 }],
    [JSON.stringify([{ ...good, name: "two words" }]), { reason: "name", index: 0 }],
    [
      JSON.stringify([{ ...good, name: "n".repeat(PROMPT_NAME_MAX_CHARS + 1) }]),
      { reason: "name", index: 0 },
    ],
    [JSON.stringify([{ ...good, text: " \n" }]), { reason: "text", index: 0 }],
    [
      JSON.stringify([{ ...good, text: "t".repeat(PROMPT_TEXT_MAX_CHARS + 1) }]),
      { reason: "text", index: 0 },
    ],
    [JSON.stringify([good, { ...good, name: "A" }]), { reason: "nameTwice", index: 1 }],
    [JSON.stringify([...many, good]), { reason: "many", index: undefined }],
    [JSON.stringify(many), { reason: "many", index: undefined }],
  ])("says of %.60s what is wrong, and where", (json, fault) => {
    expect(importPrompts(json, kept)).toEqual({ fault });
  });

  test("keys belong to one prompt", () => {
    const twice = [
      { ...good, hotkey: "Alt+A" },
      { name: "b", text: "b", hotkey: "alt+a" },
    ];
    expect(promptFault(twice)).toEqual({ reason: "hotkeyTwice", index: 1 });
    expect(promptFault([])).toBeUndefined();
  });
});
