import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "#server/domain/clock.ts";
import { openStore } from "../store/store.ts";
import { createRecordingLogger } from "./temporary-store.ts";

/** One beginning, as a thread saw it. */
export interface WorkerResult {
  readonly message: string;
  readonly turnId: string;
  readonly index: number;
  readonly begun: boolean;
}

/*
 * A second server in a thread of its own: begins one turn that its sibling begins too ("shared"), and some that only it
 * begins. A thread, because two connections on one thread would wait for each other.
 */
const { file, name, turns } = workerData as { file: string; name: string; turns: number };
await using store = await openStore({ file, clock: systemClock, logger: createRecordingLogger() });
const results: WorkerResult[] = [];
for (const message of ["shared", ...Array.from({ length: turns }, (_, n) => `${name}-${n}`)]) {
  const { turn, begun } = await store.turns.begin({
    turnId: `${name}-${message}`,
    chatId: "chat-1",
    userId: "user-1",
    clientMessageId: message,
    userText: "?",
    hadImage: false,
    ownerId: name,
    nowMs: 1,
    // Longer than any machine stops a thread for: the sibling takes over what has run out.
    leaseMs: 600_000,
  });
  results.push({ message, turnId: turn.id, index: turn.index, begun });
}
parentPort?.postMessage(results);
