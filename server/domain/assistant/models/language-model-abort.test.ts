import { describe, expect, test } from "vitest";
import { callTool, faults, gate, say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { ask, collect, modelAt, never, toolNamed } from "./model-test-kit.ts";

describe("abort", () => {
  test("before anything: nothing is asked", async () => {
    await using double = await startOpenAiDouble(stream(say("Hi")));
    const { error } = await collect(modelAt(double.url).answer(ask("Hi"), AbortSignal.abort()));
    expect(error).toMatchObject({ code: "CANCELLED" });
    expect(double.requests).toHaveLength(0);
  });

  test("while the server has not answered yet", async () => {
    await using double = await startOpenAiDouble(faults.silent);
    const stop = new AbortController();
    const answer = collect(modelAt(double.url).answer(ask("Hi"), stop.signal));
    const request = await double.request(0);
    stop.abort();
    expect(await answer).toMatchObject({ parts: [], error: { code: "CANCELLED" } });
    expect(await request.over).toBe("aborted");
  });

  test("in the middle of the text", async () => {
    await using double = await startOpenAiDouble(faults.hangHalfWay);
    const stop = new AbortController();
    const parts = modelAt(double.url).answer(ask("Hi"), stop.signal)[Symbol.asyncIterator]();
    expect((await parts.next()).value).toEqual({ type: "text", text: "Half " });
    const next = parts.next();
    stop.abort();
    await expect(next).rejects.toMatchObject({ code: "CANCELLED" });
    expect(await (await double.request(0)).over).toBe("aborted");
  });

  test("inside a tool that does not listen: the model is not asked again", async () => {
    await using double = await startOpenAiDouble(stream(callTool("calculator", { expression: "1" })));
    const stop = new AbortController();
    const inside = Promise.withResolvers<AbortSignal>();
    const deaf = toolNamed("calculator", (_, signal) => {
      inside.resolve(signal);
      return new Promise(() => {});
    });
    const answer = collect(modelAt(double.url).answer(ask("?", { tools: [deaf] }), stop.signal));
    const toolSignal = await inside.promise;
    stop.abort();
    expect((await answer).error).toMatchObject({ code: "CANCELLED" });
    expect(toolSignal.aborted).toBe(true);
    expect(double.requests).toHaveLength(1);
  });

  test("leaving the loop stops the request", async () => {
    const held = gate();
    await using double = await startOpenAiDouble(stream(say("one"), held.step, say("two")));
    for await (const part of modelAt(double.url).answer(ask("Hi"), never)) {
      expect(part).toEqual({ type: "text", text: "one" });
      break;
    }
    expect(await (await double.request(0)).over).toBe("aborted");
  });
});
