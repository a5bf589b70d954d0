import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import { callTool, faults, gate, say, stream, streamWithUsage } from "./openai-script.ts";
import { startOpenAiDouble } from "./openai-server.ts";

function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: "m", stream: true, ...body }),
  });
}

const hello = { messages: [{ role: "user", content: "Hi" }] };

/** The SSE events of a complete answer. */
async function events(response: Response): Promise<unknown[]> {
  const lines = (await response.text()).split("\n\n").filter((line) => line !== "");
  return lines.map((line) => {
    const data = line.replace(/^data: /, "");
    return data === "[DONE]" ? data : (JSON.parse(data) as unknown);
  });
}

describe("the OpenAI double", () => {
  test("streams text, tool calls and usage in the wire's form", async () => {
    await using double = await startOpenAiDouble(
      streamWithUsage({ inputTokens: 3, outputTokens: 4 }, say("Hi"), callTool("t", { a: 1 }, "id1")),
    );
    const seen = await events(await post(double.url, { ...hello, stream_options: { include_usage: true } }));
    expect(seen).toMatchObject([
      { choices: [{ delta: { content: "Hi" } }] },
      { choices: [{ delta: { tool_calls: [{ index: 0, id: "id1", function: { name: "t" } }] } }] },
      { choices: [{ delta: { tool_calls: [{ index: 0 }] } }] },
      { choices: [{ finish_reason: "tool_calls" }] },
      { choices: [], usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } },
      "[DONE]",
    ]);
  });

  test("records what was asked, and whether the client stayed", async () => {
    const held = gate();
    await using double = await startOpenAiDouble([stream(say("a"), held.step), stream(say("b"))], {
      key: "k",
    });
    const image_url = { url: `data:image/jpeg;base64,${Buffer.from([1, 2, 3]).toString("base64")}` };
    const content = [
      { type: "text", text: "look" },
      { type: "image_url", image_url },
    ];
    const stop = new AbortController();
    const response = await fetch(`${double.url}/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer k" },
      body: JSON.stringify({ messages: [{ role: "user", content }], tools: [{ function: { name: "t" } }] }),
      signal: stop.signal,
    });
    await response.body?.getReader().read();
    stop.abort();
    const request = await double.request(0);
    expect(await request.over).toBe("aborted");
    expect(request).toMatchObject({ prompt: "look", tools: ["t"], authorization: "Bearer k", aborted: true });
    expect(request.images).toEqual([new Uint8Array([1, 2, 3])]);
    expect(request.firstTextAtMs).toBeGreaterThanOrEqual(request.arrivedAtMs);

    await (await post(double.url, hello, { authorization: "Bearer k" })).text();
    expect(await (await double.request(1)).over).toBe("complete");
    expect((await post(double.url, hello)).status).toBe(401);
  });

  test("fails as told, and is an Ollama when told", async () => {
    await using double = await startOpenAiDouble(faults.tooMany, { ollama: { m: ["completion"] } });
    const refused = await post(double.url, hello);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "7"]);
    expect(await (await fetch(`${double.origin}/api/tags`)).json()).toMatchObject({
      models: [{ name: "m" }],
    });
    double.script(faults.cutHalfWay);
    await expect((await post(double.url, hello)).text()).rejects.toThrow();
  });
});

test("as a program it prints its URL, echoes, calls tools, and ends on SIGTERM", async () => {
  const file = new URL("./openai-server.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [file, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [url] = (await once(createInterface(child.stdout), "line")) as [string];
    const echo = await (await post(url, hello)).text();
    expect(echo.match(/"content":"[^"]*"/g)).toEqual([
      '"content":"You"',
      '"content":" said:"',
      '"content":" Hi"',
    ]);
    const messages = [{ role: "user", content: "tool: 6*7" }];
    const called = await (
      await post(url, { messages, tools: [{ function: { name: "calculator" } }] })
    ).text();
    expect(called).toContain('"name":"calculator"');
    const timings = (await (await fetch(`${url.slice(0, -3)}/__requests`)).json()) as unknown[];
    expect(timings).toMatchObject([{ prompt: "Hi" }, { prompt: "tool: 6*7", tools: ["calculator"] }]);
  } finally {
    child.kill("SIGTERM");
  }
  expect(await once(child, "exit")).toEqual([0, null]);
});
