import { expect, it, vi } from "vitest";
import { sampleAnswer } from "#renderer/gallery/sample-answer.ts";
import { parseMarkdown } from "#contract/markdown/parse-markdown.ts";
import { createMarkdownDocument } from "./document.ts";

/** A document, and how many characters were parsed for it since the last `reset`. */
function countedDocument() {
  const count = vi.fn(parseMarkdown);
  return {
    document: createMarkdownDocument(count),
    parsedChars: () => count.mock.calls.reduce((sum, [source]) => sum + source.length, 0),
    reset: () => count.mockClear(),
  };
}

it("parses the tail only, however long the answer is", () => {
  const { document, parsedChars, reset } = countedDocument();
  const text = sampleAnswer(60_000);
  const perPart: number[] = [];
  for (let part = 0; part < 3; part += 1) {
    reset();
    for (let at = 0; at < 20_000; at += 50) document.update(text.slice(0, part * 20_000 + at), false);
    perPart.push(parsedChars());
  }
  const [first = 0, , last = 0] = perPart;
  expect(first).toBeGreaterThan(20_000);
  expect(last).toBeLessThan(first * 1.5);
});

it("parses nothing when nothing came", () => {
  const { document, parsedChars, reset } = countedDocument();
  const text = sampleAnswer(20_000);
  const view = document.update(text, true);
  expect(parsedChars()).toBeGreaterThan(0);
  reset();
  expect(document.update(text, true).groups).toEqual(view.groups);
  expect(parsedChars()).toBe(0);
});
