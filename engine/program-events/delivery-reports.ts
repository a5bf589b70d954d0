import type { AskServer } from "#engine/ports.ts";

/** What waited longer to be taken by a server is told of. */
const LATE_MS = 30_000;
/** Of so many messages at most it is known how often they were tried. */
const REMEMBERED = 1_000;

/** How a message came to its answer, where that was not at once; nothing of what it says. */
export interface DeliveryReport {
  /** How often this program has tried. */
  readonly attempts: number;
  /** The answer was there, or under way, when it was asked for. */
  readonly resumed: boolean;
  /** From its writing until a server took it. */
  readonly waited_ms: number;
}

/** Asks as `ask` does, and reports the deliveries that took more than one try, or long. What `report` does holds nothing up. */
export function reportDeliveries(
  ask: AskServer,
  { report, nowMs }: { readonly report: (delivery: DeliveryReport) => void; readonly nowMs: () => number },
): AskServer {
  const tries = new Map<string, number>();
  return async function* asked(call, signal, onSignIn) {
    const { clientMessageId } = call;
    const attempts = (tries.get(clientMessageId) ?? 0) + 1;
    if (tries.size >= REMEMBERED) tries.clear();
    tries.set(clientMessageId, attempts);
    let [resumed, waitedMs] = [false, 0];
    for await (const event of ask(call, signal, onSignIn)) {
      if (event.type === "turn") {
        resumed = event.replayed;
        waitedMs = Math.max(0, nowMs() - writtenAtMs(clientMessageId, nowMs()));
      }
      if (event.type === "end") {
        tries.delete(clientMessageId);
        if (attempts > 1 || resumed || waitedMs > LATE_MS) report({ attempts, resumed, waited_ms: waitedMs });
      }
      yield event;
    }
  };
}

/** Of a UUIDv7 (RFC 9562 §5.7); now, for any other id. */
function writtenAtMs(id: string, nowMs: number): number {
  return id[14] === "7" ? Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16) : nowMs;
}
