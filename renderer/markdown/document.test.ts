import { describe, expect, it } from "vitest";
import { sampleAnswer } from "#renderer/gallery/sample-answer.ts";
import { sized } from "#tests/testing/test-size.ts";
import { parseMarkdown } from "#contract/markdown/parse-markdown.ts";
import { windowChars } from "#contract/markdown/read-window.ts";
import type { Block } from "#contract/markdown/read-blocks.ts";
import { createMarkdownDocument, type DocumentView } from "./document.ts";

/** One document each, with what splits them badly when done naively. */
const corpus: Readonly<Record<string, string>> = {
  paragraphs: "one\ntwo\n\nthree  \nfour\n\n\n\nfive",
  "loose list": "- a\n\n- b\n\n  more of b\n\n- c\n\nend",
  "list with code": "1. a\n\n   ```js\n   x = 1;\n\n   y = 2;\n   ```\n\n2. b\n\n       indented\n\nend",
  "list types": "- a\n- b\n\n* c\n* d\n\n1. e\n2. f\n\n1) g\n",
  "nested lists": "- a\n  - b\n\n    - c\n\n      d\n- e\n\n\n- f\nlazy\n\n g\n",
  "list then indented": "- a\n\n  b\n\nc\n\n    code\n\n    more code\n\nd",
  fences:
    "text\n```ts\nconst a = 1;\n\n\n# no heading\n```\nafter\n\n~~~\n```\n~~~\n\n````md\n```\ninner\n```\n````\n",
  "open fence": "before\n\n```python\nprint(1)\n\nprint(2)\n",
  "open fence without code": "a\n\n```js",
  "indented fence": "  ```\n  a\n    b\n  ```\nend",
  "no fence": "text\n```a`b`` c\nd\n\n``` x ` y\n\nz",
  "fence info": '```c\\+\\+ title="a &amp; b"\ncode\n```\n',
  setext: "Title\n=====\n\ntext\nmore\n---\n\n---\n\nlast\n=",
  headings: "# one #\n## two\ntext\n### three\n\n#four\n####### seven",
  "lazy continuation": "> a\nb\n\n> c\n> d\n\ne\n> - f\ng\n",
  quotations: "> # a\n>\n> ```\n> code\n> ```\n> - b\n>\n>   c\n\n> new\n",
  "html blocks":
    "<div>\n*a*\n\n*b*\n</div>\n\n<!-- x\n\ny -->\n\n<script>\n\nz\n</script>\ntext <b>bold</b>\n",
  tables: "| a | b |\n| - | :-: |\n| 1 | 2 |\n| `|` | 4\n\ntext\n\na | b\n-|-\n1|2\ntext\n\n| no | table |\n",
  "table after text": "words\n| a | b |\n| - | - |\n| 1 | 2 |\n> q\n",
  tasks: "- [ ] open\n- [x] done ~~gone~~\n",
  math: "Inline $a_1$ and $5 and $10 and \\(b\\) here.\n\n$$\nx\n\ny\n$$\n\n\\[\n- a\n= b\n\\]\n\n$$ c $$ \\[d\\] e\n",
  "math within lines":
    "a $$\nx\n$$ b\n\n$$\nc\n\n# d\n$$ e\nf\n\n> $$ g\n> $$ h\n\n- $$\n  i $$\n\n$$ words here\n\n\\[\nj\n\\] k\nl\n\n$$\nopen\n\nend",
  "bracket math": "text\n\\[ a = b\n- c \\]\nmore\n\n\\[ open\n\nnext\n\n\\[x\\](y) no block\n",
  autolinks: "www.example.org and https://example.org/a_b_c. mail me@example.org <https://x.org>\n",
  "hard cases": "a\n    b\n\n\tc\n\n***\n* * *\n- - -\n+\n\n  x\n\n-\n- b\n",
  carriage: "a\r\n\r\n- b\r\n\r\n  c\r\n\r\n```\r\nd\r\n```\r\ne\rf",
  entities: '&copy; &#65; \\* \\[x] `&amp;`\n\n[a](/b "c")\n',
  breaks: "---\n\n***\n___\n\ntext\n***\ntext",
  "definitions before":
    "[a]: https://a.org 'T'\n[b]:\n  <https://b.org>\n\nsee [a], [B][] and [text][a]\n\n![pic][b]\n",
  "definition title below":
    '[a]: https://a.org\n"title\nof two lines"\n\n[a]\n\n[c]: /c\n"no title" here\n[c]\n',
  "footnotes before": "[^1]: The note.\n\n    More of it.\n\n    indented\n\nText[^1] and again[^1].\n",
};

/** Those need what comes after them, and get it when the answer is complete. */
const backward: Readonly<Record<string, string>> = {
  "definitions after":
    "see [a] and [text][b]\n\n- [a]\n\n[a]: https://a.org\n\n> [b]: https://b.org/?a&copy=1 'x \"y\"'\n",
  "footnotes after":
    "Text[^1].\n\n> quoted[^n]\n\n[^1]: One.\n[^n]: Two.\n\n    code\n\n    indented after\n",
  "first definition wins": "[a]\n\n[a]: https://one.org\n\n[a]: https://two.org\n\n[a]\n",
};

function blocksOf(view: DocumentView): readonly Block[] {
  return [...view.groups.flat(), ...view.rest];
}

/** The tree without offsets, which differ by nature; as text, which compares fast. */
function bare(nodes: readonly unknown[]): string {
  return JSON.stringify(nodes, (key, value: unknown) => (key === "position" ? undefined : value), 1);
}

function rendered(view: DocumentView): string {
  return bare(blocksOf(view).map((block) => block.node));
}

function whole(text: string): string {
  return bare(parseMarkdown(text.replace(/\r\n?/g, "\n")));
}

/** A repeatable source of chance. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Feeds `text` in pieces of random lengths, and ends. */
function stream(text: string, random: () => number, maxPiece: number): DocumentView {
  const document = createMarkdownDocument();
  for (let end = 0; end < text.length; end += 1 + Math.floor(random() * maxPiece)) {
    document.update(text.slice(0, end), false);
  }
  return document.update(text, true);
}

describe("streaming in pieces equals parsing the whole", () => {
  it.each(Object.entries({ ...corpus, ...backward }))("%s", (_name, text) => {
    const expected = whole(text);
    expect(rendered(createMarkdownDocument().update(text, true))).toBe(expected);
    for (let seed = 1; seed <= 4; seed += 1) {
      const pieces = stream(text, createRandom(seed), seed % 3 === 0 ? 1 : 12);
      expect(rendered(pieces)).toBe(expected);
    }
  });

  it("documents that are joined at random", () => {
    const random = createRandom(42);
    const texts = Object.values(corpus).filter((text) => !text.includes("]:"));
    for (let round = 0; round < 20; round += 1) {
      const parts = Array.from({ length: 4 }, () => texts[Math.floor(random() * texts.length)] ?? "");
      const text = parts.join(random() < 0.5 ? "\n" : "\n\n");
      expect(rendered(stream(text, random, 40)), JSON.stringify(text)).toBe(whole(text));
    }
  });

  it("a long answer of every kind of block", () => {
    const text = sampleAnswer(16_000);
    expect(rendered(stream(text, createRandom(7), 900))).toBe(whole(text));
  });
});

describe("sealed blocks", () => {
  it("keep their identity while the text grows", () => {
    const document = createMarkdownDocument();
    const text = sampleAnswer(20_000);
    const first = blocksOf(document.update(text.slice(0, 10_000), false)).slice(0, -4);
    const last = blocksOf(document.update(text, true));
    expect(first.length).toBeGreaterThan(40);
    for (const [index, block] of first.entries()) expect(last[index]).toBe(block);
  });

  it("leave groups as they are, once full", () => {
    const document = createMarkdownDocument();
    const text = sampleAnswer(20_000);
    const before = document.update(text.slice(0, 15_000), false).groups;
    const after = document.update(text, true).groups;
    expect(before.length).toBeGreaterThan(2);
    for (const [index, group] of before.entries()) expect(after[index]).toBe(group);
  });

  it("have keys that do not change when they are sealed", () => {
    const document = createMarkdownDocument();
    const live = blocksOf(document.update("a\n\n```js\ncode", false)).at(-1);
    const sealed = blocksOf(document.update("a\n\n```js\ncode\n```\n\nb", false))[1];
    expect(live).toMatchObject({ open: true, node: { type: "code", value: "code", lang: "js" } });
    expect(sealed).toMatchObject({ key: live?.key, node: { type: "code", value: "code" } });
    expect(sealed?.open).toBeUndefined();
  });

  it("are read once: what is parsed per token does not grow with the answer", () => {
    const text = sampleAnswer(40_000);
    const document = createMarkdownDocument();
    document.update(text, false);
    const before = blocksOf(document.update(`${text}\n\nlast`, false));
    const after = blocksOf(document.update(`${text}\n\nlast words`, false));
    // The last line is not complete: the block above it is not sealed yet.
    expect(after.filter((block) => !before.includes(block)).length).toBeLessThanOrEqual(2);
  });
});

describe("text that does not continue the last one", () => {
  it("starts anew", () => {
    const document = createMarkdownDocument();
    document.update("# old\n\n[a]: https://a.org\n\ntext", false);
    expect(rendered(document.update("new [a]\n", true))).toBe(whole("new [a]\n"));
  });

  it("may grow again after it was final", () => {
    const document = createMarkdownDocument();
    document.update("- a\n", true);
    const view = document.update("- a\n- b **bold", true);
    expect(rendered(view)).toBe(whole("- a\n- b **bold"));
  });
});

describe("long and hostile texts", () => {
  /** How many there are of something, of so many at full size. */
  const many = (full: number): number => Math.ceil(full * sized(0.1, 1));
  const manyLines = (line: string, chars: number): string => line.repeat(Math.ceil(chars / line.length));
  const table = `| a | b |\n| - | - |\n${manyLines("| 12345 | 67890 |\n", 16_000)}`;
  const hostile: Readonly<Record<string, string>> = {
    "brackets without end": "[".repeat(many(10_000)),
    "pictures without end": "![".repeat(many(10_000)),
    "links without end": "[a](".repeat(many(5_000)),
    "emphasis without end": "*a_ ".repeat(many(5_000)),
    "deep quotations": `${">".repeat(many(10_000))} a\n\nafter`,
    "deep quotations, spaced": `${"> ".repeat(many(10_000))} a\n`,
    "deep lists": Array.from({ length: many(300) }, (_, index) => `${"  ".repeat(index)}- a`).join("\n"),
    "deep lists on one line": `${"- ".repeat(many(1_000))}a\n`,
    "lists deep by steps": Array.from(
      { length: sized(4, 14) },
      (_, i) => `${" ".repeat(78 * i)}${"- ".repeat(39)}a`,
    ).join("\n"),
    "a line of 50,000 characters": "word ".repeat(10_000),
    "a long line in code": `\`\`\`\n${"x".repeat(many(1_000_000))}\n\`\`\``,
    "a long table": sized(table.slice(0, 1_600), table),
    "a long list": manyLines("- item **b**\n", many(16_000)),
    "a long paragraph": manyLines("some *words* here\n", many(16_000)),
    "dollars without end": "$a ".repeat(many(8_000)),
    "formulas without end": "\\(a ".repeat(many(6_000)),
    "addresses without end": "a@b.c ".repeat(many(4_000)),
    "entities without end": "&amp".repeat(many(4_000)),
    "definitions without end": manyLines("[aaaa]: /u\n", many(12_000)),
    "different definitions": Array.from({ length: many(200) }, (_, index) => `[a${index}]: /u${index}`).join(
      "\n",
    ),
    "a wide table": ["|a", "|-", "|b"].map((cell) => `${cell.repeat(many(1_500))}|\n`).join(""),
    "a table of 60 columns": `${"|a".repeat(60)}|\n${"|-".repeat(60)}|\n${`${"|b".repeat(60)}|\n`.repeat(many(80))}`,
    "one formula after another": "$x^2$ ".repeat(many(1_000)),
    "backticks of every length": Array.from({ length: many(400) }, (_, index) => "`".repeat(index + 1)).join(
      " ",
    ),
  };

  it.each(Object.entries(hostile))("%s: steps are short, and pieces give the same", (name, text) => {
    const steps = createMarkdownDocument();
    let count = 0;
    let once: DocumentView | undefined;
    while (once?.settled !== true) {
      once = steps.update(text, true, () => true);
      count += 1;
    }
    // No step reads more than a window; only fenced code, which is not parsed, is read at once.
    expect(count).toBeGreaterThanOrEqual(
      name.includes("in code") ? 1 : Math.floor(text.length / windowChars),
    );
    const pieces = createMarkdownDocument();
    for (let end = 0; end < text.length; end += Math.max(4_999, Math.floor(text.length / 5))) {
      pieces.update(text.slice(0, end), false);
    }
    expect(rendered(pieces.update(text, true))).toBe(rendered(once));
  });

  it("cut a long list between its items, and number the rest on", () => {
    const text = Array.from({ length: 1_000 }, (_, index) => `${index + 1}. item number ${index + 1}`).join(
      "\n",
    );
    const lists = blocksOf(createMarkdownDocument().update(text, true)).map(({ node }) => node);
    expect(lists.length).toBeGreaterThan(1);
    let next = 1;
    for (const list of lists) {
      if (list.type !== "list") throw new Error(`A ${list.type} came.`);
      expect(list.start).toBe(next);
      next += list.children.length;
    }
    expect(next).toBe(1_001);
  });

  it("cut a long table between its rows, and keep its columns", () => {
    const blocks = blocksOf(createMarkdownDocument().update(table, true));
    expect(blocks.every(({ node }) => node.type === "table")).toBe(true);
    expect(blocks.map(({ continued }) => continued ?? false)).toEqual(blocks.map((_, index) => index > 0));
  });

  it("do not tear a character apart", () => {
    const text = "a" + "\u{1F426}".repeat(windowChars);
    const values = blocksOf(createMarkdownDocument().update(text, true)).map(({ node }) =>
      node.type === "paragraph" && node.children[0]?.type === "text" ? node.children[0].value : "",
    );
    expect(values.join("")).toBe(text);
    expect(values.every((value) => value.isWellFormed())).toBe(true);
  });
});
