import { afterAll, beforeAll, expect, test } from "vitest";
import { StreamingService } from "#proto/streaming_pb.ts";
import { raw } from "#tests/doubles/model-servers/fixture.ts";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble, type OpenAiDouble } from "#tests/doubles/openai-server.ts";
import { contentOf, GrpcJsClient } from "./server-clients.ts";
import { startTestServer, type TestServer } from "./start-test-server.ts";

// The whole server: which model a person's questions reach, and what clients of each kind are told.

let model: OpenAiDouble;
let server: TestServer;
let grpc: GrpcJsClient;

beforeAll(async () => {
  model = await startOpenAiDouble(stream(say("Hello.")), { models: ["alpha", "text-embedding-3", "beta"] });
  server = await startTestServer({ config: { model: { url: model.url, ollamaUrl: "http://127.0.0.1:9" } } });
  grpc = new GrpcJsClient(server.grpcUrl);
});
afterAll(async () => {
  grpc[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

async function http(method: string, path: string, body?: object) {
  const response = await fetch(server.httpUrl + path, {
    method,
    headers: { authorization: `Bearer ${server.accessToken}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function listed(chatId?: string): Promise<unknown> {
  const { body } = await http("GET", `/v1/models${chatId === undefined ? "" : `?chat_id=${chatId}`}`);
  return (body["data"] as { id: string; chosen?: true }[]).map(({ id, chosen }) =>
    chosen === true ? `${id}!` : id,
  );
}

function call(more: object) {
  const fields = { prompt: "Hi", hardwareId: "6FA1B0C2-1111-5222-8333-944455556666", speak: false, ...more };
  return grpc.call(StreamingService.method.streamAudio, fields, {
    authorization: `Bearer ${server.accessToken}`,
  });
}

/** Asks, and tells which model was asked. */
async function ask(more: object = {}): Promise<{ chatId: string; model: string | undefined; error: string }> {
  const before = model.requests.length;
  const { messages, code, details } = await call({ clientMessageId: crypto.randomUUID(), ...more });
  const asked = model.requests[before]?.body.model;
  return {
    chatId: code === 0 ? contentOf(messages, "turn").chatId : "",
    model: asked,
    error: details,
  };
}

test("F14: a model is chosen for a chat by its question, and for the account by PUT; both are kept", async () => {
  expect(await listed()).toEqual(["alpha", "beta"]);
  const first = await ask();
  expect(first.model).toBe("alpha");
  const second = await ask({ model: "beta" });
  expect(second.model).toBe("beta");
  expect((await ask({ chatId: second.chatId })).model).toBe("beta");
  expect((await ask()).model).toBe("alpha");
  expect(await listed(second.chatId)).toEqual(["beta!", "alpha"]);
  expect(await http("PUT", "/v1/models/chosen", { model: "beta" })).toEqual({
    status: 200,
    body: { model: "beta" },
  });
  expect(await listed()).toEqual(["beta!", "alpha"]);
  expect((await ask()).model).toBe("beta");
  await http("PUT", "/v1/models/chosen", { model: "alpha", chat_id: first.chatId });
  expect((await ask({ chatId: first.chatId })).model).toBe("alpha");
  await http("PUT", "/v1/models/chosen", { model: null });
  expect((await ask()).model).toBe("alpha");
});

test("F14: a model that is not listed is refused by name, on both wires", async () => {
  const refused = await http("PUT", "/v1/models/chosen", { model: "gamma" });
  expect(refused).toMatchObject({
    status: 400,
    body: { error: { field: "model", message: expect.stringContaining("alpha, beta") } },
  });
  expect((await ask({ model: "gamma" })).error).toContain('no model "gamma"');
  expect((await http("PUT", "/v1/models/chosen", { model: "beta", chat_id: "another's" })).status).toBe(404);
});

test("F14: a chosen model that has gone is said, and another answers", async () => {
  const { chatId } = await ask({ model: "beta" });
  model.setModels(["alpha"]);
  // The server learns it from the model server's own refusal.
  model.script([
    raw(
      "application/json",
      '{"error":{"message":"The model `beta` does not exist","code":"model_not_found"}}',
    ),
    stream(say("Hi")),
  ]);
  expect((await ask({ chatId })).error).toContain("beta");
  const { messages } = await call({ clientMessageId: crypto.randomUUID(), chatId });
  expect(contentOf(messages, "notice")).toMatchObject({ code: "MODEL_GONE" });
  model.setModels(["alpha", "beta"]);
});

test("F13: an original client gets no reasoning, one of ours does", async () => {
  model.script(stream(say("<think>Hm.</think>", "Yes.")));
  const ours = await call({ clientMessageId: crypto.randomUUID() });
  expect(contentOf(ours.messages, "reasoning")).toMatchObject({ text: "Hm.", takesText: false });
  const original = await call({});
  expect(original.messages.map(({ content }) => content.case)).toEqual(["textChunk", "endMessage"]);
});
