import { promisify } from "node:util";
import { create, toBinary } from "@bufbuild/protobuf";
import { Metadata, Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";
import { SendResponseSchema } from "#proto/messaging_pb.ts";
import { serveParent } from "./child-program.ts";

type Reader = ServerWritableStream<Buffer, Buffer>;

/** The least that can fan out: grpc-js writes the bytes that came in to all readers; nothing is serialised or stored. */
const readers = new Set<Reader>();
const asIs = (bytes: Buffer): Buffer => bytes;
const method = (name: string, responseStream: boolean) => ({
  path: `/Messaging/${name}`,
  requestStream: false,
  responseStream,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
});
const accepted = Buffer.from(toBinary(SendResponseSchema, create(SendResponseSchema, { success: true })));
const server = new Server();
server.addService(
  { messageStream: method("MessageStream", true), sendMessage: method("SendMessage", false) },
  {
    messageStream(call: Reader) {
      readers.add(call);
      call.on("cancelled", () => readers.delete(call));
      call.sendMetadata(new Metadata());
    },
    sendMessage({ request }: { request: Buffer }, done: (error: null, answer: Buffer) => void) {
      for (const reader of readers) reader.write(request);
      done(null, accepted);
    },
  },
);
const port = await promisify(server.bindAsync.bind(server))(
  "127.0.0.1:0",
  ServerCredentials.createInsecure(),
);
await serveParent({ grpcUrl: `127.0.0.1:${port}` });
server.forceShutdown();
