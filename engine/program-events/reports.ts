import type { Settings } from "#contract/settings.ts";
import type { AskServer, StreamCall } from "#engine/ports.ts";

/** What waited longer to be taken by a server is told of. */
const LATE_MS = 30_000;
/** Of so many messages at most it is known how often they were tried. */
const REMEMBERED = 1_000;
/** A program says at most so often how much it is used. */
const USAGE_EVERY_MS = 3_600_000;

/**
 * Whether a program reports to this server.
 *
 * @param own it is that of the person's own machine
 */
export function reportsTo(choice: Settings["reports"], own: boolean): boolean {
  return choice === "always" || (choice === "own" && own);
}

/** How a message came to its answer, where that was not at once. */
interface DeliveryReport {
  /** How often this program has tried. */
  readonly attempts: number;
  /** The answer was there, or under way, when it was asked for. */
  readonly resumed: boolean;
  /** From its writing until a server took it. */
  readonly waited_ms: number;
}

/** How much a program was used. */
interface UsageReport {
  /** The time of which this tells. */
  readonly period_ms: number;
  readonly questions: number;
  /** Of the questions: answered to the end, to be read aloud, with a picture, with files. */
  readonly answered: number;
  readonly spoken: number;
  readonly pictures: number;
  readonly files: number;
}

/** An event of our own programs (docs/reference/developer-api.md); nothing of what was said. */
export type Report =
  | { readonly event_type: "DeliveryReported"; readonly payload: DeliveryReport }
  | { readonly event_type: "UsageReported"; readonly payload: UsageReport };

export interface ReportsDeps {
  /** Told of each report; what it does holds nothing up. */
  readonly report: (report: Report) => void;
  /** Asked when something could be reported: what happens while it says no is never told. */
  readonly isWanted: () => boolean;
  readonly nowMs: () => number;
}

/** Asks as `ask` does, and reports deliveries that took more than one try, or long, and now and then how much was asked. */
export function withReports(ask: AskServer, { report, isWanted, nowMs }: ReportsDeps): AskServer {
  const tries = new Map<string, number>();
  const usage = new Usage(nowMs);
  const count = (messageId: string): number => {
    const attempts = (tries.get(messageId) ?? 0) + 1;
    if (tries.size >= REMEMBERED) tries.clear();
    tries.set(messageId, attempts);
    return attempts;
  };
  const tell = (delivery: DeliveryReport): void => {
    const used = usage.answered();
    if (!isWanted()) return;
    const { attempts, resumed, waited_ms: waitedMs } = delivery;
    const isNews = attempts > 1 || resumed || waitedMs > LATE_MS;
    if (isNews) report({ event_type: "DeliveryReported", payload: delivery });
    if (used !== undefined) report({ event_type: "UsageReported", payload: used });
  };
  return async function* asked(call, signal, onSignIn) {
    const { clientMessageId: id } = call;
    const attempts = count(id);
    if (!isWanted()) usage.restart();
    else if (attempts === 1) usage.asked(call);
    let [resumed, waitedMs] = [false, 0];
    for await (const event of ask(call, signal, onSignIn)) {
      if (event.type === "turn") {
        resumed = event.replayed;
        waitedMs = Math.max(0, nowMs() - writtenAtMs(id, nowMs()));
      }
      if (event.type === "end") {
        tries.delete(id);
        tell({ attempts, resumed, waited_ms: waitedMs });
      }
      yield event;
    }
  };
}

class Usage {
  readonly #nowMs: () => number;
  #sinceMs: number;
  #counts = { questions: 0, answered: 0, spoken: 0, pictures: 0, files: 0 };

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#sinceMs = nowMs();
  }

  asked({ speak, image, files = [] }: StreamCall): void {
    this.#counts.questions += 1;
    if (speak) this.#counts.spoken += 1;
    if (image !== undefined) this.#counts.pictures += 1;
    if (files.length > 0) this.#counts.files += 1;
  }

  /** What there is to tell, once it is time. */
  answered(): UsageReport | undefined {
    this.#counts.answered += 1;
    const periodMs = this.#nowMs() - this.#sinceMs;
    if (periodMs < USAGE_EVERY_MS) return undefined;
    const counts = this.#counts;
    this.restart();
    return { period_ms: periodMs, ...counts };
  }

  restart(): void {
    this.#sinceMs = this.#nowMs();
    this.#counts = { questions: 0, answered: 0, spoken: 0, pictures: 0, files: 0 };
  }
}

/** Of a UUIDv7 (RFC 9562 §5.7); now, for any other id. */
function writtenAtMs(id: string, nowMs: number): number {
  return id[14] === "7" ? Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16) : nowMs;
}
