import { once } from "node:events";
import { parseArgs } from "node:util";
import type { OpenAiDouble, OpenAiDoubleOptions } from "./openai-server.ts";
import {
  callTool,
  faults,
  say,
  stream,
  type ChatRequest,
  type Reply,
  type Script,
  type Step,
} from "./openai-script.ts";

const USAGE = `node tests/doubles/openai-server.ts [flags]; prints its URL on the first line, ends on SIGINT or SIGTERM.
  --port N        default 0: any free port
  --tokens N      answer with N tokens instead of "You said: ..."
  --size BYTES    size of each of those tokens, default 5
  --delay-ms MS   pause before each token after the first, default 0
  --first-ms MS   pause before the first token, default 0
  --model NAME    what /v1/models lists, default "double"
  --ollama        answer Ollama's /api/tags and /api/show too
  --key KEY       refuse requests without this bearer key
  --fault NAME    always fail: ${Object.keys(faults).join(", ")}
A prompt with "tool: EXPRESSION" makes it call the calculator tool first. GET /__requests lists what came, with times.`;

type Start = (script: Script, options: OpenAiDoubleOptions) => Promise<OpenAiDouble>;

interface AnswerShape {
  readonly tokens: number | undefined;
  readonly sizeBytes: number;
  readonly delayMs: number;
  readonly firstMs: number;
}

/** The double as a program, for benchmarks and acceptance runs that want it in its own process. */
export async function runProgram(argv: readonly string[], start: Start): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      port: { type: "string", default: "0" },
      tokens: { type: "string" },
      size: { type: "string", default: "5" },
      "delay-ms": { type: "string", default: "0" },
      "first-ms": { type: "string", default: "0" },
      model: { type: "string", default: "double" },
      ollama: { type: "boolean", default: false },
      key: { type: "string" },
      fault: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return void process.stdout.write(`${USAGE}\n`);
  const shape: AnswerShape = {
    tokens: values.tokens === undefined ? undefined : Number(values.tokens),
    sizeBytes: Number(values.size),
    delayMs: Number(values["delay-ms"]),
    firstMs: Number(values["first-ms"]),
  };
  const script = values.fault === undefined ? echoScript(shape) : faultNamed(values.fault);
  await using double = await start(script, {
    port: Number(values.port),
    models: [values.model],
    ...(values.ollama ? { ollama: { [values.model]: ["completion", "tools", "vision"] } } : {}),
    ...(values.key === undefined ? {} : { key: values.key }),
  });
  process.stdout.write(`${double.url}\n`);
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
}

function faultNamed(name: string): Reply {
  const fault = Object.entries(faults).find(([known]) => known === name)?.[1];
  if (fault === undefined) throw new Error(`There is no fault "${name}".\n${USAGE}`);
  return fault;
}

/** Echoes the prompt word by word, calls the calculator for "tool: ...", and says how many pictures it got. */
function echoScript(shape: AnswerShape): (request: ChatRequest) => Reply {
  const fixed = shape.tokens === undefined ? undefined : say(...fixedTokens(shape.tokens, shape.sizeBytes));
  return (request) => {
    const first: Step[] = shape.firstMs > 0 ? [{ kind: "pause", ms: shape.firstMs }] : [];
    if (fixed !== undefined) return stream(first, paced(fixed, shape.delayMs));
    const expression = /tool:\s*(.+)/.exec(request.prompt)?.[1];
    const result = request.messages.at(-1);
    if (expression !== undefined && result?.role !== "tool" && request.tools.includes("calculator")) {
      return stream(first, callTool("calculator", { expression: expression.trim() }));
    }
    const texts = [
      ...(result?.role === "tool" ? [`The tool says ${String(result.content)}. `] : []),
      ...(request.images.length > 0 ? [`I got ${request.images.length} picture(s). `] : []),
      `You said: ${request.prompt}`,
    ];
    return stream(first, paced(say(...words(texts.join(""))), shape.delayMs));
  };
}

function fixedTokens(count: number, sizeBytes: number): string[] {
  return Array.from({ length: count }, (_, index) => `${index} `.padStart(sizeBytes, "x").slice(-sizeBytes));
}

function words(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [text];
}

function paced(steps: readonly Step[], delayMs: number): Step[] {
  if (delayMs === 0) return [...steps];
  return steps.flatMap((step, index): Step[] =>
    index === 0 ? [step] : [{ kind: "pause", ms: delayMs }, step],
  );
}
