import { describe, expect, test } from "vitest";
import { fixtures } from "#tests/doubles/model-servers/fixtures.ts";
import type { Ending, Fixture } from "#tests/doubles/model-servers/fixture.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import type { AnswerPart, AnswerRequest, ModelMessage } from "../ports.ts";
import { collect, modelAt, never, textOf, toolNamed } from "./model-test-kit.ts";
import { AnswerNormaliser } from "./wire/answer-normaliser.ts";

const OLDER: readonly ModelMessage[] = [
  { role: "user", text: "Who are you?" },
  { role: "assistant", text: "Pipit." },
];

function requestOf({ asks = [] }: Fixture, ran: unknown[]): AnswerRequest {
  const calculator = toolNamed("calculator", (input) => {
    ran.push(["calculator", input]);
    return Promise.resolve({ value: 42, summary: "42" });
  });
  const image = asks.includes("image") ? { images: [new Uint8Array([0xff, 0xd8, 0xff])] } : {};
  return {
    messages: [
      ...(asks.includes("system") ? [{ role: "system", text: "Be short." } as const] : []),
      ...(asks.includes("history") ? OLDER : []),
      { role: "user", text: "Hello?", ...image },
    ],
    tools: asks.includes("tools") ? [calculator] : [],
    locale: "en",
  };
}

/** What a person would see of the parts in the end. */
function endingOf(parts: readonly AnswerPart[], ran: unknown[], error: unknown): Ending {
  let shown = "";
  let reasoning = "";
  for (const part of parts) {
    if (part.type === "reasoning" && part.takesText) [shown, reasoning] = ["", reasoning + shown];
    if (part.type === "text") shown += part.text;
    if (part.type === "reasoning") reasoning += part.text;
  }
  const notices = parts.flatMap((part) => (part.type === "notice" ? [part.code] : []));
  const usage = parts.find((part) => part.type === "usage");
  return {
    ...(shown === "" ? {} : { text: shown }),
    ...(reasoning === "" ? {} : { reasoning }),
    ...(notices.length === 0 ? {} : { notices }),
    ...(ran.length === 0 ? {} : { ran: ran as NonNullable<Ending["ran"]> }),
    ...(usage === undefined ? {} : { tokens: [usage.inputTokens, usage.outputTokens] }),
    ...(error === undefined ? {} : { error: [codeOf(error), (error as Error).message] }),
  };
}

function codeOf(error: unknown): string {
  return (error as { code: string }).code;
}

const named = fixtures.map((fixture) => {
  const { row, server, issue = "", quirk } = fixture;
  return [`${row}: ${server} ${issue}: ${quirk}`.replace(" :", ":"), fixture] as const;
});

describe.each(named)("%s", (_, fixture) => {
  test("ends as it must", async () => {
    await using double = await startOpenAiDouble(fixture.replies);
    const ran: unknown[] = [];
    const { parts, error } = await collect(modelAt(double.url).answer(requestOf(fixture, ran), never));
    const { error: wanted, tokens, ...ends } = fixture.ends;
    const seen = endingOf(parts, ran, error);
    expect(seen).toEqual({
      ...ends,
      ...(wanted === undefined ? { tokens: tokens ?? [0, 0] } : {}),
      ...(wanted === undefined ? {} : { error: [wanted[0], expect.stringContaining(wanted[1])] }),
    });
    expect(double.requests).toHaveLength(fixture.replies.length);
  });
});

test("F7: a long answer that is not streamed is read at once, in small pieces as over many lines", () => {
  const whole = { choices: [{ message: { content: "Hello. ".repeat(300_000) } }] };
  const lines = Array.from({ length: 3_000 }, () => ({ token: "a", top: [{ token: "b" }] }));
  const long = [
    JSON.stringify(whole),
    JSON.stringify({ choices: [{ message: { content: "Hi" }, logprobs: lines }] }, null, 2),
  ];
  const before = process.cpuUsage();
  for (const body of long) {
    const normaliser = new AnswerNormaliser();
    let events = "";
    for (let at = 0; at < body.length; at += 1_024)
      events += normaliser.push(Buffer.from(body.slice(at, at + 1_024)));
    expect(events + normaliser.end()).toContain('data: {"choices":[{"delta":{"content":"H');
  }
  // It took 10 s while each piece, and each line, went through all before it.
  expect(process.cpuUsage(before).user / 1_000).toBeLessThan(3_000);
});

test("F7: the pieces in which the bytes come make no difference", () => {
  const whole = fixtures.flatMap(({ replies }) => replies.filter(({ status }) => status === 200));
  for (const { pieces } of whole) {
    const bytes = Buffer.from(pieces.join(""));
    const said = (step: number): string => {
      const normaliser = new AnswerNormaliser();
      let events = "";
      for (let at = 0; at < bytes.length; at += step)
        events += normaliser.push(bytes.subarray(at, at + step));
      return events + normaliser.end();
    };
    const once = said(bytes.length);
    for (const step of [1, 2, 3, 7]) expect(said(step)).toBe(once);
  }
});

test("text that comes faster than it is read is one piece, in its place between what else comes", () => {
  const event = (delta: object): string => `data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`;
  const texts = (mark: string) => Array.from({ length: 20 }, (_, at) => event({ content: `${mark}${at} ` }));
  const events = [...texts("a"), event({ reasoning_content: "hm" }), ...texts("b"), "data: [DONE]\n\n"];
  const deltasOf = (wire: string): readonly object[] =>
    [...wire.matchAll(/^data: (\{.*\})$/gm)].map(
      ([, json = ""]) => (JSON.parse(json) as { choices: { delta: object }[] }).choices[0]?.delta ?? {},
    );
  const joined = (mark: string) => Array.from({ length: 20 }, (_, at) => `${mark}${at} `).join("");
  expect(deltasOf(new AnswerNormaliser().push(Buffer.from(events.join(""))))).toEqual([
    { content: joined("a") },
    { reasoning_content: "hm" },
    { content: joined("b") },
    {},
  ]);
  const slow = new AnswerNormaliser();
  expect(deltasOf(events.map((one) => slow.push(Buffer.from(one))).join(""))).toHaveLength(42);
});

test("F1: what the system says goes into the first question where a template has no system", async () => {
  const gemma = fixtures.find(({ quirk }) => quirk.startsWith("a template without a system"));
  if (gemma === undefined) throw new Error("The fixture is gone.");
  await using double = await startOpenAiDouble(gemma.replies);
  const model = modelAt(double.url);
  for (let question = 0; question < 2; question += 1)
    await collect(model.answer(requestOf(gemma, []), never));
  expect(double.requests.map(({ messages }) => messages.map(({ role, content }) => [role, content]))).toEqual(
    [
      [
        ["system", "Be short."],
        ["user", "Hello?"],
      ],
      [["user", "Be short.\n\nHello?"]],
      [["user", "Be short.\n\nHello?"]],
    ],
  );
});

test("F5: only plain words switch a model's tools off for good", async () => {
  const groq = fixtures.find(({ quirk }) => quirk.startsWith("the model called a tool wrongly"));
  const ollama = fixtures.find(({ quirk }) => quirk.startsWith("a model without tools"));
  for (const [fixture, offered] of [
    [groq, [1, 0, 1]],
    [ollama, [1, 0, 0]],
  ] as const) {
    if (fixture === undefined) throw new Error("The fixture is gone.");
    await using double = await startOpenAiDouble(fixture.replies);
    const model = modelAt(double.url);
    for (let question = 0; question < 2; question += 1) {
      const { parts } = await collect(model.answer(requestOf(fixture, []), never));
      expect(textOf(parts)).toBe("Here it is.");
    }
    expect(double.requests.map(({ tools }) => tools.length)).toEqual(offered);
  }
});
