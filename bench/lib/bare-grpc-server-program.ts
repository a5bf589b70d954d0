import { once } from "node:events";
import { promisify } from "node:util";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";
import {
  StreamRequestSchema,
  StreamResponseSchema,
  type StreamRequest,
  type StreamResponse,
} from "#proto/streaming_pb.ts";
import { serveParent } from "./child-program.ts";
import { streamAudioPath } from "./stream-client.ts";

type Call = ServerWritableStream<StreamRequest, StreamResponse>;

/** The least that can stream the same messages: grpc-js and the same generated code; no rules, storage or sign-in. */
async function streamAudio(call: Call): Promise<void> {
  const [, count = 0, sizeBytes = 1] = call.request.prompt.split(" ").map(Number);
  const text = `${"x".repeat(sizeBytes - 1)} `;
  for (let index = 0; index < count; index += 1) {
    const message = create(StreamResponseSchema, { content: { case: "textChunk", value: text } });
    if (!call.write(message)) await once(call, "drain");
  }
  call.write(create(StreamResponseSchema, { content: { case: "endMessage", value: "done" } }));
  call.end();
}

const server = new Server();
const method = {
  path: streamAudioPath,
  requestStream: false,
  responseStream: true,
  requestSerialize: (request: StreamRequest) => Buffer.from(toBinary(StreamRequestSchema, request)),
  requestDeserialize: (bytes: Buffer) => fromBinary(StreamRequestSchema, bytes),
  responseSerialize: (response: StreamResponse) => Buffer.from(toBinary(StreamResponseSchema, response)),
  responseDeserialize: (bytes: Buffer) => fromBinary(StreamResponseSchema, bytes),
};
server.addService({ streamAudio: method }, { streamAudio: (call: Call) => void streamAudio(call) });
const bind = promisify(server.bindAsync.bind(server));
const port = await bind("127.0.0.1:0", ServerCredentials.createInsecure());
await serveParent({ grpcUrl: `127.0.0.1:${port}` });
server.forceShutdown();
