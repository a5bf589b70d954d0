import { randomUUID } from "node:crypto";
import { fromBinary } from "@bufbuild/protobuf";
import { expect } from "vitest";
import { ErrorInfoSchema } from "#proto/google/rpc/error_details_pb.ts";
import { StatusSchema } from "#proto/google/rpc/status_pb.ts";
import type { StreamResponse } from "#proto/streaming_pb.ts";
import { EchoSpeech } from "#tests/doubles/echo-speech.ts";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { type OpenAiDouble, startOpenAiDouble } from "#tests/doubles/openai-server.ts";
import { type CallStatus, statusName, WireClient, wireCases, wireText } from "#tests/doubles/wire-client.ts";
import { startTestServer } from "../start-test-server.ts";

/** How a call was refused. */
interface Refusal {
  readonly cases: readonly (string | undefined)[];
  /** Name of the gRPC status. */
  readonly status: string;
  readonly text: string;
  readonly reason: string;
  readonly field: string | undefined;
}

/** The streaming service as a foreign gRPC client sees it: the real server, a model behind real HTTP, grpc-js. */
export interface StreamingStage extends AsyncDisposable {
  readonly model: OpenAiDouble;
  readonly speech: EchoSpeech;
  /** A client of this test alone, signed in. */
  readonly client: WireClient;
  /** Between two tests: hangs up, takes a new client, and speech works again. */
  reset(): void;
  /** One more client on a connection of its own; without a token when asked for a stranger. */
  connect(who?: "stranger"): WireClient;
  /** Calls, and sees to it that the model is never asked. */
  refused(request: Parameters<WireClient["stream"]>[0]): Promise<Refusal>;
}

/** Starts the server and its model; the model says "Hello." until it gets another script. */
export async function openStreamingStage(): Promise<StreamingStage> {
  const model = await startOpenAiDouble(stream(say("Hello.")));
  const speech = new EchoSpeech();
  const server = await startTestServer({
    config: { model: { url: model.url, model: "double", ollamaUrl: "http://127.0.0.1:9" } },
    deps: { speech },
  });
  const connect = (who?: "stranger"): WireClient =>
    new WireClient(server.grpcUrl, who === "stranger" ? undefined : server.accessToken);
  let client = connect();
  return {
    model,
    speech,
    get client() {
      return client;
    },
    reset() {
      client[Symbol.dispose]();
      client = connect();
      speech.runs.length = 0;
      speech.notice = undefined;
      speech.failure = undefined;
    },
    connect,
    async refused(request) {
      const before = model.requests.length;
      const call = client.stream(request);
      const status = await call.status;
      expect(model.requests).toHaveLength(before);
      return {
        cases: wireCases(call.messages),
        status: statusName(status.code),
        text: status.details,
        ...reasonOf(status),
      };
    },
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}

/** A question with a message id of its own, to be answered in text only. */
export const asked = (prompt: string) => ({
  prompt,
  hardwareId: "mac",
  clientMessageId: randomUUID(),
  speak: false,
});

export const hasText = (text: string) => (messages: readonly StreamResponse[]) =>
  wireText(messages).includes(text);

/** Our error code, from the ErrorInfo in the status details. */
export function reasonOf(status: CallStatus): { reason: string; field: string | undefined } {
  const [bytes] = status.metadata.get("grpc-status-details-bin");
  const detail = fromBinary(StatusSchema, bytes as Buffer).details[0];
  const info = fromBinary(ErrorInfoSchema, detail?.value ?? new Uint8Array());
  expect(info.domain).toBe("pipit");
  return { reason: info.reason, field: info.metadata["field"] };
}
