import { expect, it } from "vitest";
import { createDocumentCache, type Reading } from "./document-cache.ts";
import { createMarkdownDocument } from "./document.ts";

function read(text: string, final: boolean): Reading {
  const document = createMarkdownDocument();
  return { document, text, final, view: document.update(text, final, () => true) };
}

const chapter = (name: string, chars = 2_000): string =>
  `${name} `.repeat(Math.ceil(chars / (name.length + 1)));

it("gives back what was read of a text, to one reader only", () => {
  const cache = createDocumentCache();
  const reading = read(chapter("one"), true);
  cache.put(reading);
  cache.put(read(chapter("two"), true));
  expect(cache.take(reading.text)).toBe(reading);
  expect(cache.take(reading.text)).toBeUndefined();
});

it("gives back a text that has grown since, unless it was at its end", () => {
  const cache = createDocumentCache();
  const growing = read(chapter("growing"), false);
  const ended = read(chapter("ended"), true);
  cache.put(growing);
  cache.put(ended);
  expect(cache.take(`${ended.text}more`)).toBeUndefined();
  expect(cache.take(`${growing.text}more`)).toBe(growing);
});

it("forgets a document that is in use again", () => {
  const cache = createDocumentCache();
  const reading = read(chapter("used"), true);
  cache.put(reading);
  cache.remove(reading.document);
  expect(cache.take(reading.text)).toBeUndefined();
});

it("does not keep texts that are read in no time", () => {
  const cache = createDocumentCache();
  cache.put(read("short", true));
  expect(cache.take("short")).toBeUndefined();
});

it("keeps the latest 256 KB", () => {
  const cache = createDocumentCache();
  const texts = Array.from({ length: 6 }, (_, index) => chapter(`part${index}`, 60_000));
  for (const text of texts) cache.put(read(text, true));
  expect(texts.map((text) => cache.take(text) !== undefined)).toEqual([false, false, true, true, true, true]);
});

it("keeps the last one however long it is, so that it is read to its end", () => {
  const cache = createDocumentCache();
  const long = read(chapter("long", 600_000), true);
  cache.put(read(chapter("other"), true));
  cache.put(long);
  expect(long.view.settled).toBe(false);
  expect(cache.take(long.text)).toBe(long);
  expect(cache.take(chapter("other"))).toBeUndefined();
});
