import { connect, constants } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { StreamingService } from "#proto/streaming_pb.ts";
import { faults, gate, say, stream } from "#tests/doubles/openai-script.ts";
import { startOpenAiDouble, type OpenAiDouble } from "#tests/doubles/openai-server.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";

let model: OpenAiDouble;
let server: TestServer;
beforeAll(async () => {
  model = await startOpenAiDouble(stream(say("Hello.")));
  server = await startTestServer({
    config: { model: { url: model.url, model: "double", ollamaUrl: "http://127.0.0.1:9" } },
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

/** The sum of all samples that this pattern finds. */
async function sumOf(sample: RegExp): Promise<number> {
  const text = await (await fetch(`${server.httpUrl}/metrics`)).text();
  const values = text.split("\n").flatMap((line) => {
    const [name = "", value] = line.split(/ (?=\S+$)/);
    return sample.test(name) ? [Number(value)] : [];
  });
  return values.reduce((sum, value) => sum + value, 0);
}

/** Asks; resolves to the text, rejects as the call does. */
async function ask(transport: Transport, token: string, signal?: AbortSignal): Promise<string> {
  const client = createClient(StreamingService, transport);
  const question = { prompt: "Hi", hardwareId: "machine", speak: true, locale: "en" };
  const headers = { authorization: `Bearer ${token}` };
  let text = "";
  for await (const { content } of client.streamAudio(question, { headers, ...(signal && { signal }) })) {
    if (content.case === "textChunk") text += content.value;
  }
  return text;
}

test("an operator sees every call on each wire, what answers came to, what models fail with, and what the database takes", async () => {
  const transports = [
    createGrpcTransport({ baseUrl: `http://${server.grpcUrl}` }),
    createGrpcWebTransport({ baseUrl: server.httpUrl, httpVersion: "1.1" }),
    createConnectTransport({ baseUrl: server.httpUrl, httpVersion: "1.1" }),
  ];
  const calls = (code: string) =>
    sumOf(
      new RegExp(`^pipit_rpc_requests_total\\{method="[\\w.]+StreamingService/StreamAudio",code="${code}"`),
    );

  for (const transport of transports) {
    expect(await ask(transport, server.accessToken)).toContain("Hello.");
    const refused = await ask(transport, "not-a-token").catch(ConnectError.from);
    expect(refused).toMatchObject({ code: Code.Unauthenticated });
  }
  // A call is over for its client a moment before it is for the server.
  await expect.poll(() => calls("ok")).toBe(3);
  await expect.poll(() => calls("unauthenticated")).toBe(3);
  await expect.poll(() => sumOf(/^pipit_errors_total\{code="TOKEN_INVALID"/)).toBe(3);
  await expect.poll(() => sumOf(/^pipit_turns_ended_total\{outcome="done"/)).toBe(3);
  expect(await sumOf(/^pipit_turns_started_total/)).toBe(3);
  expect(await sumOf(/^pipit_turn_first_token_seconds_count/)).toBe(3);
  await expect.poll(() => sumOf(/^pipit_speech_requests_total\{.*outcome="spoken"/)).toBe(3);
  expect(await sumOf(/^pipit_model_errors_total/)).toBe(0);
  for (const kind of ["select", "insert", "commit", "sync"])
    expect(
      await sumOf(new RegExp(`^pipit_database_duration_seconds_count\\{statement="${kind}"`)),
    ).toBeGreaterThan(0);

  model.script(faults.failed);
  const [grpc] = transports;
  if (grpc === undefined) throw new Error();
  const failed = await ask(grpc, server.accessToken).catch(ConnectError.from);
  expect(failed).toMatchObject({ code: Code.Unavailable });
  await expect.poll(() => calls("unavailable")).toBe(1);
  await expect.poll(() => sumOf(/^pipit_model_errors_total\{code="MODEL_FAILED"/)).toBe(1);
  await expect.poll(() => sumOf(/^pipit_turns_ended_total\{outcome="MODEL_FAILED"/)).toBe(1);

  const held = gate();
  model.script(stream(say("One "), held.step, say("two")));
  const leaving = new AbortController();
  const asked = ask(grpc, server.accessToken, leaving.signal).catch(ConnectError.from);
  await expect.poll(() => sumOf(/^pipit_turns_running/)).toBe(1);
  leaving.abort();
  expect(await asked).toMatchObject({ code: Code.Canceled });
  await expect.poll(() => calls("canceled")).toBe(1);
  await expect.poll(() => sumOf(/^pipit_turns_ended_total\{outcome="cancelled"/)).toBe(1);
  await expect.poll(() => sumOf(/^pipit_turns_running/)).toBe(0);
  held.open();
});

test("a call that its client breaks off by a fault of HTTP/2 is no fault of the server", async () => {
  const path = `/${StreamingService.typeName}/StreamAudio`;
  const called = (code: string) => sumOf(new RegExp(`^pipit_rpc_requests_total\\{.*code="${code}"`));
  const before = [await called("canceled"), await called("internal")];
  const held = gate();
  model.script(stream(say("One "), held.step, say("two")));
  const session = connect(`http://${server.grpcUrl}`);
  try {
    const headers = { "content-type": "application/grpc", authorization: `Bearer ${server.accessToken}` };
    const call = session.request({ ":method": "POST", ":path": path, te: "trailers", ...headers });
    call.on("error", () => {});
    const question = { prompt: "Hi", hardwareId: "machine", speak: false, locale: "en" };
    const message = toBinary(
      StreamingService.method.streamAudio.input,
      create(StreamingService.method.streamAudio.input, question),
    );
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(message.length, 1);
    call.end(Buffer.concat([prefix, message]));
    await expect.poll(() => sumOf(/^pipit_turns_running/)).toBe(1);
    call.close(constants.NGHTTP2_INTERNAL_ERROR);
    await expect
      .poll(async () => [await called("canceled"), await called("internal")])
      .toEqual([(before[0] ?? 0) + 1, before[1]]);
  } finally {
    held.open();
    session.destroy();
  }
});
