import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";
import {
  StreamRequestSchema,
  StreamResponseSchema,
  type StreamRequest,
  type StreamResponse,
} from "#proto/streaming_pb.ts";
import { epochMs } from "./bench-model.ts";
import { serveParent } from "./child-program.ts";
import { streamAudioPath } from "./stream-client.ts";

type Call = ServerWritableStream<StreamRequest, StreamResponse>;

/** The least that can stream the same messages: grpc-js and the same generated code; no rules, storage or sign-in. */
async function streamAudio(call: Call): Promise<void> {
  const [kind, count, parameter] = call.request.prompt.split(" ");
  if (kind === "flood") await flood(call, Number(count), Number(parameter));
  else await slow(call, Number(count), Number(parameter));
  call.write(create(StreamResponseSchema, { content: { case: "endMessage", value: "done" } }));
  call.end();
}

function textChunk(text: string): StreamResponse {
  return create(StreamResponseSchema, { content: { case: "textChunk", value: text } });
}

async function flood(call: Call, count: number, sizeBytes: number): Promise<void> {
  const text = `${"x".repeat(sizeBytes - 1)} `;
  for (let index = 0; index < count; index += 1) {
    if (!call.write(textChunk(text))) await once(call, "drain");
  }
}

async function slow(call: Call, count: number, everyMs: number): Promise<void> {
  await sleep(Math.random() * everyMs);
  for (let index = 0; index < count && !call.cancelled; index += 1) {
    await sleep(everyMs);
    call.write(textChunk(`${epochMs().toFixed(3)} `));
  }
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
