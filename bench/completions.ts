import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { signIn } from "#tests/integration/start-test-server.ts";
import { startProgram } from "./lib/child-program.ts";
import { startModelProgram, startPipitMain } from "./lib/pipit-main.ts";
import { toResult, type BenchResult } from "./lib/result.ts";
import { interleave, median } from "./lib/statistics.ts";
import { openWire } from "./lib/wire.ts";

const firstTokenRounds = { warmups: 30, measured: 150 };
const streamRounds = { warmups: 2, measured: 9 };
/** Events of one answer, of so many characters of text each. */
const events = 20_000;
const eventChars = 32;

/**
 * `/v1/chat/completions`: the time to the first token beside that of our gRPC, and events per second of one answer beside
 * a bare proxy that reads, changes and writes each event. Model, server, proxy and client are processes of their own.
 */
export async function* run(signal: AbortSignal): AsyncGenerator<BenchResult> {
  yield await firstToken(signal);
  yield await throughput(signal);
}

/** One question of one of the two wires; its prompt is the key by which the model's own time is found. */
interface Sample {
  readonly prompt: string;
  readonly firstTextMs: number;
}

async function firstToken(signal: AbortSignal): Promise<BenchResult> {
  await using model = await startModelProgram(["--tokens", "4", "--size", "16"], signal);
  await using server = await startPipitMain(
    { PIPIT_MODEL_URL: model.url, PIPIT_TITLES: "0", PIPIT_MEMORIES: "0", PIPIT_MODEL: "double" },
    signal,
  );
  const { accessToken } = await signIn(server.httpUrl, server.dataDir);
  using wire = openWire(server.grpcUrl, accessToken);
  const byRpc = async (inner: AbortSignal): Promise<Sample> => {
    const prompt = `What is known about ${randomUUID()}?`;
    const call = { prompt, clientMessageId: randomUUID(), hardwareId: "bench", speak: false, locale: "en" };
    const startedMs = performance.now();
    let firstTextMs = Number.NaN;
    for await (const event of wire.ask(call, inner)) {
      if (event.type === "text" && Number.isNaN(firstTextMs)) firstTextMs = performance.now() - startedMs;
    }
    return { prompt, firstTextMs };
  };
  const byHttp = async (inner: AbortSignal): Promise<Sample> => {
    const prompt = `What is known about ${randomUUID()}?`;
    const startedMs = performance.now();
    let firstTextMs = Number.NaN;
    await complete(`${server.httpUrl}/v1`, accessToken, prompt, inner, (text) => {
      if (Number.isNaN(firstTextMs) && text.includes('"content":"x')) {
        firstTextMs = performance.now() - startedMs;
      }
    });
    return { prompt, firstTextMs };
  };
  const contenders = [
    { name: "rpc", measure: byRpc },
    { name: "http", measure: byHttp },
  ];
  const samples = await interleave(contenders, firstTokenRounds, signal);
  const modelMs = await model.firstTokenMs();
  const own = (name: string): number =>
    median(
      (samples.get(name) ?? []).map(
        ({ prompt, firstTextMs }) => firstTextMs - (modelMs.get(prompt) ?? Number.NaN),
      ),
    );
  return toResult({
    name: "completions.first-token.p50",
    unit: "ms",
    value: own("http"),
    baseline: own("rpc"),
    baselineName: "our gRPC",
    goal: { of: "ratio", atMost: 1.5 },
  });
}

async function throughput(signal: AbortSignal): Promise<BenchResult> {
  const flags = ["--tokens", String(events), "--size", String(eventChars)];
  await using model = await startModelProgram(flags, signal);
  await using server = await startPipitMain(
    { PIPIT_MODEL_URL: model.url, PIPIT_TITLES: "0", PIPIT_MEMORIES: "0", PIPIT_MODEL: "double" },
    signal,
  );
  const file = join(import.meta.dirname, "lib", "bare-sse-proxy-program.ts");
  const env = { MODEL_URL: model.url };
  await using proxy = await startProgram<{ readonly url: string }>(file, signal, { env });
  const { accessToken } = await signIn(server.httpUrl, server.dataDir);
  const rateAt = async (url: string, inner: AbortSignal): Promise<number> => {
    let firstMs = Number.NaN;
    let chars = 0;
    await complete(url, accessToken, "Go on.", inner, (text) => {
      if (Number.isNaN(firstMs)) firstMs = performance.now();
      chars += text.length;
    });
    if (chars < events * eventChars) throw new Error(`An answer of ${chars} characters came.`);
    return (events / (performance.now() - firstMs)) * 1_000;
  };
  const contenders = [
    { name: "pipit", measure: (inner: AbortSignal) => rateAt(`${server.httpUrl}/v1`, inner) },
    { name: "proxy", measure: (inner: AbortSignal) => rateAt(proxy.url, inner) },
  ];
  const samples = await interleave(contenders, streamRounds, signal);
  return toResult({
    name: "completions.stream",
    unit: "events/s",
    value: median(samples.get("pipit") ?? []),
    baseline: median(samples.get("proxy") ?? []),
    baselineName: "bare SSE proxy",
    goal: { of: "ratio", atLeast: 0.8 },
  });
}

/** Streams one completion; `onText` gets what comes as it comes. */
async function complete(
  url: string,
  accessToken: string,
  prompt: string,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<void> {
  const sent = httpRequest(`${url}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
    signal,
  });
  sent.end(JSON.stringify({ model: "double", stream: true, messages: [{ role: "user", content: prompt }] }));
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`The server answered ${response.statusCode}.`);
  response.setEncoding("utf8");
  for await (const text of response as AsyncIterable<string>) onText(text);
}
