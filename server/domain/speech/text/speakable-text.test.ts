import { describe, expect, test } from "vitest";
import { createSpeakableText } from "./speakable-text.ts";

/** What is said of a text pushed in parts of `size` characters, with white space folded; "/" is a sure sentence end. */
function said(text: string, size: number, locale = "en"): string {
  const speakable = createSpeakableText(locale);
  let out = "";
  for (let at = 0; at < text.length; at += size) out += speakable.push(text.slice(at, at + size));
  out += speakable.end();
  return out
    .replaceAll(/[ \t]+/gu, " ")
    .replaceAll(/ ?\n[\n ]*/gu, "/")
    .replaceAll(/^\/|\/$/gu, "")
    .trim();
}

const cases: readonly (readonly [string, string, string])[] = [
  ["plain text", "Hello there, world!", "Hello there, world!"],
  [
    "emphasis",
    "This is **bold**, *it*, __b__, _i_, ~~gone~~ and ***both***.",
    "This is bold, it, b, i, gone and both.",
  ],
  ["signs that are no emphasis", "2 * 3 is 6, 2*3 too, ~5 m", "2 * 3 is 6, 2*3 too, ~5 m"],
  ["snake case", "call my_long_name now", "call my long name now"],
  ["headings", "# One\n## Two words #3\ntext", "One/Two words #3/text"],
  ["setext heading and rule", "Title\n=====\ntext\n\n---\n\nmore\n* * *\nend", "Title/text/more/end"],
  ["bullets", "Intro:\n- one\n* two\n+ three\n  - four", "Intro:/one/two/three/four"],
  ["numbers and boxes", "1. one\n2) two\n- [ ] open\n- [x] done", "one/two/open/done"],
  ["a year at a line start is no list", "1984. It was cold.", "1984. It was cold."],
  ["quotes", "> said\n> more\n>> deep", "said/more/deep"],
  ["inline code", "Run `npm ci --x_y` and ``a ` b`` now", "Run npm ci --x_y and a b now"],
  ["fence", "Do this:\n```js\nlet x = 1;\n\n// **no**\n```\nThen go.", "Do this:/Then go."],
  ["tilde fence with backticks inside", "a\n~~~~\n```\nno\n~~~\n~~~~\nb", "a/b"],
  ["fence in a list", "- item\n  ```sh\n  rm -rf\n  ```\n- next", "item/next"],
  ["fence in a quote", "> a\n> ```\n> no\n> ```\n> b", "a/b"],
  ["fence never closed", "a\n```\nno\nno", "a"],
  ["three backticks within a line", "Use ```x = 1``` here", "Use x = 1 here"],
  ["indented code", "Look:\n\n    no code\n    at all\n\nAfter.", "Look:/After."],
  [
    "indented text in a list",
    "- item\n\n    its second paragraph\n\nafter",
    "item/its second paragraph/after",
  ],
  ["link", 'See [the docs](https://a.b/c_d(e)?x=1 "T") now.', "See the docs now."],
  ["reference link and picture", "See [it][ref] and ![a cat](cat.png).", "See it and a cat."],
  ["footnote", "A claim[^1]. And more.", "A claim. And more."],
  ["brackets", "array[0] and [note] x", "array 0 and note x"],
  ["address", "Go to https://example.com/a?b=c#d. Then http://x.y, ok", "Go to link. Then link, ok"],
  [
    "address in brackets and marks",
    "(see www.x.org/y) **https://a.b** <https://c.d>",
    "(see link) link link",
  ],
  ["address as its own link", "[https://a.b/c](https://a.b/c) end", "link end"],
  ["address in code", "open `http://127.0.0.1:8787` now", "open link now"],
  ["mail address", "<me@x.org> and a@b.c", "me@x.org and a@b.c"],
  ["words that begin like an address", "www is wide; https is safe; hat", "www is wide; https is safe; hat"],
  ["emoji", "Done 🎉👍🏽 👨‍👩‍👧 🇷🇺 1️⃣ ✅ ok © 2026", "Done 1 ok © 2026"],
  ["HTML", "a<br>b <b class='x>y'>bold</b> <!-- no\nno --> c <script>\nno()\n</script> d", "a b bold c d"],
  ["less than", "1 < 2 and x <3 and a<", "1 < 2 and x <3 and a<"],
  ["entities", "Tom &amp; Jerry &#39;s &lt;x&gt; &unknown; R&D", "Tom & Jerry 's <x> R&D"],
  ["escapes", "\\*not\\* and C:\\dir", "*not* and C: dir"],
  ["table", "| A | B |\n|---|:-:|\n| 1 | 2 |\n| 3 | |\n\nend", "A , B/1 , 2/3/end"],
  ["table without outer bars", "A | B\n--- | ---\n1 | 2", "A , B/1 , 2"],
  ["a paragraph over two lines", "one sentence\ngoes on here", "one sentence goes on here"],
  ["windows line ends", "# A\r\nb\r\n", "A/b"],
  ["a mark at the very end", "wow*", "wow"],
  ["an open link at the end", "see [x](http://a", "see x(link"],
];

describe("createSpeakableText", () => {
  test.each(cases)("%s", (_name, text, expected) => {
    for (const size of [1, 2, 3, 5, 13, 1000]) expect(said(text, size)).toBe(expected);
  });

  test("half a character stays half, also after the code was optimised", () => {
    // 13 characters are the shortest string that V8 keeps as a slice of the longer one; it optimises after some 100 calls.
    for (let round = 0; round < 1_000; round += 1) expect(said("Done 🎉👍🏽 👨‍👩‍👧 ok", 13)).toBe("Done ok");
  });

  test("addresses are read in the person's language", () => {
    expect(said("Смотри https://a.b/c.", 3, "ru-RU")).toBe("Смотри ссылка.");
  });

  test("the sentence before a fence is out before the fence is over", () => {
    const speakable = createSpeakableText("en");
    expect(speakable.push("Here it is:\n```js\nlet a;")).toContain("Here it is:");
    for (let count = 0; count < 500; count += 1) expect(speakable.push("x = `1`;\n").trim()).toBe("");
    expect(speakable.push("```\nDone").trim()).toBe("Done");
  });

  test("plain words are not held back", () => {
    const speakable = createSpeakableText("en");
    speakable.push("A ");
    expect(speakable.push("word")).toBe("word");
    expect(speakable.push(" is ")).toBe(" is ");
  });

  test("hostile markup stays cheap and is never lost as a whole", () => {
    for (const hostile of ["[", "<a ", "`", "*", "(", "![", "<!", "&", "|", "> ", "- ", "[](", "\\"]) {
      const text = `start ${hostile.repeat(4000)} end`;
      const startMs = performance.now();
      expect(said(text, 16).startsWith("start")).toBe(true);
      expect(performance.now() - startMs).toBeLessThan(1500);
    }
  });

  test("a 100 KB answer in small tokens is cheap", () => {
    const text = "Some **bold** text with `code`, a [link](https://x.y/z) and more words.\n\n".repeat(1400);
    const startMs = performance.now();
    expect(said(text, 4).length).toBeGreaterThan(60_000);
    expect(performance.now() - startMs).toBeLessThan(2000);
  });
});
