import type { AssistantTool } from "../domain/assistant/ports.ts";
import type { Logger } from "#contract/logger.ts";
import type { ServerConfig } from "../config/config.ts";
import type { AddressedRequest } from "../net/client-address.ts";
import type { Metrics } from "./metrics.ts";

/** What is said of a span: names and numbers of ours, never what a person or a client wrote. */
type SpanFacts = Readonly<Record<string, string | number>>;

/** The span of a request that is being served. */
export interface RequestSpan {
  /** Runs `work`, and all that it starts, as parts of the request. */
  run<T>(work: () => T): T;
  /** @param route its pattern; undefined when no route matched */
  end(route: string | undefined, status: number): void;
}

/** Keeps traces of requests; the collector decides what becomes of them. Disposing sends what is left, for 3 s at most. */
export interface Tracing extends AsyncDisposable {
  begin(request: AddressedRequest & { readonly method?: string | undefined }): RequestSpan;
  /**
   * The request that is being served is this call; to be told its status, by its name.
   *
   * @param method service and method, as the server declares them
   */
  call(method: string): (code: string) => void;
  /** A piece of the request that is being served has just ended; one of no request is left out. */
  ended(name: string, durationMs: number, facts: SpanFacts, failure?: string): void;
}

/** Undefined where no collector is set: then the library is not even loaded. */
export async function openTracing(
  { traces, trustedProxies }: Pick<ServerConfig, "traces" | "trustedProxies">,
  logger: Logger,
): Promise<Tracing | undefined> {
  if (traces.endpoint === undefined) return undefined;
  const { createOtlpTracing } = await import("./otlp-tracing.ts");
  // Without what may stand before the host: a key of the collector's.
  logger.info("traces.on", { endpoint: new URL(traces.endpoint).origin });
  return createOtlpTracing({ ...traces, endpoint: traces.endpoint, trustedProxies, logger });
}

/** The same metrics, and each statement and sentence a part of its request's trace. */
export function tracedMetrics(metrics: Metrics, tracing: Tracing | undefined, databaseUrl?: string): Metrics {
  if (tracing === undefined) return metrics;
  const system = databaseUrl === undefined ? "sqlite" : "postgresql";
  return {
    ...metrics,
    database: {
      ...metrics.database,
      statement(kind, durationMs) {
        metrics.database.statement(kind, durationMs);
        const facts = { "db.system.name": system, "db.operation.name": kind };
        tracing.ended(`${system} ${kind}`, durationMs, facts);
      },
    },
    sentenceSpoken(provider, outcome, durationMs) {
      metrics.sentenceSpoken(provider, outcome, durationMs);
      const failure = outcome === "spoken" || outcome === "stopped" ? undefined : outcome;
      tracing.ended(`speak ${provider}`, durationMs, { "pipit.speech.provider": provider }, failure);
    },
  };
}

export function tracedAnswers(tracing: Tracing | undefined) {
  return (
    tracing &&
    ((model: string, durationMs: number, failure: string | undefined) => {
      const facts = { "gen_ai.operation.name": "chat", "gen_ai.request.model": model };
      tracing.ended(`chat ${model}`, durationMs, facts, failure);
    })
  );
}

export function tracedRedis(tracing: Tracing | undefined) {
  return (
    tracing &&
    ((durationMs: number, failed: boolean) =>
      tracing.ended("redis", durationMs, { "db.system.name": "redis" }, failed ? "unreachable" : undefined))
  );
}

export function tracedTools(
  tools: readonly AssistantTool[],
  tracing: Tracing | undefined,
): readonly AssistantTool[] {
  if (tracing === undefined) return tools;
  return tools.map((tool) => ({
    ...tool,
    async run(input, signal) {
      const startedMs = performance.now();
      let failure: string | undefined = "tool_error";
      try {
        const result = await tool.run(input, signal);
        if (result.failed !== true) failure = undefined;
        return result;
      } finally {
        const facts = { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool.name };
        tracing.ended(`execute_tool ${tool.name}`, performance.now() - startedMs, facts, failure);
      }
    },
  }));
}
