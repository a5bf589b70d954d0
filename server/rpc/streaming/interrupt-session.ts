import type { ServiceImpl } from "@connectrpc/connect";
import type { StreamingService } from "#proto/streaming_pb.ts";
import type { TurnService } from "#server/domain/assistant/turn-types.ts";
import { HARDWARE_ID_TEXT, isHardwareId, requireCaller } from "../kit/checks.ts";
import type { Greetings } from "./greetings.ts";

export interface InterruptSessionDeps {
  readonly turns: Pick<TurnService, "interrupt">;
  readonly greetings: Greetings;
}

/** Stops the caller's own running streams of one machine, as cancelling them would. Idle is success with an empty list. */
export function createInterruptSession(
  deps: InterruptSessionDeps,
): ServiceImpl<typeof StreamingService>["interruptSession"] {
  return function interruptSession(request, context) {
    const { userId } = requireCaller(context);
    if (!isHardwareId(request.hardwareId)) return { success: false, message: HARDWARE_ID_TEXT };
    const hardwareId = request.hardwareId.trim();
    const interruptedSessions = [
      ...deps.turns.interrupt(userId, hardwareId),
      ...deps.greetings.interrupt(userId, hardwareId),
    ];
    const message = interruptedSessions.length === 0 ? "Nothing was running." : "Interrupted.";
    return { success: true, interruptedSessions, message };
  };
}
