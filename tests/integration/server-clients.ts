import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type DescMethod,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { ErrorInfoSchema } from "#proto/google/rpc/error_details_pb.ts";
import type { StreamResponse } from "#proto/streaming_pb.ts";
import { StatusSchema } from "#proto/google/rpc/status_pb.ts";

/** How a call over grpc-js ended. */
export interface CallEnd<Message> {
  readonly messages: readonly Message[];
  /** gRPC status number; 0 is OK. */
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
  /** `google.rpc.ErrorInfo.reason`, if there was one. */
  readonly reason: string | undefined;
  readonly field: string | undefined;
}

/** A bare grpc-js client: another implementation of gRPC than the server's. */
export class GrpcJsClient implements Disposable {
  readonly #client: Client;

  /** @param tls of a server with TLS, whose name is not its address: the authority and what it knows the server as */
  constructor(target: string, tls?: { readonly ca: string; readonly name: string }) {
    const secure = tls && credentials.createSsl(Buffer.from(tls.ca));
    this.#client = new Client(target, secure ?? credentials.createInsecure(), {
      "grpc.max_send_message_length": -1,
      ...(tls && { "grpc.ssl_target_name_override": tls.name, "grpc.default_authority": tls.name }),
    });
  }

  /** Calls a unary or server-streaming method and collects everything. */
  call<I extends DescMessage, O extends DescMessage>(
    method: DescMethod & { readonly input: I; readonly output: O },
    init: MessageInitShape<I>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<CallEnd<MessageShape<O>>> {
    return this.callBytes(method, Buffer.from(toBinary(method.input, create(method.input, init))), headers);
  }

  /** The same with a request of any bytes. */
  async callBytes<O extends DescMessage>(
    method: DescMethod & { readonly output: O },
    request: Buffer,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<CallEnd<MessageShape<O>>> {
    const messages: MessageShape<O>[] = [];
    const stream = this.open(method, request, headers);
    stream.on("data", (message: MessageShape<O>) => messages.push(message));
    const trailing = new Metadata();
    stream.on("metadata", (metadata) => trailing.merge(metadata));
    const error = await new Promise<ServiceError | undefined>((resolve) => {
      stream.on("error", (reason: ServiceError) => resolve(reason));
      stream.on("end", () => resolve(undefined));
    });
    if (error !== undefined) trailing.merge(error.metadata);
    const info = error === undefined ? undefined : errorInfo(error.metadata);
    return {
      messages,
      code: error?.code ?? 0,
      details: error?.details ?? "",
      metadata: trailing,
      reason: info?.reason,
      field: info?.metadata["field"],
    };
  }

  /** The stream itself, to be read or cancelled by hand. */
  open<O extends DescMessage>(
    method: DescMethod & { readonly output: O },
    request: Buffer,
    headers: Readonly<Record<string, string>>,
  ) {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    return this.#client.makeServerStreamRequest(
      `/${method.parent.typeName}/${method.name}`,
      (bytes: Buffer) => bytes,
      (bytes: Buffer): MessageShape<O> => fromBinary(method.output, bytes),
      request,
      metadata,
    );
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

function errorInfo(metadata: Metadata): { reason: string; metadata: Record<string, string> } | undefined {
  const [bytes] = metadata.get("grpc-status-details-bin");
  if (!(bytes instanceof Buffer)) return undefined;
  const detail = fromBinary(StatusSchema, bytes).details.find((any) =>
    any.typeUrl.endsWith("/google.rpc.ErrorInfo"),
  );
  return detail === undefined ? undefined : fromBinary(ErrorInfoSchema, detail.value);
}

type Content = Extract<StreamResponse["content"], { readonly case: string }>;
type ContentOf<Kind extends Content["case"]> = Extract<Content, { readonly case: Kind }>["value"];

/** The value of the first message of this kind in an answer. Throws when there is none. */
export function contentOf<Kind extends Content["case"]>(
  messages: readonly StreamResponse[],
  kind: Kind,
): ContentOf<Kind> {
  for (const { content } of messages) if (content.case === kind) return content.value as ContentOf<Kind>;
  throw new Error(`no ${kind} in ${JSON.stringify(messages.map(({ content }) => content.case))}`);
}
