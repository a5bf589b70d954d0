import { describe, expect, test } from "vitest";
import { ReasoningSplitter, type SaidPiece } from "./reasoning-splitter.ts";

interface Split {
  readonly text: string;
  readonly reasoning: string;
}

function split(pieces: readonly string[]): Split {
  const splitter = new ReasoningSplitter();
  const said: SaidPiece[] = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
  return said.reduce<Split>(
    ({ text, reasoning }, piece) =>
      piece.type === "text"
        ? { text: text + piece.text, reasoning }
        : {
            text: piece.takesText ? "" : text,
            reasoning: reasoning + (piece.takesText ? text : "") + piece.text,
          },
    { text: "", reasoning: "" },
  );
}

const cases: readonly (readonly [name: string, said: string, wanted: Split])[] = [
  ["marks around it", "<think>a</think>b", { reasoning: "a", text: "b" }],
  ["white space around the marks", "\n<think>\na\n</think>\n\nb c", { reasoning: "a\n", text: "b c" }],
  ["another name", "<thinking>a</thinking>b", { reasoning: "a", text: "b" }],
  ["capitals", "<Reasoning>a</REASONING>b", { reasoning: "a", text: "b" }],
  ["Mistral's marks", "[THINK]a[/THINK]b", { reasoning: "a", text: "b" }],
  ["Kimi's marks", "◁think▷a◁/think▷b", { reasoning: "a", text: "b" }],
  ["an end alone", "a\n</think>\nb", { reasoning: "a\n", text: "b" }],
  ["no end", "<think>a < b", { reasoning: "a < b", text: "" }],
  ["nothing in it", "<think>\n\n</think>\n\nb", { reasoning: "", text: "b" }],
  ["twice", "<think>a</think>b <think>c</think>d", { reasoning: "ac", text: "b d" }],
  ["no marks, and white space in front", "  a <b> [c] ", { reasoning: "", text: "  a <b> [c] " }],
  [
    "an end in code",
    "Write `</think>` so:\n```\n</think>\n```\n",
    { reasoning: "", text: "Write `</think>` so:\n```\n</think>\n```\n" },
  ],
  ["a beginning in the middle", "An <think> tag", { reasoning: "", text: "An <think> tag" }],
  ["half a mark at the end", "a </thi", { reasoning: "", text: "a </thi" }],
];

describe("F13: reasoning", () => {
  test.each(cases)("%s, whole", (_, said, wanted) => {
    expect(split([said])).toEqual(wanted);
  });

  test.each(cases)("%s, split at every place", (_, said, wanted) => {
    expect(split([...said])).toEqual(wanted);
    for (let at = 1; at < said.length; at += 1)
      expect(split([said.slice(0, at), said.slice(at)])).toEqual(wanted);
  });
});
