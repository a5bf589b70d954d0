import { once } from "node:events";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, Metadata, status, type ServiceError } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { StreamRequestSchema, StreamResponseSchema, type StreamResponse } from "#proto/streaming_pb.ts";
import { startTestServer, type TestServer } from "#tests/integration/start-test-server.ts";

let server: TestServer;
let client: Client;

beforeAll(async () => {
  server = await startTestServer();
  client = new Client(server.grpcUrl, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await server[Symbol.asyncDispose]();
});

type Content = StreamResponse["content"];

/** A bare grpc-js client, without anything of our engine. Rejects with the gRPC status when the stream ends by one. */
async function streamAudio(prompt: string, token?: string): Promise<readonly Content[]> {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
  const call = client.makeServerStreamRequest(
    "/streaming.StreamingService/StreamAudio",
    (request: Uint8Array) => Buffer.from(request),
    (bytes: Buffer) => fromBinary(StreamResponseSchema, bytes),
    toBinary(
      StreamRequestSchema,
      create(StreamRequestSchema, { prompt, hardwareId: "grpc-js", speak: false }),
    ),
    metadata,
    { deadline: Date.now() + 30_000 },
  );
  const contents: Content[] = [];
  for await (const response of call as AsyncIterable<StreamResponse>) contents.push(response.content);
  return contents;
}

test("a bare grpc-js client completes StreamAudio", async () => {
  const contents = await streamAudio("what is 6 * 7?", server.accessToken);
  const text = contents.map((content) => (content.case === "textChunk" ? content.value : "")).join("");
  expect(text).toContain("42");
  expect(contents.at(-1)?.case).toBe("endMessage");
});

test("it gets UNAUTHENTICATED without a token", async () => {
  const error: unknown = await streamAudio("hello").catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: status.UNAUTHENTICATED });
  expect((error as ServiceError).details).toContain("Sign in");
});

/** What a call of this method without a body that is meant is refused with. */
async function refusalOf(path: string, metadata = new Metadata()): Promise<ServiceError> {
  const bytes = (body: Buffer): Buffer => body;
  const call = client.makeServerStreamRequest(path, bytes, bytes, Buffer.alloc(0), metadata);
  call.resume();
  const [error] = (await once(call, "error")) as [ServiceError];
  return error;
}

test("it reads what a refusal says, whatever signs are in it", async () => {
  const metadata = new Metadata();
  metadata.set("token", "garbage");
  expect((await refusalOf("/Messaging/MessageStream", metadata)).details).toMatch(/^Invalid token: The/u);
  expect((await refusalOf("/Messaging/Nothing")).details).toBe("There is no method /Messaging/Nothing here.");
});
