import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StreamingService } from "#proto/streaming_pb.ts";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { startEndlessServer } from "#tests/doubles/endless-server.ts";
import { startOpenAiDouble, type OpenAiDouble } from "#tests/doubles/openai-server.ts";
import { GrpcJsClient } from "./server-clients.ts";
import { startTestServer, type TestServer } from "./start-test-server.ts";

// The whole server: an operator connects a model while it runs.

const NOBODY = "http://127.0.0.1:9";
let model: OpenAiDouble;
let server: TestServer;
let grpc: GrpcJsClient;

beforeAll(async () => {
  model = await startOpenAiDouble(stream(say("Hello.")), { models: ["text-embedding-3", "alpha", "beta"] });
  server = await startTestServer({ config: { model: { ollamaUrl: model.origin } } });
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
    headers: {
      authorization: `Bearer ${server.accessToken}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}
const check = (body: object) => http("POST", "/v1/model-connection/check", body);

/** A web server that answers everything in one way. */
async function answering(status: number, body: string, headers: Record<string, string> = {}) {
  const asked: string[] = [];
  const web = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(web.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => web.close(() => resolve())),
  };
}

describe("connecting a model", () => {
  test("lists the chat models of an address, takes one, asks it with the next question, and gives it up", async () => {
    expect(JSON.parse((await http("GET", "/v1/model-connection")).text)).toEqual({
      from: "none",
      has_key: false,
    });
    expect(JSON.parse((await check({ url: model.url, key: "sk-secret-1" })).text)).toEqual({
      models: ["alpha", "beta"],
    });
    const saved = await http("PUT", "/v1/model-connection", {
      url: model.url,
      key: "sk-secret-1",
      model: "beta",
    });
    expect(saved).toMatchObject({ status: 200 });
    expect(saved.text).not.toContain("sk-secret-1");
    expect(JSON.parse(saved.text)).toMatchObject({ from: "saved", model: "beta", has_key: true });

    const fields = { prompt: "Hi", hardwareId: "6FA1B0C2-1111-5222-8333-944455556666", speak: false };
    const ask = () =>
      grpc.call(
        StreamingService.method.streamAudio,
        { ...fields, clientMessageId: crypto.randomUUID() },
        { authorization: `Bearer ${server.accessToken}` },
      );
    expect((await ask()).code).toBe(0);
    const asked = model.requests.at(-1);
    expect(asked?.body.model).toBe("beta");
    expect(asked?.authorization).toBe("Bearer sk-secret-1");

    // Another model there, with the key that is known.
    await http("PUT", "/v1/model-connection", { url: model.url, model: "alpha" });
    expect((await ask()).code).toBe(0);
    expect(model.requests.at(-1)?.body.model).toBe("alpha");
    expect(model.requests.at(-1)?.authorization).toBe("Bearer sk-secret-1");

    const count = model.requests.length;
    expect((await http("DELETE", "/v1/model-connection")).status).toBe(200);
    expect((await ask()).code).toBe(0);
    expect(model.requests).toHaveLength(count);
  });

  test.each([
    ["http://169.254.169.254/v1"],
    ["http://100.100.100.200/v1"],
    ["http://[fd20:ce::254]/v1"],
    ["http://0xa9fea9fe/v1"],
    ["http://[::ffff:169.254.169.254]/v1"],
    ["http://[fe80::1]/v1"],
    ["http://me:pw@127.0.0.1/v1"],
    ["file:///etc/passwd"],
    ["http://127.0.0.1/v1?key=x"],
    ["not an address"],
  ])("refuses %s by the name of the field", async (url) => {
    const { status, text } = await check({ url });
    expect(status).toBe(400);
    expect(text).toContain("INVALID_REQUEST");
    expect((await http("PUT", "/v1/model-connection", { url, model: "m" })).status).toBe(400);
  });

  test("names what is wrong, each in a way of its own, and sends the key nowhere else", async () => {
    const problem = async (body: object) =>
      (JSON.parse((await check(body)).text) as { problem?: string }).problem;
    const gone = await answering(200, "");
    await gone[Symbol.asyncDispose]();
    expect(await problem({ url: gone.url })).toBe("unreachable");
    await using closed = await answering(401, "no");
    expect(await problem({ url: closed.url, key: "wrong-key" })).toBe("key");
    await using missing = await answering(404, "no");
    expect(await problem({ url: missing.url })).toBe("not-compatible");
    await using page = await answering(200, "<html>Hello</html>");
    expect(await problem({ url: page.url })).toBe("not-compatible");
    await using empty = await answering(200, JSON.stringify({ data: [{ id: "text-embedding-3" }] }));
    expect(await problem({ url: empty.url })).toBe("no-chat-models");
    await using busy = await answering(429, "slow down");
    expect(await problem({ url: busy.url })).toBe("limited");
    await using endless = await startEndlessServer();
    expect(await problem({ url: endless.url })).toBe("not-compatible");
    expect(await endless.closed).toBeLessThan(64 * 1024 * 1024);
    // TLS is asked of a port that speaks none.
    expect(await problem({ url: page.url.replace("http:", "https:") })).toBe("address");
    await using target = await answering(200, JSON.stringify({ data: [{ id: "stolen" }] }));
    await using elsewhere = await answering(302, "", { location: `${target.url}/v1/models` });
    expect(await problem({ url: elsewhere.url, key: "sk-secret-2" })).toBe("elsewhere");
    expect(target.asked).toEqual([]);
  });

  test("tells of an Ollama that comes later, and lists it without a restart", async () => {
    const view = async () =>
      JSON.parse((await http("GET", "/v1/model-connection")).text) as { from: string; ollama?: object };
    const listed = async () => (await http("GET", "/v1/models")).text;
    expect(await view()).toEqual({ from: "none", has_key: false });
    expect(await listed()).toContain("built-in");
    model.setOllama({ "llama3.2:latest": ["completion"], "nomic-embed-text:latest": ["embedding"] });
    const found = { url: `${model.origin}/v1`, models: ["llama3.2:latest"] };
    // What was not there is believed to be away for 3 s.
    await expect.poll(view).toEqual({ from: "none", has_key: false, ollama: found });
    await expect.poll(listed).toContain("llama3.2");
    model.setOllama(undefined);
  });

  test("keeps who connected and disconnected what in the audit, without the key", async () => {
    await http("PUT", "/v1/model-connection", { url: model.url, key: "sk-secret-3", model: "beta" });
    await http("DELETE", "/v1/model-connection");
    // A second time there is nothing to remove, and nothing to tell.
    await http("DELETE", "/v1/model-connection");
    const database = new Database(join(server.dataDir, "pipit.db"), { readonly: true });
    const rows = database
      .prepare(
        "select event, outcome, user_id, data from audit_events where event like 'model.%' order by id desc",
      )
      .all() as { readonly event: string; readonly data: string }[];
    database.close();
    expect(rows.slice(0, 2)).toMatchObject([
      { event: "model.disconnected", outcome: "success", user_id: expect.any(String) },
      { event: "model.connected", outcome: "success", user_id: expect.any(String) },
    ]);
    expect(JSON.parse(rows[1]?.data ?? "")).toEqual({ server: model.origin, model: "beta", key: true });
    expect(JSON.stringify(rows)).not.toContain("sk-secret-3");
  });
});

test("asks Ollama once for all who want to know of it", async () => {
  await using ollama = await startOpenAiDouble(stream(say("Hi")), { ollama: { m: ["completion"] } });
  const now = Date.now();
  await using own = await startTestServer({
    config: { model: { ollamaUrl: ollama.origin } },
    // What was found stays fresh.
    deps: { clock: { nowMs: () => now } },
  });
  const headers = { authorization: `Bearer ${own.accessToken}` };
  for (const path of ["/v1/models", "/v1/model-connection", "/v1/status"])
    expect((await fetch(own.httpUrl + path, { headers })).status).toBe(200);
  expect(ollama.seen).toEqual(["GET /api/tags", "POST /api/show"]);
});

test("is no matter of a server whose configuration names its model", async () => {
  await using fixed = await startTestServer({
    config: {
      model: { url: model.url, key: "sk-own", ollamaUrl: NOBODY },
      modelSetBy: "PIPIT_MODEL_URL",
    },
  });
  const own = { authorization: `Bearer ${fixed.accessToken}`, "content-type": "application/json" };
  const view = await fetch(`${fixed.httpUrl}/v1/model-connection`, { headers: own }).then((reply) =>
    reply.text(),
  );
  expect(JSON.parse(view)).toMatchObject({ from: "configuration", has_key: true, set_by: "PIPIT_MODEL_URL" });
  expect(view).not.toContain("sk-own");
  const put = await fetch(`${fixed.httpUrl}/v1/model-connection`, {
    method: "PUT",
    headers: own,
    body: JSON.stringify({ url: model.url, model: "alpha" }),
  });
  expect(put.status).toBe(403);
});
