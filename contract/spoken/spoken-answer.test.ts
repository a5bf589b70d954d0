import { describe, expect, test, vi } from "vitest";
import { sampleAnswer } from "#renderer/gallery/sample-answer.ts";
import { parseMarkdown } from "../markdown/parse-markdown.ts";
import { corpus } from "../markdown/testing/corpus.ts";
import { createSpokenAnswer } from "./spoken-answer.ts";

/** The sentences of a text that comes in parts of `size` characters, separated by "/". */
function said(text: string, size: number, locale = "en"): string {
  const answer = createSpokenAnswer(locale);
  const sentences = [];
  for (let at = 0; at < text.length; at += size) sentences.push(...answer.push(text.slice(at, at + size)));
  return [...sentences, ...answer.end()].map((sentence) => sentence.text).join("/");
}

const cases: readonly (readonly [string, string, string])[] = [
  ["snake case", "call my_long_name now", "call my long name now"],
  ["headings", "# One\n## Two words #3\ntext", "One/Two words #3/text"],
  ["setext heading and rule", "Title\n=====\ntext\n\n---\n\nmore\n* * *\nend", "Title/text/more/end"],
  ["bullets", "Intro:\n- one\n* two\n+ three\n  - four", "Intro:/one/two/three/four"],
  ["numbers and boxes", "1. one\n2) two\n- [ ] open\n- [x] done", "one/two/open/done"],
  ["a year at a line start is no list", "1984. It was cold.", "1984./It was cold."],
  ["quotes", "> said\n> more\n>> deep", "said more/deep"],
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
  ["footnote", "A claim[^1]. And more.", "A claim./And more."],
  ["brackets", "array[0] and [note] x", "array 0 and note x"],
  ["address", "Go to https://example.com/a?b=c#d. Then http://x.y, ok", "Go to link./Then link, ok"],
  [
    "address in brackets and marks",
    "(see www.x.org/y) **https://a.b** <https://c.d>",
    "(see link) link link",
  ],
  ["address as its own link", "[https://a.b/c](https://a.b/c) end", "link end"],
  ["address in code", "open `http://127.0.0.1:8787` now", "open link now"],
  ["mail address", "<me@x.org>, <mailto:b@x.org> and a@b.c", "me@x.org, b@x.org and a@b.c"],
  [
    "F22: addresses of every scheme, and data",
    "Use ssh://h/x, s3://b/c and data:image/png;base64,iVBORw0KGgo= now. Its data: none",
    "Use link, link and link now./Its data: none",
  ],
  ["F22: what only formats", "zero\u200bwidth soft\u00adhyphen \u202eRTL\u202c", "zerowidth softhyphen RTL"],
  [
    "abbreviations before a number",
    "See pp. 6–7 and ch. 4 of it. Done.",
    "See pp. 6–7 and ch. 4 of it./Done.",
  ],
  ["words that begin like an address", "www is wide; https is safe; hat", "www is wide; https is safe; hat"],
  ["emoji", "Done 🎉👍🏽 👨‍👩‍👧 🇷🇺 1️⃣ ✅ ok © 2026", "Done 1 ok © 2026"],
  ["HTML", "a<br>b <b class='x>y'>bold</b> <!-- no\nno --> c <script>\nno()\n</script> d", "a b bold c d"],
  ["less than", "1 < 2 and x <3 and a<", "1 < 2 and x <3 and a<"],
  ["entities", "Tom &amp; Jerry &#39;s &lt;x&gt; &unknown; R&D", "Tom & Jerry 's <x> &unknown; R&D"],
  ["escapes", "\\*not\\* and C:\\dir", "not and C: dir"],
  ["table", "| A | B |\n|---|:-:|\n| 1 | 2 |\n| 3 | |\n\nend", "A, B/1, 2/3/end"],
  ["table without outer bars", "A | B\n--- | ---\n1 | 2", "A, B/1, 2"],
  ["a paragraph over two lines", "one sentence\ngoes on here", "one sentence goes on here"],
  ["windows line ends", "# A\r\nb\r\n", "A/b"],
  ["a mark at the very end", "wow*", "wow"],
  ["an open link at the end", "see [x](http://a", "see x(link"],
];

describe("createSpokenAnswer", () => {
  test.each([
    ...corpus.map(({ name, markdown, said: expected }) => [name, markdown, expected] as const),
    ...cases,
  ])("%s is said", (_name, text, expected) => {
    expect(said(text, text.length)).toBe(expected);
    for (const size of [1, 2, 3, 5, 13]) {
      expect(said(text, size).replaceAll("/", " "), `in parts of ${size}`).toBe(
        expected.replaceAll("/", " "),
      );
    }
  });

  test("half a character stays half, also after the code was optimised", () => {
    // 13 characters are the shortest string that V8 keeps as a slice of the longer one; it optimises after some 100 calls.
    for (let round = 0; round < 300; round += 1) expect(said("Done 🎉👍🏽 👨‍👩‍👧 ok", 13)).toBe("Done ok");
  });

  test("F20: addresses and formulas are read in the language of their sentence", () => {
    expect(said("Смотри https://a.b/c.", 3, "ru-RU")).toBe("Смотри ссылка.");
    expect(said("Это $\\frac{1}{2}$, вот. That is $\\frac{1}{2}$ too.", 3)).toBe(
      "Это формула, вот./That is formula too.",
    );
  });

  test("a sentence is out before its block is complete, with the letter that proves its end", () => {
    const answer = createSpokenAnswer("en");
    expect(answer.push("Some **bold** words.")).toEqual([]);
    expect(answer.push(" N")).toMatchObject([{ text: "Some bold words." }]);
    expect(answer.push("ext **ones")).toEqual([]);
    expect(answer.push("? And")).toMatchObject([{ text: "Next ones?" }]);
    expect(answer.push(" more** in the end.\n\n")).toMatchObject([{ text: "And more in the end." }]);
    expect(answer.push("# A heading\n")).toMatchObject([{ text: "A heading" }]);
    expect(answer.push("- An item\n-")).toEqual([]);
    expect(answer.push(" a")).toMatchObject([{ text: "An item" }]);
    answer.end();
    expect(answer.push("यह पहला वाक्य है। दू")).toMatchObject([{ text: "यह पहला वाक्य है।" }]);
  });

  test("the sentence before a fence is out before the fence is over, and the one after it with its first words", () => {
    const answer = createSpokenAnswer("en");
    expect(answer.push("Here it is:\n```js\nlet a;\n")).toMatchObject([{ text: "Here it is:" }]);
    for (let count = 0; count < 500; count += 1) expect(answer.push("x = `1`. Y\n")).toEqual([]);
    expect(answer.push("```\nDone now. A")).toMatchObject([{ text: "Done now." }]);
  });

  test("what marks change that are closed later is neither lost nor said twice", () => {
    expect(said("**Note. This is** important. Let $\\alpha. B$ be. [Well. So](https://a.b) it is.", 1)).toBe(
      "Note./This is important./Let formula be./Well./So it is.",
    );
  });

  test("parts of every size say the same of a long answer", () => {
    const text = sampleAnswer(6_000);
    const letters = (spoken: string): string => spoken.replaceAll(/[^\p{L}\p{N}]/gu, "");
    const whole = letters(said(text, text.length));
    expect(whole.length).toBeGreaterThan(1_500);
    for (const size of [3, 17, 150]) expect(letters(said(text, size))).toBe(whole);
  });

  /** How many characters are parsed, and how many sentences come, of a text in parts of `size` characters. */
  function counted(text: string, size: number): { readonly readChars: number; readonly sentences: number } {
    const parse = vi.fn(parseMarkdown);
    const answer = createSpokenAnswer("en", parse);
    let sentences = 0;
    for (let at = 0; at < text.length; at += size) sentences += answer.push(text.slice(at, at + size)).length;
    sentences += answer.end().length;
    return { readChars: parse.mock.calls.reduce((sum, [source]) => sum + source.length, 0), sentences };
  }

  const hostile = ["[", "<a ", "`", "*", "(", "![", "<!", "&", "|", "> ", "- ", "[](", "\\", "$", "\\("];
  test.each([...hostile, ". A", "「", "_a"])(
    "hostile markup stays cheap and is never lost as a whole: %s",
    (mark) => {
      const text = `start ${mark.repeat(2_000)} end`;
      const { readChars, sentences } = counted(text, 16);
      expect(sentences).toBeGreaterThan(0);
      expect(readChars).toBeLessThan(text.length * 40);
    },
  );

  // Matching one of these looks at all before it, so what a step may cost is the square of their number.
  test.each(["]", "[x]:\n"])(
    "no step reads more than 1,600 marks that each cost a look at all the others: %s",
    (mark) => {
      const text = mark.repeat(6_000);
      const parse = vi.fn(parseMarkdown);
      const answer = createSpokenAnswer("en", parse);
      for (let at = 0; at < text.length; at += 500) answer.push(text.slice(at, at + 500));
      answer.end();
      const marks = parse.mock.calls.map(([source]) => source.match(/[|[\]$]/g)?.length ?? 0);
      expect(Math.max(...marks)).toBeLessThan(1_600);
    },
  );

  test.each([
    ["paragraphs", "Some **bold** text with `code`, a [link](https://x.y/z) and more words.\n\n"],
    ["one list", "- An item, *short*, of a very long list.\n"],
    ["one paragraph", "Some **bold** text with `code` and more words. "],
    ["code", "let x = `1`;\n"],
  ])("what is read of an answer of %s grows with its length only", (name, line) => {
    const text = (name === "code" ? "```\n" : "") + line.repeat(Math.ceil(12_000 / line.length));
    const half = counted(text.slice(0, 6_000), 4).readChars;
    expect(half).toBeLessThan(6_000 * 15);
    expect(counted(text, 4).readChars).toBeLessThan(half * 2.2 + 10_000);
  });

  test("8 MB of code and of text in large parts are no burden", () => {
    const startMs = performance.now();
    expect(said(`Look:\n\`\`\`\n${"x = 1;\n".repeat(1_200_000)}\`\`\`\nDone.`, 4_000)).toBe("Look:/Done.");
    expect(performance.now() - startMs).toBeLessThan(20_000);
  });
});
