import { expect } from "vitest";
import type { ChatEvent } from "#contract/chat-event.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { StreamCall } from "#engine/ports.ts";
import {
  createGrpcTransport,
  type GrpcTransport,
  type GrpcTransportOptions,
} from "../grpc/grpc-transport.ts";
import { createRecordingLogger } from "./recording-logger.ts";

export const question: StreamCall = {
  prompt: "hello",
  clientMessageId: "0192f0c0-0000-7000-8000-000000000001",
  hardwareId: "a9d2c5f0-1111-5111-8111-111111111111",
  speak: true,
};

/** A signal that never aborts. */
export const never: AbortSignal = new AbortController().signal;

/** A transport in plaintext, with the token "token-1". */
export function connect(target: string, options: Partial<GrpcTransportOptions> = {}): GrpcTransport {
  return createGrpcTransport({
    target,
    tls: false,
    accessToken: async () => "token-1",
    logger: createRecordingLogger(),
    ...options,
  });
}

export async function collect(events: AsyncIterable<ChatEvent>): Promise<ChatEvent[]> {
  const seen: ChatEvent[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

/** The error of work that must fail. */
export async function failure(work: Promise<unknown>): Promise<PipitError> {
  try {
    await work;
  } catch (error) {
    expect(error).toBeInstanceOf(PipitError);
    return error as PipitError;
  }
  throw new Error("expected a failure");
}
