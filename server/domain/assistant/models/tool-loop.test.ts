import { describe, expect, test } from "vitest";
import {
  callTool,
  say,
  stream,
  streamWithUsage,
  type ChatRequest,
  type Reply,
  type Step,
} from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import type { AnswerPart } from "../ports.ts";
import { ask, collect, modelAt, never, textOf, toolNamed } from "./model-test-kit.ts";

const calculator = toolNamed("calculator", (input) =>
  Promise.resolve({ value: input, summary: `got ${JSON.stringify(input)}` }),
);

/** Messages of the last request after the question: what the model is told of its own calls. */
function toldIn(request: ChatRequest | undefined): readonly unknown[] {
  return request?.messages.slice(1) ?? [];
}

function toolLines(parts: readonly AnswerPart[]): string[] {
  return parts.flatMap((part) =>
    part.type === "tool" ? [`${part.callId} ${part.state} ${part.summary}`] : [],
  );
}

/** An answer with a finish of its own, as the double itself never ends. */
function ending(reason: string, delta: unknown): Reply {
  const chunk = { id: "1", choices: [{ index: 0, delta, finish_reason: reason }] };
  return {
    kind: "http",
    status: 200,
    headers: { "content-type": "text/event-stream" },
    body: `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`,
  };
}

function reasoning(text: string): Step {
  const chunk = { id: "1", choices: [{ index: 0, delta: { reasoning_content: text } }] };
  return { kind: "raw", raw: `data: ${JSON.stringify(chunk)}\n\n` };
}

describe("several calls in one step", () => {
  test("run side by side; each end is told as it comes, the model hears them in its own order", async () => {
    const secondDone = Promise.withResolvers<void>();
    const first = toolNamed("first", async () => {
      await secondDone.promise;
      return { value: "1st", summary: "first ended" };
    });
    const second = toolNamed("second", () => Promise.resolve({ value: "2nd", summary: "second ended" }));
    await using double = await startOpenAiDouble([
      stream(callTool("first", {}, "a"), callTool("second", { expression: "x" }, "b")),
      stream(say("Both.")),
    ]);
    const parts: AnswerPart[] = [];
    for await (const part of modelAt(double.url).answer(ask("?", { tools: [first, second] }), never)) {
      parts.push(part);
      if (part.type === "tool" && part.callId === "b" && part.state === "done") secondDone.resolve();
    }
    expect(toolLines(parts)).toEqual([
      "a started first",
      "b started second: x",
      "b done second ended",
      "a done first ended",
    ]);
    expect(textOf(parts)).toBe("Both.");
    expect(toldIn(double.requests[1])).toEqual([
      {
        role: "assistant",
        content: null,
        tool_calls: [
          { id: "a", type: "function", function: { name: "first", arguments: "{}" } },
          { id: "b", type: "function", function: { name: "second", arguments: '{"expression":"x"}' } },
        ],
      },
      { role: "tool", tool_call_id: "a", content: "1st" },
      { role: "tool", tool_call_id: "b", content: "2nd" },
    ]);
  });

  test("one that fails leaves the others alone", async () => {
    const broken = toolNamed("broken", () => Promise.reject(new Error("out of order")));
    await using double = await startOpenAiDouble([
      stream(callTool("broken", {}, "a"), callTool("calculator", {}, "b"), callTool("teleport", {}, "c")),
      stream(say("One of three.")),
    ]);
    const { parts } = await collect(
      modelAt(double.url).answer(ask("?", { tools: [broken, calculator] }), never),
    );
    expect(toolLines(parts).slice(3).toSorted()).toEqual([
      "a failed broken: out of order",
      "b done got {}",
      "c failed teleport: the model called it wrongly",
    ]);
    expect(textOf(parts)).toBe("One of three.");
  });
});

describe("a call that cannot be run", () => {
  test.each([
    ["broken JSON", callTool("calculator", "{broken"), "are not JSON"],
    [
      "an unknown name",
      callTool("teleport", { to: "Mars" }),
      'no tool "teleport" now. There are: calculator.',
    ],
  ])("%s: the model is told why, with arguments that parse", async (_, call, why) => {
    await using double = await startOpenAiDouble([stream(call), stream(say("Never mind."))]);
    await collect(modelAt(double.url).answer(ask("?", { tools: [calculator] }), never));
    const [assistant, result] = toldIn(double.requests[1]) as [
      { tool_calls: { function: { arguments: string } }[] },
      { content: string },
    ];
    expect(JSON.parse(assistant.tool_calls[0]?.function.arguments ?? "")).toBeTypeOf("object");
    expect(result.content).toContain(why);
  });

  test.each([
    ["", "{}"],
    ["[1]", "[1]"],
  ])("arguments %j reach the tool as %s: it checks them itself", async (args, seen) => {
    await using double = await startOpenAiDouble([stream(callTool("calculator", args)), stream(say("ok"))]);
    const { parts } = await collect(modelAt(double.url).answer(ask("?", { tools: [calculator] }), never));
    expect(parts[1]).toMatchObject({ state: "done", summary: `got ${seen}` });
  });

  test("a result that JSON cannot hold does not end the answer", async () => {
    const huge = toolNamed("huge", () => Promise.resolve({ value: 1n, summary: "huge" }));
    await using double = await startOpenAiDouble([stream(callTool("huge", {})), stream(say("Fine."))]);
    const { parts } = await collect(modelAt(double.url).answer(ask("?", { tools: [huge] }), never));
    expect(textOf(parts)).toBe("Fine.");
    expect(toldIn(double.requests[1])[1]).toMatchObject({ content: expect.stringContaining("Error") });
  });
});

describe("the end of a step", () => {
  test("as tool calls, without one: the answer is over", async () => {
    await using double = await startOpenAiDouble(ending("tool_calls", { content: "That is all." }));
    const { parts, error } = await collect(
      modelAt(double.url).answer(ask("?", { tools: [calculator] }), never),
    );
    expect(error).toBeUndefined();
    expect(parts.map((part) => part.type)).toEqual(["text", "usage"]);
    expect(double.requests).toHaveLength(1);
  });

  test("as tool calls, without one and without a word: MODEL_FAILED", async () => {
    await using double = await startOpenAiDouble(ending("tool_calls", {}));
    const { parts, error } = await collect(
      modelAt(double.url).answer(ask("?", { tools: [calculator] }), never),
    );
    expect(parts).toEqual([]);
    expect(error).toMatchObject({
      code: "MODEL_FAILED",
      message: expect.stringContaining("without an answer"),
    });
  });

  test("in the middle of a call: it is not run, and does not look as if it still did", async () => {
    const call = { index: 0, id: "a", type: "function", function: { name: "calculator", arguments: "{}" } };
    await using double = await startOpenAiDouble(ending("length", { content: "So ", tool_calls: [call] }));
    const { parts, error } = await collect(
      modelAt(double.url).answer(ask("?", { tools: [calculator] }), never),
    );
    expect(error).toBeUndefined();
    expect(toolLines(parts)).toEqual([
      "a started calculator",
      "a failed calculator: the answer ended before it was run",
    ]);
    expect(parts.at(-1)?.type).toBe("usage");
    expect(double.requests).toHaveLength(1);
  });

  test("with a call although none was offered: asked once, and no answer", async () => {
    await using double = await startOpenAiDouble(stream(callTool("calculator", {})));
    const { parts, error } = await collect(modelAt(double.url).answer(ask("?"), never));
    expect(parts[1]).toMatchObject({ state: "failed" });
    expect(error).toMatchObject({ code: "MODEL_FAILED" });
    expect(double.requests).toHaveLength(1);
  });

  test("usage is the sum of all steps", async () => {
    await using double = await startOpenAiDouble([
      streamWithUsage({ inputTokens: 10, outputTokens: 3 }, callTool("calculator", {})),
      streamWithUsage({ inputTokens: 20, outputTokens: 4 }, say("Done.")),
    ]);
    const { parts } = await collect(modelAt(double.url).answer(ask("?", { tools: [calculator] }), never));
    expect(parts.at(-1)).toEqual({ type: "usage", inputTokens: 30, outputTokens: 7 });
  });

  test("reasoning is not shown, and goes back to the model with its calls", async () => {
    await using double = await startOpenAiDouble([
      stream(reasoning("Let me "), reasoning("think."), say("Wait. "), callTool("calculator", {})),
      stream(reasoning("Aha."), say("Yes.")),
    ]);
    const { parts } = await collect(modelAt(double.url).answer(ask("?", { tools: [calculator] }), never));
    expect(textOf(parts)).toBe("Wait. Yes.");
    expect(toldIn(double.requests[1])[0]).toMatchObject({
      content: "Wait. ",
      reasoning_content: "Let me think.",
    });
  });
});

describe("between two steps", () => {
  test("an abort ends the answer: the model is not asked again", async () => {
    await using double = await startOpenAiDouble(stream(callTool("calculator", {})));
    const stop = new AbortController();
    const parts = modelAt(double.url).answer(ask("?", { tools: [calculator] }), stop.signal);
    const states: string[] = [];
    const answer = (async () => {
      for await (const part of parts) {
        if (part.type === "tool") states.push(part.state);
        if (states.at(-1) === "done") stop.abort();
      }
    })();
    await expect(answer).rejects.toMatchObject({ code: "CANCELLED" });
    expect(states).toEqual(["started", "done"]);
    expect(double.requests).toHaveLength(1);
  });

  test("leaving the answer stops the tools that still run", async () => {
    const slowSignal = Promise.withResolvers<AbortSignal>();
    const slow = toolNamed("slow", (_, signal) => {
      slowSignal.resolve(signal);
      return new Promise(() => {});
    });
    await using double = await startOpenAiDouble(stream(callTool("slow", {}), callTool("calculator", {})));
    for await (const part of modelAt(double.url).answer(ask("?", { tools: [slow, calculator] }), never)) {
      if (part.type === "tool" && part.state === "done") break;
    }
    expect((await slowSignal.promise).aborted).toBe(true);
    expect(double.requests).toHaveLength(1);
  });
});
