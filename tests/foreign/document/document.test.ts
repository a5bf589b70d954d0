import { describe, expect, test } from "vitest";
import { readDocument } from "./blocks.ts";
import { compareAnswer } from "./compare-answer.ts";

const ID = "0e1f2a3b-4c5d-4e6f-8a9b-0c1d2e3f4a5b";
const printed = [
  "HTTP/1.1 200 OK",
  "Content-Type: application/json; charset=utf-8",
  "Cache-Control: no-store",
  "",
  `{"id":"${ID}","seconds":900,"list":["a-b","c-d"]}`,
].join("\r\n");

function http(text: string): readonly string[] {
  return compareAnswer({ line: 1, kind: "http", text }, printed);
}

describe("an answer as documented", () => {
  test.each([
    '{ "id": "<uuid>", "seconds": <number>, "list": ["a-b", "c-d"] }',
    '{ "list": ["<text>", "..."], "seconds": 900, "id": "<uuid>" }',
  ])("is taken: %s", (body) => {
    expect(http(`HTTP/1.1 200 OK\ncache-control: no-store\n\n${body}`)).toEqual([]);
  });

  test.each([
    ["another status", "HTTP/1.1 201 Created", '{ "id": "<uuid>", "seconds": 900, "list": ["a-b", "c-d"] }'],
    [
      "a header that does not come",
      "HTTP/1.1 200 OK\nretry-after: 1",
      '{ "id": "<uuid>", "seconds": 900, "list": ["a-b", "c-d"] }',
    ],
    ["a field too few", "HTTP/1.1 200 OK", '{ "id": "<uuid>", "seconds": 900 }'],
    [
      "a field too many",
      "HTTP/1.1 200 OK",
      '{ "id": "<uuid>", "seconds": 900, "list": ["a-b", "c-d"], "x": 1 }',
    ],
    ["another kind of value", "HTTP/1.1 200 OK", '{ "id": "<jwt>", "seconds": 900, "list": ["a-b", "c-d"] }'],
    [
      "a number in quotes",
      "HTTP/1.1 200 OK",
      '{ "id": "<uuid>", "seconds": "<number>", "list": ["a-b", "c-d"] }',
    ],
    ["a shorter list", "HTTP/1.1 200 OK", '{ "id": "<uuid>", "seconds": 900, "list": ["a-b"] }'],
    ["no body at all", "HTTP/1.1 200 OK", ""],
  ])("is not taken with %s", (_name, head, body) => {
    expect(http(`${head}\n\n${body}`)).toHaveLength(1);
  });

  test("of lines needs each of them, in order", () => {
    const lines = (text: string) => compareAnswer({ line: 1, kind: "text", text }, "one\n2\nthree\n");
    expect(lines("one\n<number>\nthree")).toEqual([]);
    expect(lines("one\n...")).toEqual([]);
    for (const wrong of ["one\nthree", "one\n2", "three\n...\none", "...\nfour"]) {
      expect(lines(wrong)).toHaveLength(1);
    }
  });
});

describe("a document", () => {
  test("is its commands with their answers", () => {
    expect(readDocument("# A\n```sh\ncurl a\n```\nText\n```http\nHTTP/1.1 200 OK\n```\n")).toEqual([
      {
        line: 2,
        kind: "command",
        script: "curl a",
        answer: { line: 6, kind: "http", text: "HTTP/1.1 200 OK" },
      },
    ]);
  });

  test.each([
    ["an answer to nothing", "```http\nHTTP/1.1 200 OK\n```"],
    ["two answers", "```sh\na\n```\n```text\nb\n```\n```text\nb\n```"],
    ["a block that nobody runs", "```json\n{}\n```"],
    ["a block without an end", "```sh\ncurl a"],
  ])("may not hold %s", (_name, text) => {
    expect(() => readDocument(text)).toThrow(/^line \d+: /);
  });
});
