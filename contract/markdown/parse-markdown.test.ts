import { describe, expect, test } from "vitest";
import { sampleAnswer } from "#renderer/gallery/sample-answer.ts";
import { parseMarkdown } from "./parse-markdown.ts";
import { corpus } from "./testing/corpus.ts";

/** The blocks, wherever they stand. */
function blocksOf(markdown: string): readonly unknown[] {
  const withoutPosition = (key: string, value: unknown): unknown => (key === "position" ? undefined : value);
  return JSON.parse(JSON.stringify(parseMarkdown(markdown), withoutPosition)) as readonly unknown[];
}

describe("parseMarkdown", () => {
  test.each([...corpus, { name: "a long answer", markdown: sampleAnswer(6_000) }])(
    "reads the same in a text with and without a mail address: $name",
    ({ markdown }) => {
      expect(blocksOf(`@\n\n${markdown}`).slice(1)).toEqual(blocksOf(markdown));
    },
  );

  test.each([
    ["write to a@b.example", "mailto:a@b.example"],
    ["write to a\\@b.example", "mailto:a@b.example"],
    ["write to a&#64;b.example", "mailto:a@b.example"],
    ["write to a&commat;b.example", "mailto:a@b.example"],
    ["see HTTPS://b.example", "HTTPS://b.example"],
    ["see http:\\/\\/b.example", "http://b.example"],
    ["see http\\://b.example", "http://b.example"],
    ["see http&#58;//b.example", "http://b.example"],
    ["see WWW.b.example", "http://WWW.b.example"],
    ["see www\\.b.example", "http://www.b.example"],
    ["see www&period;b.example", "http://www.b.example"],
  ])("finds the address in: %s", (markdown, url) => {
    expect(blocksOf(markdown)).toMatchObject([{ children: [{ type: "text" }, { type: "link", url }] }]);
  });

  test.each(["*a*", "_a_", "~~a~~"])(
    "shows more than 400 runs of emphasis marks as they are: %s",
    (marked) => {
      const text = `${marked} `.repeat(300).trim();
      expect(blocksOf(text)).toEqual([{ type: "paragraph", children: [{ type: "text", value: text }] }]);
    },
  );
});
