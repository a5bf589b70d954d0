import { describe, expect, test } from "vitest";
import { jsonLine, visible, visibleText } from "./terminal-text.ts";

describe("F4: text of others on a terminal", () => {
  test.each([
    ["the clipboard (OSC 52)", "\u001B]52;c;aGk=\u0007", "\\u{1b}]52;c;aGk=\\u{7}"],
    ["a title", "\u001B]0;T\u0007", "\\u{1b}]0;T\\u{7}"],
    ["a link (OSC 8)", "\u001B]8;;https://a.b\u001B\\x", "\\u{1b}]8;;https://a.b\\u{1b}\\x"],
    ["clearing the screen", "\u001B[2J", "\\u{1b}[2J"],
    ["clearing it by C1", "\u009B2J", "\\u{9b}2J"],
    ["a DCS", "\u001BP+q\u001B\\ \u0090x\u009C", "\\u{1b}P+q\\u{1b}\\ \\u{90}x\\u{9c}"],
    ["writing over a line", "safe\rfake", "safe\\u{d}fake"],
    ["deleting what stands", "ab\b\bcd\u007F", "ab\\u{8}\\u{8}cd\\u{7f}"],
    ["turned direction", "a\u202Eb\u2066c\u2069", "a\\u{202e}b\\u{2066}c\\u{2069}"],
  ])("cannot do %s", (_name, text, shown) => {
    expect(visibleText(text)).toBe(shown);
    expect(visible(text)).toBe(shown);
  });

  test("keeps lines, tabs, and the joiners of scripts and emoji; a field keeps none of them", () => {
    const text = "a\tb\nمی\u200Cخواهم 👩\u200D💻";
    expect(visibleText(text)).toBe(text);
    expect(visibleText("a\r\nb")).toBe("a\nb");
    expect(visible("a\nb\u200C")).toBe("a\\u{a}b\\u{200c}");
  });

  test("is harmless in JSON without a change of its value", () => {
    const value = { text: "\u001B]0;T\u0007 \u009B2J \u007F \u202E \u2028 é" };
    const line = jsonLine(value);
    expect(line).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}\u2028]/u);
    expect(JSON.parse(line)).toEqual(value);
  });
});
