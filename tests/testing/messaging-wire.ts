import { connect, type ClientHttp2Stream, type IncomingHttpHeaders } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import { EmptySchema, Messaging } from "#proto/messaging_pb.ts";

const everything = toBinary(EmptySchema, create(EmptySchema));

/** A stream of messages that takes nothing before it is read. */
export interface OpenReader {
  readonly stream: ClientHttp2Stream;
  /** What the server sent when the reader had its place, or in refusing it. */
  readonly begun: IncomingHttpHeaders;
}

export type MessagingWire = ReturnType<typeof openMessaging>;

/**
 * A connection of its own to `Messaging` on a gRPC port, as people have, without a library that would read ahead.
 *
 * @param accessToken absent: the server wants none
 */
export function openMessaging({ grpcUrl, accessToken }: { grpcUrl: string; accessToken?: string }) {
  const session = connect(`http://${grpcUrl}`);
  // A connection that breaks is missed where its messages are.
  session.on("error", () => undefined);
  const call = (
    method: keyof typeof Messaging.method,
    request: Uint8Array,
    contentType = "application/grpc",
  ) => {
    const stream = session.request({
      ":method": "POST",
      ":path": `/${Messaging.typeName}/${Messaging.method[method].name}`,
      "content-type": contentType,
      te: "trailers",
      ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
    });
    stream.end(encodeEnvelope(0, request));
    return stream;
  };
  return {
    call,
    /** Resolves when the server has answered with headers. */
    async follow(request: Uint8Array = everything, contentType?: string): Promise<OpenReader> {
      const stream = call("messageStream", request, contentType);
      const begun = await new Promise<IncomingHttpHeaders>((resolve, reject) => {
        stream.once("error", reject);
        stream.once("response", resolve);
      });
      return { stream, begun };
    },
    [Symbol.dispose]: () => session.destroy(),
  };
}
