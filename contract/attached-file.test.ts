import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkFiles, fileName, type AttachedFile } from "./attached-file.ts";
import { FILE_NAME_MAX_CHARS, FILE_TEXT_MAX_CHARS } from "./limits.ts";

const file: AttachedFile = {
  name: "a.txt",
  mediaType: "text/plain",
  sizeBytes: 5,
  text: "hello",
  cut: false,
};
const long = "x".repeat(FILE_TEXT_MAX_CHARS);

test.each([
  ["a path", "/home/ann/../secret/report.pdf", "report.pdf"],
  ["a path of Windows", String.raw`C:\Users\Ann\report.pdf`, "report.pdf"],
  ["a turned direction", "invoice\u202Efdp.exe", "invoicefdp.exe"],
  ["more than one line", "a\r\nb\u2028c\u0000.txt", "abc.txt"],
  ["nothing but dots", "..", "file"],
  ["nothing", "  ", "file"],
  ["emoji and Cyrillic", "Отчёт 👩‍👩‍👧.docx", "Отчёт 👩‍👩‍👧.docx"],
  ["a great length", `${"é".repeat(300)}.tar`, `${"é".repeat(FILE_NAME_MAX_CHARS - 5)}….tar`],
])("the name of a file with %s is one that can be shown", (_what, raw, name) => {
  expect(fileName(raw)).toBe(name);
});

test("the name of any file is short, in one line, and stays itself", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (raw) => {
      const name = fileName(raw);
      expect(name).not.toMatch(/[\p{Cc}\p{Bidi_Control}/\\]|^\.*$/u);
      expect(name.length).toBeLessThanOrEqual(FILE_NAME_MAX_CHARS);
      expect(name.isWellFormed()).toBe(true);
      expect(fileName(name)).toBe(name);
    }),
  );
});

describe("the files of a message", () => {
  test("are taken with names and texts that every place can keep", () => {
    const odd = { ...file, name: "/tmp/a\u202Eb.txt", text: "a\0\uD800" };
    expect(checkFiles([odd])).toEqual([{ ...file, name: "ab.txt", text: "a\uFFFD\uFFFD" }]);
  });

  test.each([
    ["11 of them", Array.from({ length: 11 }, () => file), "FILES_TOO_MANY", "11"],
    ["one without text", [{ ...file, text: " \n" }], "FILE_EMPTY", "a.txt"],
    ["one that is too long", [{ ...file, text: `${long}x` }], "FILE_TOO_LARGE", "200000"],
    ["too much together", [1, 2, 3].map(() => ({ ...file, text: long })), "FILES_TOO_LONG", "500000"],
    ["a media type that is none", [{ ...file, mediaType: 'x" a="' }], "INVALID_REQUEST", "a.txt"],
    ["a size that is none", [{ ...file, sizeBytes: -1 }], "INVALID_REQUEST", "a.txt"],
  ])("are refused: %s", (_what, files, code, said) => {
    expect(() => checkFiles(files)).toThrow(
      expect.objectContaining({ code, field: "files", message: expect.stringContaining(said) }),
    );
  });
});
