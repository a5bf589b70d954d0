import type { ServiceImpl } from "@connectrpc/connect";
import { StreamingService } from "#proto/streaming_pb.ts";
import type { ServerContext } from "#server/compose/context.ts";
import { writer } from "#server/domain/access/access.ts";
import { createInterrupt } from "#server/domain/assistant/interrupts.ts";
import type { UsageStore } from "#server/domain/chats/ports.ts";
import { rpcService, type RpcService } from "../kit/rpc-service.ts";
import { createGenerateWelcomeAudio } from "./generate-welcome-audio.ts";
import { Greetings } from "./greetings.ts";
import { createInterruptSession } from "./interrupt-session.ts";
import { PromptBuffers } from "./prompt-buffers.ts";
import { createReportUsage } from "./report-usage.ts";
import { createStreamAudio } from "./stream-audio.ts";

/** The part of the server that answers with speech. */
export type StreamingContext = Pick<
  ServerContext,
  "bus" | "turns" | "running" | "speech" | "clock" | "logger"
> & {
  readonly store: { readonly usage: UsageStore };
};

/** `streaming.StreamingService` for gRPC, gRPC-Web and Connect. */
export function streamingService(ctx: ServerContext): RpcService {
  const access = {
    streamAudio: writer,
    interruptSession: writer,
    generateWelcomeAudio: writer,
    reportUsage: writer,
  };
  return rpcService(StreamingService, access, createStreamingHandlers(ctx));
}

/** The handlers, which need the caller in `callerKey`. */
export function createStreamingHandlers(ctx: StreamingContext): ServiceImpl<typeof StreamingService> {
  const state = {
    buffers: new PromptBuffers(ctx.clock),
    greetings: new Greetings(),
    running: ctx.running,
  };
  const interrupt = createInterrupt(ctx.bus, (userId, hardwareId) => [
    ...ctx.turns.interrupt(userId, hardwareId),
    ...state.greetings.interrupt(userId, hardwareId),
  ]);
  return {
    streamAudio: createStreamAudio(ctx, state),
    interruptSession: createInterruptSession(interrupt),
    generateWelcomeAudio: createGenerateWelcomeAudio(ctx, state),
    reportUsage: createReportUsage(ctx),
  };
}
