import { expect, test } from "vitest";
import { startEmbeddingsDouble } from "#server/testing/embeddings-double.ts";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { WireClient } from "#tests/doubles/wire-client.ts";
import { startTestServer } from "../start-test-server.ts";
import { asked } from "../streaming/streaming-stage.ts";

test("a server finds by meaning what was asked, and tells in its health when it cannot", async () => {
  await using stack = new AsyncDisposableStack();
  const model = stack.use(await startOpenAiDouble(() => stream(say("Ten minutes."))));
  const provider = stack.use(await startEmbeddingsDouble());
  const server = stack.use(
    await startTestServer({
      config: {
        model: { url: model.url, model: "double", ollamaUrl: "http://127.0.0.1:9" },
        semantic: { url: provider.url, model: "small", key: undefined, least: 0.5 },
      },
    }),
  );
  const get = async (path: string): Promise<unknown> => {
    const headers = { authorization: `Bearer ${server.accessToken}` };
    return (await fetch(server.httpUrl + path, { headers })).json();
  };
  await expect.poll(() => get("/health")).toMatchObject({ status: "healthy", semantic_search: "ready" });
  using client = new WireClient(server.grpcUrl, server.accessToken);
  await client.stream(asked("How long does broth take?")).status;
  const found = { results: [{ headline: "How long does broth take?", highlights: [], places: [] }] };
  await expect.poll(() => get("/v1/chats/search?q=soup")).toMatchObject(found);
  provider.answer = (_, response) => void response.writeHead(503).end();
  expect(await get("/v1/chats/search?q=soup")).toMatchObject({ results: [] });
  expect(await get("/v1/chats/search?q=broth")).toMatchObject({ results: [{ hit_turn_index: 0 }] });
  expect(await get("/health")).toMatchObject({ status: "degraded", semantic_search: "failing" });
});
