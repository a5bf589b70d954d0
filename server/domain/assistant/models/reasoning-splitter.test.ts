import { describe, expect, test } from "vitest";
import { ReasoningSplitter, type SaidPiece } from "./reasoning-splitter.ts";

interface Split {
  readonly text: string;
  readonly reasoning: string;
  readonly calls?: string;
}

function split(pieces: readonly string[]): Split {
  const splitter = new ReasoningSplitter();
  const said: SaidPiece[] = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
  return said.reduce<Split>(
    (sum, piece) => {
      if (piece.type === "call") {
        return { ...sum, calls: `${sum.calls ?? ""}${piece.tool}(${piece.input})` };
      }
      const { text, reasoning } = sum;
      return piece.type === "text"
        ? { ...sum, text: text + piece.text }
        : {
            ...sum,
            text: piece.takesText ? "" : text,
            reasoning: reasoning + (piece.takesText ? text : "") + piece.text,
          };
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
  ["Gemma's marks", "<|channel>thought\na<channel|>b<turn|>", { reasoning: "a", text: "b" }],
  [
    "gpt-oss's marks",
    "<|channel|>analysis<|message|>a < b<|end|><|start|>assistant<|channel|>final<|message|>c `<d>`.<|return|>",
    { reasoning: "a < b", text: "c `<d>`." },
  ],
  [
    "gpt-oss's marks without the first one, and without the last end",
    "a.<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>{}",
    { reasoning: "a.", text: "{}" },
  ],
  [
    "gpt-oss without its marks",
    "analysisWe think.assistantfinalHello",
    { reasoning: "We think.", text: "Hello" },
  ],
  [
    "a name that begins like that",
    "analysisResults is a list",
    { reasoning: "", text: "analysisResults is a list" },
  ],
  [
    "a message to a tool, and one before it to the user",
    '<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>commentary<|message|>I look.<|end|><|start|>assistant<|channel|>commentary to=functions.see <|constrain|>json<|message|>{"x":1}<|call|>',
    { reasoning: "a", text: "I look.", calls: 'see({"x":1})' },
  ],
  [
    "a message of a tool that the model made up",
    "<|start|>functions.see to=assistant<|channel|>commentary<|message|>a<|end|><|start|>assistant<|message|>b",
    { reasoning: "a", text: "b" },
  ],
  [
    "two messages to the user",
    "<|channel|>commentary<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b",
    { reasoning: "", text: "a\n\nb" },
  ],
  [
    "a call between marks, behind words",
    'Hm. <tool_call>\n{"name": "see", "arguments": {"x": 1}}\n</tool_call>',
    { reasoning: "", text: "Hm. ", calls: 'see({"x":1})' },
  ],
  [
    "marks of a call around something else",
    "<tool_call>x</tool_call> y",
    { reasoning: "", text: "<tool_call>x</tool_call> y" },
  ],
  [
    "marks of gpt-oss in code",
    "`<|channel|>final<|message|>` x",
    { reasoning: "", text: "`<|channel|>final<|message|>` x" },
  ],
  ["the end of a turn behind it", "```\na\n```<|im_end|>\n", { reasoning: "", text: "```\na\n```" }],
  ["the end of a turn in the middle", "a <|im_end|> b", { reasoning: "", text: "a <|im_end|> b" }],
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

describe("W4: what is kept back stays small", () => {
  test.each([
    ["line feeds without an end", "\n", 0],
    ["a call without an end", '<tool_call>{"a', 1_500_000],
    ["a message to a tool without an end", "<|channel|>commentary to=f<|message|>a", 1_500_000],
  ])("%s", (_, said, least) => {
    const splitter = new ReasoningSplitter();
    splitter.push(said);
    let given = 0;
    for (let at = 0; at < 2_000; at += 1)
      for (const piece of splitter.push(said.endsWith("\n") ? "\n".repeat(1_000) : "b".repeat(1_000)))
        given += "text" in piece ? piece.text.length : 0;
    expect(given).toBeGreaterThanOrEqual(least);
    const rest = splitter.end().reduce((sum, piece) => sum + piece.text.length, 0);
    expect(rest).toBeLessThan(300_000);
  });
});
