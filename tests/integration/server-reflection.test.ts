import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Health, HealthCheckResponse_ServingStatus as Status } from "#proto/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "#proto/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionV1Alpha } from "#proto/grpc/reflection/v1alpha/reflection_pb.ts";
import { StreamingService } from "#proto/streaming_pb.ts";
import { GrpcJsClient } from "./server-clients.ts";
import { startTestServer, type TestServer } from "./start-test-server.ts";

const NOT_FOUND = 5;
const services = [
  "Auth",
  "Messaging",
  "Otp",
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
  "pipit.rooms.v1.Rooms",
  "streaming.StreamingService",
];

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

describe("health, without a token", () => {
  test.each(["", ...services])("%j is SERVING", async (service) => {
    using grpc = new GrpcJsClient(server.grpcUrl);
    const end = await grpc.call(Health.method.check, { service });
    expect([end.code, end.messages[0]?.status]).toEqual([0, Status.SERVING]);
  });

  test("an unknown service: NOT_FOUND for Check, SERVICE_UNKNOWN for Watch", async () => {
    using grpc = new GrpcJsClient(server.grpcUrl);
    expect((await grpc.call(Health.method.check, { service: "nope" })).code).toBe(NOT_FOUND);
    const client = createClient(Health, createGrpcTransport({ baseUrl: `http://${server.grpcUrl}` }));
    for await (const { status } of client.watch({ service: "nope" })) {
      expect(status).toBe(Status.SERVICE_UNKNOWN);
      break;
    }
  });
});

type Request = {
  case: "listServices" | "fileByFilename" | "fileContainingSymbol" | "allExtensionNumbersOfType";
  value: string;
};

describe.each([
  ["v1", ServerReflection],
  ["v1alpha", ServerReflectionV1Alpha],
])("reflection %s, without a token", (_version, service) => {
  async function ask(request: Request) {
    const transport = createGrpcTransport({ baseUrl: `http://${server.grpcUrl}` });
    const client = createClient(service as typeof ServerReflection, transport);
    async function* requests() {
      yield { host: "h", messageRequest: request };
    }
    for await (const response of client.serverReflectionInfo(requests())) {
      expect(response.originalRequest?.messageRequest).toEqual(request);
      return response.messageResponse;
    }
    throw new Error("no answer");
  }

  test("lists what is offered", async () => {
    const answer = await ask({ case: "listServices", value: "" });
    expect(answer).toMatchObject({
      case: "listServicesResponse",
      value: { service: services.map((name) => ({ name })) },
    });
  });

  test.each([
    "streaming.StreamingService",
    "streaming.StreamingService.StreamAudio",
    "streaming.StreamRequest.client_message_id",
    "grpc.health.v1.HealthCheckResponse.ServingStatus",
  ])("the files of %s are complete and describe it", async (symbol) => {
    const answer = await ask({ case: "fileContainingSymbol", value: symbol });
    if (answer.case !== "fileDescriptorResponse") throw new Error(`${answer.case}`);
    const file = answer.value.fileDescriptorProto.map((bytes) =>
      fromBinary(FileDescriptorProtoSchema, bytes),
    );
    const registry = createFileRegistry({ $typeName: FileDescriptorSetSchema.typeName, file });
    const owner = symbol.startsWith("streaming.") ? symbol.split(".").slice(0, 2).join(".") : symbol;
    expect(registry.get(owner)).toBeDefined();
  });

  test("what is not there is NOT_FOUND inside the answer; the stream goes on", async () => {
    for (const request of [
      { case: "fileByFilename", value: "nope.proto" },
      { case: "fileContainingSymbol", value: "no.such.Thing" },
      { case: "fileContainingSymbol", value: "streaming.StreamRequest.nope" },
      { case: "allExtensionNumbersOfType", value: "no.such.Message" },
    ] as const) {
      expect(await ask(request)).toMatchObject({ case: "errorResponse", value: { errorCode: NOT_FOUND } });
    }
    const none = await ask({ case: "allExtensionNumbersOfType", value: "streaming.StreamRequest" });
    expect(none).toMatchObject({ case: "allExtensionNumbersResponse", value: { extensionNumber: [] } });
    expect(await ask({ case: "fileByFilename", value: "streaming.proto" })).toMatchObject({
      case: "fileDescriptorResponse",
    });
  });
});

test("buf curl completes StreamAudio with nothing but reflection", async () => {
  const { stdout } = await promisify(execFile)("node_modules/.bin/buf", [
    "curl",
    "--protocol=grpc",
    "--http2-prior-knowledge",
    `--header=authorization: Bearer ${server.accessToken}`,
    '--data={"prompt":"hello","hardwareId":"abc-1","speak":false}',
    `http://${server.grpcUrl}/${StreamingService.typeName}/StreamAudio`,
  ]);
  expect(stdout).toContain('"textChunk"');
  expect(stdout.trimEnd()).toMatch(/"endMessage": "[^"]+"\s*}$/);
});
