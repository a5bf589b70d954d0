import { randomUUID } from "node:crypto";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { StreamRequestSchema, StreamResponseSchema, type StreamResponse } from "#proto/streaming_pb.ts";
import type { ProgramReady } from "./child-program.ts";

export const streamAudioPath = "/streaming.StreamingService/StreamAudio";

/** A bare grpc-js client, the same for every server that is compared. */
export interface StreamClient extends Disposable {
  /** Streams one answer; `onText` is called for each text piece at once. Rejects with the gRPC status. */
  stream(prompt: string, onText: (text: string) => void, signal: AbortSignal): Promise<void>;
}

/** Connects to a benchmark's server; each client has a connection of its own. */
export function createStreamClient(server: ProgramReady): StreamClient {
  // A channel of its own: grpc-js would share one connection between equal targets.
  const client = new Client(server.grpcUrl, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
  });
  const metadata = new Metadata();
  if (server.accessToken !== undefined) metadata.set("authorization", `Bearer ${server.accessToken}`);
  return {
    stream: (prompt, onText, signal) => stream(client, metadata, prompt, onText, signal),
    [Symbol.dispose]: () => client.close(),
  };
}

function stream(
  client: Client,
  metadata: Metadata,
  prompt: string,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const request = create(StreamRequestSchema, {
    prompt,
    hardwareId: "bench",
    clientMessageId: randomUUID(),
    speak: false,
  });
  const call = client.makeServerStreamRequest(
    streamAudioPath,
    (message: typeof request) => Buffer.from(toBinary(StreamRequestSchema, message)),
    (bytes: Buffer) => fromBinary(StreamResponseSchema, bytes),
    request,
    metadata,
  );
  const onAbort = (): void => call.cancel();
  signal.addEventListener("abort", onAbort, { once: true });
  return new Promise<void>((resolve, reject) => {
    call.on("data", ({ content }: StreamResponse) => {
      if (content.case === "textChunk") onText(content.value);
    });
    call.once("error", reject);
    call.once("end", resolve);
  }).finally(() => signal.removeEventListener("abort", onAbort));
}
