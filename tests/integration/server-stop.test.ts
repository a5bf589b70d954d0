import { once } from "node:events";
import { create, toBinary } from "@bufbuild/protobuf";
import { createClient, ConnectError, Code } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { describe, expect, test } from "vitest";
import { Health, HealthCheckResponse_ServingStatus as Status } from "#proto/grpc/health/v1/health_pb.ts";
import { StreamingService, StreamRequestSchema } from "#proto/streaming_pb.ts";
import { HandDrivenModel } from "#tests/doubles/hand-driven-model.ts";
import { GrpcJsClient } from "./server-clients.ts";
import { startTestServer, type TestServer } from "./start-test-server.ts";

const UNAVAILABLE = 14;
const { streamAudio } = StreamingService.method;
const question = { prompt: "hello", hardwareId: "abc-1", speak: false };

/** Asks, and waits until the model has the question. */
async function ask(server: TestServer, grpc: GrpcJsClient, model: HandDrivenModel) {
  const answer = grpc.call(streamAudio, question, { authorization: `Bearer ${server.accessToken}` });
  return { answer, asked: await model.question(0) };
}

describe("a stopping server", () => {
  test("lets a running answer end, and takes nothing new meanwhile", async () => {
    const model = new HandDrivenModel();
    await using server = await startTestServer({ deps: { models: model.source() } });
    using grpc = new GrpcJsClient(server.grpcUrl);
    const { answer, asked } = await ask(server, grpc, model);
    asked.say("first ");
    const stopped = server.server.stop();
    await expect(fetch(`${server.httpUrl}/ready`)).rejects.toThrow();
    using newcomer = new GrpcJsClient(server.grpcUrl);
    expect((await newcomer.call(Health.method.check, {})).code).toBe(UNAVAILABLE);
    asked.say("second");
    asked.end();
    const end = await answer;
    await stopped;
    expect(end.code).toBe(0);
    const text = end.messages
      .map(({ content }) => (content.case === "textChunk" ? content.value : ""))
      .join("");
    expect(text).toBe("first second");
    expect(end.messages.at(-1)?.content.case).toBe("endMessage");
  });

  test("ends an answer that takes too long with SERVER_STOPPING, on both ports", async () => {
    const model = new HandDrivenModel();
    await using server = await startTestServer({ deps: { models: model.source(), drainMs: 200 } });
    using grpc = new GrpcJsClient(server.grpcUrl);
    const { answer } = await ask(server, grpc, model);
    const client = createClient(
      StreamingService,
      createConnectTransport({ baseUrl: server.httpUrl, httpVersion: "1.1" }),
    );
    const web = (async () => {
      const headers = { authorization: `Bearer ${server.accessToken}` };
      for await (const _ of client.streamAudio(question, { headers }));
    })().then(() => expect.fail("it ended well"), ConnectError.from);
    const second = await model.question(1);
    await server.server.stop();
    expect(await answer).toMatchObject({ code: UNAVAILABLE, reason: "SERVER_STOPPING" });
    expect((await web).code).toBe(Code.Unavailable);
    expect(second.signal.aborted).toBe(true);
  });

  test("stops at once when it is asked twice", async () => {
    const model = new HandDrivenModel();
    await using server = await startTestServer({ deps: { models: model.source(), drainMs: 60_000 } });
    using grpc = new GrpcJsClient(server.grpcUrl);
    const { answer, asked } = await ask(server, grpc, model);
    const hurry = new AbortController();
    const stopped = server.server.stop(hurry.signal);
    hurry.abort();
    await stopped;
    expect((await answer).code).toBe(UNAVAILABLE);
    expect(asked.signal.aborted).toBe(true);
  });

  test("[O15] takes all for as long as its shutdown delay, and balancers hear that it stops", async () => {
    const model = new HandDrivenModel();
    await using server = await startTestServer({
      config: { shutdownDelaySeconds: 300 },
      deps: { models: model.source() },
    });
    using grpc = new GrpcJsClient(server.grpcUrl);
    const hurry = new AbortController();
    using leaving = new DisposableStack();
    leaving.defer(() => hurry.abort());
    const stopped = server.server.stop(hurry.signal);
    const ready = await fetch(`${server.httpUrl}/ready`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: "stopping" }]);
    // So a proxy has none open on which it would send something just as it is closed.
    const headers = { "content-type": "application/json" };
    const rpc = await fetch(`${server.httpUrl}/${Health.typeName}/Check`, {
      method: "POST",
      headers,
      body: "{}",
    });
    for (const answer of [ready, rpc]) expect(answer.headers.get("connection")).toBe("close");
    const { messages } = await grpc.call(Health.method.check, { service: StreamingService.typeName });
    expect(messages[0]?.status).toBe(Status.NOT_SERVING);
    const { answer, asked } = await ask(server, grpc, model);
    asked.say("Still here.");
    asked.end();
    expect((await answer).code).toBe(0);
    hurry.abort();
    await stopped;
  });

  test("tells those who watch its health, and ends their streams", async () => {
    await using server = await startTestServer();
    using grpc = new GrpcJsClient(server.grpcUrl);
    const watch = grpc.call(Health.method.watch, { service: StreamingService.typeName });
    await grpc.call(Health.method.check, {});
    await server.server.stop();
    const end = await watch;
    expect(end.messages.map(({ status }) => status)).toEqual([Status.SERVING, Status.NOT_SERVING]);
    expect(end.reason).toBe("SERVER_STOPPING");
  });

  test("is not held by a client that reads no more of a stream and keeps its connection", async () => {
    await using server = await startTestServer({ deps: { drainMs: 50 } });
    const client = createClient(Health, createGrpcTransport({ baseUrl: `http://${server.grpcUrl}` }));
    // Left, not cancelled: connect's client goes on holding it.
    for await (const { status } of client.watch({})) {
      expect(status).toBe(Status.SERVING);
      break;
    }
    await server.server.stop();
    await expect(client.check({})).rejects.toMatchObject({ code: Code.Unavailable });
  });
});

describe("an interrupt", () => {
  test.each(["gRPC port", "HTTP port"])("by cancelling reaches the model: %s", async (port) => {
    const model = new HandDrivenModel();
    await using server = await startTestServer({ deps: { models: model.source() } });
    const headers = { authorization: `Bearer ${server.accessToken}` };
    using grpc = new GrpcJsClient(server.grpcUrl);
    const cancel = new AbortController();
    if (port === "gRPC port") {
      const bytes = Buffer.from(toBinary(StreamRequestSchema, create(StreamRequestSchema, question)));
      const stream = grpc.open(streamAudio, bytes, headers);
      stream.on("error", () => {}).resume();
      cancel.signal.addEventListener("abort", () => stream.cancel());
    } else {
      const transport = createConnectTransport({ baseUrl: server.httpUrl, httpVersion: "1.1" });
      const client = createClient(StreamingService, transport);
      void (async () => {
        for await (const _ of client.streamAudio(question, { headers, signal: cancel.signal }));
      })().catch(() => {});
    }
    const asked = await model.question(0);
    const reached = once(asked.signal, "abort");
    cancel.abort();
    await reached;
    expect(asked.signal.aborted).toBe(true);
  });
});

test("a deadline of the caller ends the call as DEADLINE_EXCEEDED with ErrorInfo", async () => {
  const model = new HandDrivenModel();
  await using server = await startTestServer({ deps: { models: model.source() } });
  const response = await fetch(`${server.httpUrl}/streaming.StreamingService/StreamAudio`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${server.accessToken}`,
      "content-type": "application/connect+json",
      "connect-timeout-ms": "100",
    },
    body: envelope(JSON.stringify(question)),
  });
  const text = await response.text();
  expect(text).toContain("deadline_exceeded");
  expect(text).toContain("DEADLINE_EXCEEDED");
});

/** One message of Connect's streaming protocol: flags, length, bytes. */
function envelope(json: string): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.alloc(5 + Buffer.byteLength(json));
  bytes.writeUInt32BE(Buffer.byteLength(json), 1);
  bytes.write(json, 5);
  return new Uint8Array(bytes);
}
