import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { expect, inject, test } from "vitest";
import { EVENTS_PATH } from "#contract/events/event-wire.ts";
import { StreamingService } from "#proto/streaming_pb.ts";
import { readServerConfig } from "#server/config/config.ts";
import { callTool, say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { startOtlpReceiver } from "#tests/doubles/otlp-receiver.ts";
import { openEvents, wsTokenOf } from "#tests/testing/event-client.ts";
import { repositoryRoot } from "#tools/test/command.ts";
import { startTestServer } from "../start-test-server.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
const ASKED = "walruses-of-the-question";
const SEARCHED = "needle-of-the-address";
const PASSWORD = "Password-of-nobody-1";

test("traces of requests: one per request, with its parts, in the trace of the proxy before us, and nothing that anyone wrote", async () => {
  await using stack = new AsyncDisposableStack();
  const collector = stack.use(await startOtlpReceiver());
  const model = stack.use(await startOpenAiDouble(stream(say("Hello."))));
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`, OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%20b" };
  const server = await startTestServer({
    config: {
      model: { url: model.url, model: "double", ollamaUrl: "http://127.0.0.1:9" },
      traces: readServerConfig({ argv: [], env }).traces,
      trustedProxies: ["127.0.0.1"],
      redisUrl: inject("redisUrl"),
    },
  });
  const { accessToken, httpUrl, grpcUrl } = server;
  const authorization = `Bearer ${accessToken}`;
  try {
    model.script([stream(callTool("calculator", { expression: "6*7" })), stream(say("It is 42."))]);
    const grpc = createClient(StreamingService, createGrpcTransport({ baseUrl: `http://${grpcUrl}` }));
    const question = { prompt: ASKED, hardwareId: "machine", speak: true, locale: "en" };
    const headers = { authorization, traceparent: `00-${TRACE}-${PARENT}-01` };
    await Array.fromAsync(grpc.streamAudio(question, { headers }));
    const web = createClient(
      StreamingService,
      createConnectTransport({ baseUrl: httpUrl, httpVersion: "1.1" }),
    );
    await web.interruptSession({ hardwareId: "other" }, { headers: { authorization } });
    await fetch(`${httpUrl}/v1/chats/search?q=${SEARCHED}`, { headers: { authorization } });
    await fetch(`${httpUrl}/nowhere/${SEARCHED}`);
    await fetch(`${httpUrl}/health`);
    const events = await openEvents(httpUrl, {
      authorization: `Bearer ${await wsTokenOf(httpUrl, accessToken)}`,
    });
    await events[Symbol.asyncDispose]();
    const login = { method: "POST", headers: { "content-type": "application/json" } };
    await fetch(`${httpUrl}/auth/login`, {
      ...login,
      body: JSON.stringify({ login: "nobody", password: PASSWORD }),
    });
  } finally {
    // Sends what is left, so nothing has to be waited for.
    await server[Symbol.asyncDispose]();
  }

  const { spans } = collector;
  const named = (name: string) => spans.filter((span) => span.name === name);
  const partsOf = (root: { readonly spanId: string } | undefined) =>
    spans.filter(({ parentSpanId }) => parentSpanId === root?.spanId).map(({ name }) => name);
  const [asked] = named("streaming.StreamingService/StreamAudio");
  expect(asked).toMatchObject({ traceId: TRACE, parentSpanId: PARENT, status: 0 });
  expect(asked?.attributes).toMatchObject({ "rpc.status_code": "ok", "http.response.status_code": "200" });
  const parts = partsOf(asked);
  expect(parts.filter((name) => name === "chat double").length).toBeGreaterThan(0);
  expect(parts).toEqual(
    expect.arrayContaining(["execute_tool calculator", "sqlite insert", "sqlite commit"]),
  );
  expect(parts.some((name) => name.startsWith("speak "))).toBe(true);
  for (const name of parts) expect(named(name).some(({ traceId }) => traceId === TRACE)).toBe(true);
  const [searched] = named("GET /v1/chats/search");
  expect(searched).toMatchObject({
    parentSpanId: "",
    attributes: { "http.route": "/v1/chats/search", "http.request.method": "GET" },
  });
  expect(searched?.traceId).not.toBe(TRACE);
  expect(named("GET")).toMatchObject([{ attributes: { "http.response.status_code": "404" } }]);
  expect(named("streaming.StreamingService/InterruptSession")).toHaveLength(1);
  expect(partsOf(named("POST /auth/login")[0])).toContain("redis");
  expect(named(`GET ${EVENTS_PATH}`)).toMatchObject([{ attributes: { "http.response.status_code": "101" } }]);
  expect(spans.filter(({ name }) => name.includes("/health"))).toEqual([]);
  expect(collector.resources[0]).toMatchObject({ "service.name": "pipit" });
  expect(collector.seen.headers["x-key"]).toBe("a b");
  for (const secret of [ASKED, SEARCHED, PASSWORD, accessToken, "nobody", "6*7"])
    expect([secret, collector.seen.bytes.includes(secret)]).toEqual([secret, false]);
});

test("without a collector nothing that makes or sends traces is loaded, and a setting that would not do is refused", async () => {
  const home = await mkdtemp(join(tmpdir(), "pipit-untraced-"));
  const program = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
    const { readServerConfig } = await import("#server/config/config.ts");
    const { startServer } = await import("#server/compose/start-server.ts");
    const config = readServerConfig({ argv: ["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"], env: process.env });
    const silent = { debug() {}, info() {}, warn() {}, error() {} };
    const server = await startServer(config, { logger: silent });
    await fetch(server.httpUrl + "/v1/chats");
    await server.stop();
    console.log(loaded.length, loaded.filter((url) => /@opentelemetry\\/(?!api\\/)|otlp/.test(url)).length);`;
  const run = async (env: Readonly<Record<string, string>>) => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", program],
      {
        cwd: repositoryRoot,
        env: { PATH: process.env["PATH"], PIPIT_HOME: home, OLLAMA_HOST: "127.0.0.1:9", ...env },
      },
    );
    return stdout.split(" ").map(Number);
  };
  try {
    const [all = 0, ofTraces] = await run({});
    expect(all).toBeGreaterThan(300);
    expect(ofTraces).toBe(0);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
  for (const env of [
    { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" },
    { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
    { OTEL_TRACES_SAMPLER_ARG: "2" },
    { OTEL_EXPORTER_OTLP_HEADERS: "x-key=100%" },
    { OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%0Ab" },
  ])
    expect(() => readServerConfig({ argv: [], env })).toThrow(Object.keys(env)[0]);
});
