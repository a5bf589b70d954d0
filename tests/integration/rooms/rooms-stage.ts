import {
  create,
  toBinary,
  type DescMessage,
  type DescMethod,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import { expect } from "vitest";
import { EmptySchema, Messaging, type Message } from "#proto/messaging_pb.ts";
import { PASSWORD } from "#tests/testing/two-servers.ts";
import { GrpcJsClient } from "../server-clients.ts";
import { startTestServer, type TestServer, type TestServerOverrides } from "../start-test-server.ts";

/** A server with people, over gRPC. */
export async function openRoomsStage(config: TestServerOverrides["config"] = {}) {
  await using opening = new AsyncDisposableStack();
  const server = opening.use(await startTestServer({ config }));
  const client = opening.use(new GrpcJsClient(server.grpcUrl));
  const owned = opening.move();
  return {
    server,
    as: (login: string) => personOf(server, client, login),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A registered person who is signed in. */
async function personOf({ httpUrl }: TestServer, client: GrpcJsClient, login: string) {
  const body = JSON.stringify({ login, password: PASSWORD });
  await fetch(`${httpUrl}/auth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  const form = { grant_type: "password", client_id: "pipit-cli", username: login, password: PASSWORD };
  const answer = await fetch(`${httpUrl}/oauth/token`, { method: "POST", body: new URLSearchParams(form) });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${token}` };
  const call = <I extends DescMessage, O extends DescMessage>(
    method: DescMethod & { readonly input: I; readonly output: O },
    init: MessageInitShape<I>,
  ) => client.call(method, init, headers);
  return {
    token,
    call,
    /** What the call answers; it must be right. */
    async ask<I extends DescMessage, O extends DescMessage>(
      method: DescMethod & { readonly input: I; readonly output: O },
      init: MessageInitShape<I>,
    ) {
      const { messages, details } = await call(method, init);
      expect(details).toBe("");
      const [message] = messages;
      if (message === undefined) throw new Error("no answer");
      return message;
    },
    follow(fields: MessageInitShape<typeof EmptySchema>) {
      const request = Buffer.from(toBinary(EmptySchema, create(EmptySchema, fields)));
      const stream = client.open(Messaging.method.messageStream, request, headers);
      const read: Message[] = [];
      const ended = Promise.withResolvers<number>();
      stream.on("data", (message: Message) => read.push(message));
      stream.on("error", ({ code }: { code: number }) => ended.resolve(code));
      return { read, ended: ended.promise, cancel: () => stream.cancel() };
    },
  };
}
