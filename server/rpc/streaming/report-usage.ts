import { randomUUID } from "node:crypto";
import type { ServiceImpl } from "@connectrpc/connect";
import type { StreamingService } from "#proto/streaming_pb.ts";
import { isHardwareId, requireCaller } from "../kit/checks.ts";
import type { StreamingContext } from "./streaming-service.ts";

/** Longest name that is kept of a session, source or model. */
const NAME_MAX_CHARS = 200;

/** Keeps what a client says it has used. Refusals stay in the answer with status OK, as the original does. */
export function createReportUsage({
  store,
  clock,
}: Pick<StreamingContext, "store" | "clock">): ServiceImpl<typeof StreamingService>["reportUsage"] {
  return async function reportUsage(request, context) {
    const { userId } = requireCaller(context);
    if (!isHardwareId(request.hardwareId)) return { success: false, message: "hardware_id required" };
    if (request.inputTokens < 0 || request.outputTokens < 0) {
      return { success: false, message: "input_tokens and output_tokens must not be negative" };
    }
    await store.usage.add({
      id: randomUUID(),
      userId,
      hardwareId: request.hardwareId.trim(),
      sessionId: name(request.sessionId),
      source: name(request.source),
      model: name(request.model),
      inputTokens: request.inputTokens,
      outputTokens: request.outputTokens,
      createdAtMs: clock.nowMs(),
    });
    return { success: true, message: "Usage recorded" };
  };
}

function name(value: string): string {
  return value.slice(0, NAME_MAX_CHARS).replaceAll("\0", "\uFFFD");
}
