import { createQuestion } from "../ask-servers.ts";
import type { MessageBus } from "../message-bus.ts";

/** On the bus: whose streams are to be stopped, to all servers. */
const CHANNEL = "interrupts";

/** Stops what a person's machine listens to in this process; the session ids of what was stopped. */
type StopStreams = (userId: string, hardwareId: string) => readonly string[];

/** The same in all processes. */
export type Interrupt = (userId: string, hardwareId: string) => Promise<readonly string[]>;

/** What runs in this process has been stopped when the call returns its promise. */
export function createInterrupt(bus: MessageBus, stop: StopStreams): Interrupt {
  const ask = createQuestion(
    bus,
    CHANNEL,
    ({ userId, hardwareId }: { readonly userId: string; readonly hardwareId: string }) =>
      stop(userId, hardwareId),
  );
  // Two servers report one session when one of them passes on an answer of the other.
  return async (userId, hardwareId) => [...new Set((await ask({ userId, hardwareId })).flat())];
}
