import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type DescMethod,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { Client, credentials, Metadata, status as Status, type StatusObject } from "@grpc/grpc-js";
import {
  StreamingService,
  type InterruptResponse,
  type StreamRequestSchema,
  type StreamResponse,
  type UsageRequestSchema,
  type UsageResponse,
  type WelcomeRequestSchema,
  type WelcomeResponse,
} from "#proto/streaming_pb.ts";

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
    return this.#call(StreamingService.method.streamAudio, request);
  }

  welcome(request: MessageInitShape<typeof WelcomeRequestSchema>): WireStream<WelcomeResponse> {
    return this.#call(StreamingService.method.generateWelcomeAudio, request);
  }

  interrupt(hardwareId: string): Promise<InterruptResponse> {
    return answerOf(this.#call(StreamingService.method.interruptSession, { hardwareId }));
  }

  reportUsage(request: MessageInitShape<typeof UsageRequestSchema>): Promise<UsageResponse> {
    return answerOf(this.#call(StreamingService.method.reportUsage, request));
  }

  #call<I extends DescMessage, O extends DescMessage>(
    method: DescMethod & { readonly input: I; readonly output: O },
    request: MessageInitShape<I>,
  ): WireStream<MessageShape<O>> {
    return new WireStream(
      this.#client.makeServerStreamRequest(
        `/${method.parent.typeName}/${method.name}`,
        (message: MessageShape<I>) => Buffer.from(toBinary(method.input, message)),
        (bytes: Buffer) => fromBinary(method.output, bytes),
        create(method.input, request),
        this.#metadata,
      ),
    );
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** What a unary call answers; rejects with its status. */
async function answerOf<T>(call: WireStream<T>): Promise<T> {
  const status = await call.status;
  const [message] = call.messages;
  if (message === undefined) throw Object.assign(new Error(status.details), status);
  return message;
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
