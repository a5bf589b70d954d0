import { describe, expect, test } from "vitest";
import { mergeText } from "./merge-text.ts";
import { limitMs } from "#tests/testing/test-size.ts";

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

  test.each([
    ["a shorter snapshot", "open the mail", "open the", "open the mail"],
    ["a part of it", "write to Anna now", "Anna", "write to Anna now"],
    ["a part of it with spaces", "write to Anna now", " Anna ", "write to Anna now"],
    ["its last words", "write to Anna now", "Anna now", "write to Anna now"],
    ["one that grew at its front", "what is", "so what is this", "so what is this"],
    ["one that moved in the middle of a word", "hello wor", "world foo", "hello world foo"],
    ["the same in Russian", "позови Ан", "Анну сюда", "позови Ан Анну сюда"],
    ["the same in Russian, longer", "позови Анн", "Анну сюда", "позови Анну сюда"],
    ["another piece", "open", "the mail", "open the mail"],
    ["a word that was said long before", "the cat sat on", "the", "the cat sat on the"],
    ["an answer that repeats", "no problem, yes", "no", "no problem, yes no"],
    ["a word that is inside another word", "category", "cat", "category cat"],
    [
      "capitals and punctuation that changed",
      "open the mail.",
      "Open the mail, please",
      "Open the mail, please",
    ],
    ["the same, moved", "So I like tea.", "Tea and milk", "So I like Tea and milk"],
    ["another composition of letters", "café", "cafe\u0301 now", "cafe\u0301 now"],
    ["Chinese that moved", "今天天气", "天气很好", "今天天气很好"],
    ["Chinese that shrank", "今天天气很好", "天气", "今天天气很好"],
    ["Chinese that goes on", "今天", "天很好", "今天天很好"],
    ["an emoji", "say 😀", "😀 again", "say 😀 again"],
    ["repeated words", "turn left turn", "left turn right", "turn left turn right"],
    ["an article before a word that begins so", "I want a", "apple", "I want a apple"],
    ["Japanese that moved", "カレンダーを", "ダーを開いて", "カレンダーを開いて"],
    ["another piece in Thai", "สวัสดี", "ครับ", "สวัสดีครับ"],
    ["Thai with a vowel at the seam", "ดี", "ดีครับ", "ดีครับ"],
    ["Russian letters that are written in two ways", "принеси ещё", "еще чаю", "принеси еще чаю"],
    ["a flag", "to \u{1F1E9}\u{1F1EA}", "\u{1F1E9}\u{1F1EA} now", "to \u{1F1E9}\u{1F1EA} now"],
    [
      "an emoji of several",
      "say \u{1F469}\u200D\u{1F4BB}",
      "\u{1F469}\u200D\u{1F4BB} again",
      "say \u{1F469}\u200D\u{1F4BB} again",
    ],
    ["Korean that moved in the middle of a word", "메일을 열어", "열어줘 지금", "메일을 열어줘 지금"],
    ["Korean in another composition", "메일을".normalize("NFD"), "메일을 열어줘", "메일을 열어줘"],
    ["Arabic with and without vowels", "افتح البريد", "البَريد الآن", "افتح البَريد الآن"],
    ["German capitals", "die STRASSE", "Straße frei", "die Straße frei"],
    ["wide digits", "call １２３", "123 now", "call 123 now"],
    ["an apostrophe that curls", "I don't", "don\u2019t know", "I don\u2019t know"],
    ["a soft hyphen", "open the calen\u00ADdar", "calendar now", "open the calendar now"],
    ["Hindi", "मेल खोलो", "खोलो अभी", "मेल खोलो अभी"],
    ["Korean, which has spaces", "메일을", "열어줘", "메일을 열어줘"],
  ])("W7: %s: %j + %j", (_, before, added, merged) => {
    expect(mergeText(before, added)).toBe(merged);
  });

  test("is quick for long texts that nearly overlap everywhere, and for a row of marks", () => {
    const started = performance.now();
    mergeText("a ".repeat(100_000), `${"a ".repeat(100_000)}b`);
    mergeText("a".repeat(200_000), "a".repeat(2_000) + "b");
    mergeText(`a${"\u0301\u0316".repeat(60_000)}`, "b");
    expect(performance.now() - started).toBeLessThan(limitMs(5_000, 500));
  });
});
