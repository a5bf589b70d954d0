import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Recorded } from "./model-servers/fixture.ts";
import type { ChatRequest, Reply, Step } from "./openai-script.ts";

type StreamReply = Extract<Reply, { kind: "stream" }>;

/** Writes a scripted answer as chat-completions SSE; returns when it is over or the client went away. */
export async function writeStream(
  response: ServerResponse,
  request: ChatRequest,
  reply: StreamReply,
  onFirstText: () => void,
): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.flushHeaders();
  const envelope = `{"id":"chatcmpl-${request.index}","object":"chat.completion.chunk","created":0,"model":${JSON.stringify(request.body.model ?? "double")},`;
  const chunk = (rest: string) => response.write(`data: ${envelope}${rest}}\n\n`);
  const gone = new Promise<void>((resolve) => response.once("close", () => resolve()));
  let calls = 0;
  for (const step of reply.steps) {
    if (response.destroyed) return;
    if (step.kind === "text") onFirstText();
    if (step.kind === "tool") calls += 1;
    const goOn = await writeStep(step, calls - 1, response, chunk, gone);
    if (!goOn) return;
  }
  const reason = calls > 0 ? "tool_calls" : "stop";
  chunk(`"choices":[{"index":0,"delta":{},"finish_reason":"${reason}"}]`);
  if (request.body.stream_options?.include_usage === true) chunk(usageFields(request, reply));
  response.end("data: [DONE]\n\n");
}

/** Writes recorded bytes, each piece in a packet of its own. */
export async function writeRecorded(
  response: ServerResponse,
  { status, type, pieces }: Recorded,
): Promise<void> {
  response.writeHead(status, { "content-type": type });
  for (const piece of pieces) {
    response.write(piece);
    await sleep(2);
  }
  response.end();
}

/** False: the exchange is over. */
async function writeStep(
  step: Step,
  callIndex: number,
  response: ServerResponse,
  chunk: (rest: string) => boolean,
  gone: Promise<void>,
): Promise<boolean> {
  switch (step.kind) {
    case "text":
      if (!chunk(delta(`{"role":"assistant","content":${JSON.stringify(step.text)}}`))) {
        await Promise.race([once(response, "drain"), gone]);
      }
      return true;
    case "tool":
      writeToolCall(step, callIndex, chunk);
      return true;
    case "wait":
      await Promise.race([step.until, gone]);
      return true;
    case "pause":
      await Promise.race([sleep(step.ms), gone]);
      return true;
    case "raw":
      response.write(step.raw);
      return true;
    case "error":
      response.end(`data: {"error":{"message":${JSON.stringify(step.message)},"type":"server_error"}}\n\n`);
      return false;
    case "cut":
      response.destroy();
      return false;
    case "hang":
      await gone;
      return false;
  }
}

function writeToolCall(
  step: Extract<Step, { kind: "tool" }>,
  index: number,
  chunk: (rest: string) => boolean,
): void {
  const args = typeof step.args === "string" ? step.args : JSON.stringify(step.args);
  const half = Math.floor(args.length / 2);
  const head = {
    index,
    id: step.id,
    type: "function",
    function: { name: step.name, arguments: args.slice(0, half) },
  };
  const tail = { index, function: { arguments: args.slice(half) } };
  chunk(delta(JSON.stringify({ role: "assistant", tool_calls: [head] })));
  chunk(delta(JSON.stringify({ tool_calls: [tail] })));
}

function delta(json: string): string {
  return `"choices":[{"index":0,"delta":${json},"finish_reason":null}]`;
}

function usageFields(request: ChatRequest, reply: StreamReply): string {
  const input = reply.usage?.inputTokens ?? request.messages.length;
  const output = reply.usage?.outputTokens ?? reply.steps.filter((step) => step.kind === "text").length;
  return `"choices":[],"usage":{"prompt_tokens":${input},"completion_tokens":${output},"total_tokens":${input + output}}`;
}
