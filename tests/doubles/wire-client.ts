import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Client, credentials, Metadata, status as Status, type StatusObject } from "@grpc/grpc-js";
import { grpcMethod } from "#engine/node/grpc/grpc-transport.ts";
import {
  InterruptRequestSchema,
  type InterruptResponse,
  StreamingService,
  StreamRequestSchema,
  type StreamResponse,
  UsageRequestSchema,
  type UsageResponse,
  WelcomeRequestSchema,
  type WelcomeResponse,
} from "#proto/streaming_pb.ts";

const streamAudio = grpcMethod(StreamingService.method.streamAudio);
const welcome = grpcMethod(StreamingService.method.generateWelcomeAudio);
const interrupt = grpcMethod(StreamingService.method.interruptSession);
const reportUsage = grpcMethod(StreamingService.method.reportUsage);

/** How a call ended: the trailers' status. */
export type CallStatus = Pick<StatusObject, "code" | "details" | "metadata">;

/** A server stream as it comes; `messages` fills. */
export class WireStream<T> {
  readonly messages: T[] = [];
  readonly status: Promise<CallStatus>;
  readonly cancel: () => void;
  #wake: (() => void)[] = [];

  constructor(call: ReturnType<Client["makeServerStreamRequest"]>) {
    this.cancel = () => call.cancel();
    call.on("data", (message: T) => {
      this.messages.push(message);
      for (const wake of this.#wake.splice(0)) wake();
    });
    // The status event carries the same; without a listener the error would be thrown.
    call.on("error", () => undefined);
    this.status = new Promise((resolve) => call.on("status", resolve));
  }

  /** Resolves when the messages satisfy the test. */
  async until(satisfied: (messages: readonly T[]) => boolean): Promise<void> {
    while (!satisfied(this.messages)) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }
}

/** A plain grpc-js client of the streaming service, without our engine: what it sees is what is on the wire. */
export class WireClient implements Disposable {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  /** @param accessToken undefined: calls carry none */
  constructor(grpcUrl: string, accessToken: string | undefined) {
    this.#client = new Client(grpcUrl, credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
      "grpc.use_local_subchannel_pool": 1,
    });
    if (accessToken !== undefined) this.#metadata.set("authorization", `Bearer ${accessToken}`);
  }

  stream(request: MessageInitShape<typeof StreamRequestSchema>): WireStream<StreamResponse> {
    const { path, serialize, deserialize } = streamAudio;
    const message = create(StreamRequestSchema, request);
    return new WireStream(
      this.#client.makeServerStreamRequest(path, serialize, deserialize, message, this.#metadata),
    );
  }

  welcome(request: MessageInitShape<typeof WelcomeRequestSchema>): WireStream<WelcomeResponse> {
    const { path, serialize, deserialize } = welcome;
    const message = create(WelcomeRequestSchema, request);
    return new WireStream(
      this.#client.makeServerStreamRequest(path, serialize, deserialize, message, this.#metadata),
    );
  }

  interrupt(hardwareId: string): Promise<InterruptResponse> {
    const { path, serialize, deserialize } = interrupt;
    const message = create(InterruptRequestSchema, { hardwareId });
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(path, serialize, deserialize, message, this.#metadata, (error, value) => {
        if (value === undefined) reject(error ?? new Error("no answer"));
        else resolve(value);
      });
    });
  }

  reportUsage(request: MessageInitShape<typeof UsageRequestSchema>): Promise<UsageResponse> {
    const { path, serialize, deserialize } = reportUsage;
    const message = create(UsageRequestSchema, request);
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(path, serialize, deserialize, message, this.#metadata, (error, value) => {
        if (value === undefined) reject(error ?? new Error("no answer"));
        else resolve(value);
      });
    });
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** Text of all text chunks. */
export function wireText(messages: readonly StreamResponse[]): string {
  return messages.map(({ content }) => (content.case === "textChunk" ? content.value : "")).join("");
}

/** Which fields came, in order. */
export function wireCases(
  messages: readonly { readonly content: { readonly case: string | undefined } }[],
): string[] {
  return messages.map(({ content }) => content.case ?? "nothing");
}

/** Name of a gRPC status code, e.g. "INVALID_ARGUMENT". */
export function statusName(code: number): string {
  return Status[code] ?? String(code);
}
