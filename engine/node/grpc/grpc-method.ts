import { fromBinary, toBinary, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import type { DescMethod } from "@bufbuild/protobuf";

/** What grpc-js needs to know of one RPC. */
export interface GrpcMethod<Input, Output> {
  /** e.g. "/streaming.StreamingService/StreamAudio" */
  readonly path: string;
  serialize(message: Input): Buffer;
  deserialize(bytes: Buffer): Output;
}

/** Makes a protobuf-es method usable by grpc-js. */
export function grpcMethod<Input extends DescMessage, Output extends DescMessage>(
  method: DescMethod & { input: Input; output: Output },
): GrpcMethod<MessageShape<Input>, MessageShape<Output>> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    serialize(message) {
      const bytes = toBinary(method.input, message);
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    deserialize: (bytes) => fromBinary(method.output, bytes),
  };
}
