import type { ServiceImpl } from "@connectrpc/connect";
import type { StreamingService } from "#proto/streaming_pb.ts";
import { createInterrupt } from "#server/domain/assistant/interrupts.ts";
import { createGenerateWelcomeAudio } from "./generate-welcome-audio.ts";
import { Greetings } from "./greetings.ts";
import { createInterruptSession } from "./interrupt-session.ts";
import { PromptBuffers } from "./prompt-buffers.ts";
import { createReportUsage } from "./report-usage.ts";
import { createStreamAudio } from "./stream-audio.ts";
import type { StreamingDeps } from "./streaming-deps.ts";

/** `streaming.StreamingService` for gRPC, gRPC-Web and Connect (contracts §1). Needs the caller in `callerKey`. */
export function createStreamingService(deps: StreamingDeps): ServiceImpl<typeof StreamingService> {
  const buffers = new PromptBuffers(deps.clock);
  const greetings = new Greetings();
  const interrupt = createInterrupt(deps.bus, (userId, hardwareId) => [
    ...deps.turns.interrupt(userId, hardwareId),
    ...greetings.interrupt(userId, hardwareId),
  ]);
  return {
    streamAudio: createStreamAudio({ ...deps, buffers, greetings }),
    interruptSession: createInterruptSession(interrupt),
    generateWelcomeAudio: createGenerateWelcomeAudio(deps),
    reportUsage: createReportUsage(deps),
  };
}
