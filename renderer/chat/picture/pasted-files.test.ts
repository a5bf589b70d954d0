import { describe, expect, test } from "vitest";
import { pastedFiles, picturesFirst } from "./pasted-files.ts";

const cat = new File(["x"], "cat.png", { type: "image/png" });
const shot = new File(["x"], "Снимок экрана 1.png", { type: "image/png" });
const clip = new File(["x"], "image.png", { type: "image/png" });
const notes = new File(["x"], "notes.txt", { type: "text/plain" });

function clipboard(files: readonly File[], text: string) {
  return { files, getData: (type: string) => (type === "text/plain" ? text : "") };
}

describe("F16 a paste of files", () => {
  test.each([
    ["their name (Finder)", [cat], "cat.png"],
    ["their name without its ending (Finder that hides it)", [cat], "cat"],
    ["their name in decomposed letters (macOS)", [shot], "Снимок экрана 1.png".normalize("NFD")],
    ["their names, one a line", [cat, shot], "cat.png\rСнимок экрана 1.png"],
    ["their paths (Linux)", [cat], "/home/ada/cat.png\n"],
    ["their paths (Windows)", [cat], String.raw`"C:\Users\ada\cat.png"`],
    [
      "their addresses",
      [shot],
      "file:///home/ada/%D0%A1%D0%BD%D0%B8%D0%BC%D0%BE%D0%BA%20%D1%8D%D0%BA%D1%80%D0%B0%D0%BD%D0%B0%201.png",
    ],
    ["an address that does not decode", [new File(["x"], "100%.png")], "file:///tmp/100%.png"],
    ["nothing (a picture copied from a page)", [clip], ""],
    ["white space alone", [clip], " \r\n"],
    ["their name, and is no picture", [notes], "notes.txt"],
  ])("whose text is %s gives the files", (_what, files, text) => {
    expect(pastedFiles(clipboard(files, text))).toEqual(files);
  });

  test.each([
    ["cells of a table", "Name\tAmount\nAda\t12"],
    ["a word", "Hello"],
    ["a name and more", "cat.png is nice"],
    ["a name among other lines", "cat.png\nHello"],
    ["an address of a page", "https://example.org/cat.png"],
  ])("beside %s is a picture of that text, which is meant", (_what, text) => {
    expect(pastedFiles(clipboard([cat], text))).toEqual([]);
  });

  test("of several kinds takes the picture", () => {
    expect(picturesFirst(pastedFiles(clipboard([notes, cat], "notes.txt\ncat.png")))).toEqual([cat, notes]);
  });

  test("without files is a paste of text", () => {
    expect(pastedFiles(clipboard([], "cat.png"))).toEqual([]);
  });
});
