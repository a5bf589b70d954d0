import type { ServiceImpl } from "@connectrpc/connect";
import type { StreamingService } from "#proto/streaming_pb.ts";
import type { Interrupt } from "#server/domain/assistant/interrupts.ts";
import { HARDWARE_ID_TEXT, isHardwareId, requireCaller } from "../kit/checks.ts";

/**
 * Stops the caller's own running streams of one machine, at whichever server, as cancelling them would. Idle is success
 * with an empty list.
 */
export function createInterruptSession(
  interrupt: Interrupt,
): ServiceImpl<typeof StreamingService>["interruptSession"] {
  return async function interruptSession(request, context) {
    const { userId } = requireCaller(context);
    if (!isHardwareId(request.hardwareId)) return { success: false, message: HARDWARE_ID_TEXT };
    const hardwareId = request.hardwareId.trim();
    const interruptedSessions = [...(await interrupt(userId, hardwareId))];
    const message = interruptedSessions.length === 0 ? "Nothing was running." : "Interrupted.";
    return { success: true, interruptedSessions, message };
  };
}
