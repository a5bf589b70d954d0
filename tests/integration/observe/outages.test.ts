import { ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { expect, test } from "vitest";
import { StreamingService } from "#proto/streaming_pb.ts";
import { startEmbeddingsDouble } from "#server/testing/embeddings-double.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { startTestServer } from "../start-test-server.ts";

const ASKED = 3;
const names = Array.from({ length: ASKED }, (_, n) => `question ${n}`);

test("a model server that is down is one line of the log and one when it is back, however many ask; each is counted", async () => {
  await using stack = new AsyncDisposableStack();
  const logger = createRecordingLogger();
  const model = await startOpenAiDouble(stream(say("Hello.")));
  const vectors = await startEmbeddingsDouble();
  const portOf = ({ url }: { readonly url: string }) => Number(new URL(url).port);
  const server = stack.use(
    await startTestServer({
      config: {
        model: { url: model.url, model: "double", ollamaUrl: "http://127.0.0.1:9" },
        embeddings: { url: vectors.url, model: "small" },
      },
      deps: { logger },
    }),
  );
  const told = (event: string) => logger.lines.filter((line) => line.event === event);
  const client = createClient(StreamingService, createGrpcTransport({ baseUrl: `http://${server.grpcUrl}` }));
  const headers = { authorization: `Bearer ${server.accessToken}` };
  /** Resolves to the answer, or to the code of its failure. */
  const ask = async (prompt: string): Promise<string | number> => {
    let text = "";
    try {
      const question = { prompt, hardwareId: "machine", speak: false, locale: "en" };
      for await (const { content } of client.streamAudio(question, { headers }))
        if (content.case === "textChunk") text += content.value;
      return text;
    } catch (reason) {
      return ConnectError.from(reason).rawMessage;
    }
  };
  const post = async (path: string, body: object): Promise<number> => {
    const response = await fetch(server.httpUrl + path, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    await response.arrayBuffer();
    return response.status;
  };
  const complete = (content: string, name = "double") =>
    post("/v1/chat/completions", { model: name, messages: [{ role: "user", content }] });
  const embed = (input: string) => post("/v1/embeddings", { input: [input] });
  const counted = async (sample: string) => {
    const text = await (await fetch(`${server.httpUrl}/metrics`)).text();
    return Number(
      text
        .split("\n")
        .find((line) => line.startsWith(sample))
        ?.split(" ")
        .at(-1) ?? 0,
    );
  };

  expect(await ask("Hi")).toContain("Hello.");
  expect(await embed("Hi")).toBe(200);
  await model[Symbol.asyncDispose]();
  await vectors[Symbol.asyncDispose]();
  for (const name of names) {
    expect(await ask(name)).toMatch(/does not answer/);
    expect(await complete(name)).toBe(503);
    expect(await embed(name)).toBe(503);
  }
  // Of a client that asks for what it made up.
  expect(await complete("Hi", "made-up")).toBe(503);
  expect(told("model.lost")).toMatchObject([
    {
      level: "warn",
      fields: {
        code: "MODEL_UNREACHABLE",
        detail: expect.stringContaining(new URL(model.url).host) as unknown,
        cure: expect.stringContaining("PIPIT_MODEL_URL") as unknown,
      },
    },
  ]);
  expect(told("provider.lost")).toMatchObject([
    {
      level: "warn",
      fields: {
        code: "MODEL_UNREACHABLE",
        server: new URL(vectors.url).origin,
        cure: expect.stringContaining("PIPIT_EMBEDDINGS_URL") as unknown,
      },
    },
  ]);
  await expect.poll(() => counted('pipit_model_errors_total{code="MODEL_UNREACHABLE"')).toBe(2 * ASKED + 1);
  await expect.poll(() => counted('pipit_errors_total{code="MODEL_UNREACHABLE"')).toBe(3 * ASKED + 1);

  stack.use(await startOpenAiDouble(stream(say("Again.")), { port: portOf(model) }));
  stack.use(await startEmbeddingsDouble(portOf(vectors)));
  for (const name of names) expect(await ask(`${name}, again`)).toContain("Again.");
  expect(await embed("Hi")).toBe(200);
  expect(told("provider.back")).toMatchObject([{ level: "info" }]);
  expect(told("model.back")).toMatchObject([{ level: "info", fields: { model: "double" } }]);
  expect(await complete("Hi", "made-up")).toBe(404);
  const loud = logger.lines.filter(({ level }) => level === "warn" || level === "error");
  expect(loud.map(({ event }) => event).toSorted()).toEqual(["model.lost", "provider.lost"]);
});
