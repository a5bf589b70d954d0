import { describe, expect, test } from "vitest";
import { mergeText } from "./merge-text.ts";
import { sized } from "#tests/testing/test-size.ts";

describe("mergeText", () => {
  test.each([
    ["", "hello", "hello"],
    ["hello", "", "hello"],
    ["what is", "what is the time", "what is the time"],
    ["what is the", "the time in Paris", "what is the time in Paris"],
    ["tell me what is", "what is the time", "tell me what is the time"],
    ["I like cat", "to be honest", "I like cat to be honest"],
    ["который", "час", "который час"],
    ["который час", "час в Париже", "который час в Париже"],
    ["one ", "two", "one two"],
    ["one", "\ntwo", "one\ntwo"],
    ["one", ", two", "one, two"],
    ["same", "same", "same"],
  ])("%j + %j", (before, added, merged) => {
    expect(mergeText(before, added)).toBe(merged);
  });

  test("is quick for long texts that nearly overlap everywhere", () => {
    const started = performance.now();
    mergeText("a ".repeat(100_000), `${"a ".repeat(100_000)}b`);
    mergeText("a".repeat(200_000), "a".repeat(2_000) + "b");
    expect(performance.now() - started).toBeLessThan(sized(5_000, 500));
  });
});
