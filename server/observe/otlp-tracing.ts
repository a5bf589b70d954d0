import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context, type Span } from "@opentelemetry/api";
import { ExportResultCode, W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type SpanExporter,
} from "@opentelemetry/sdk-trace";
import type { Logger } from "#contract/logger.ts";
import { createOutage } from "#server/domain/outage.ts";
import { version } from "#contract/build/version.ts";
import { createNetworks, plainAddress } from "../net/client-address.ts";
import { CORRELATION_HEADER } from "./correlation.ts";
import { knownMethod } from "./known-method.ts";
import type { Tracing } from "./tracing.ts";

/** A collector that takes longer is as good as none; what it has not taken by then is dropped. */
const EXPORT_TIMEOUT_MS = 3_000;
/** How long a server that stops gives the collector. */
const STOP_TIMEOUT_MS = 3_000;
/** Ended spans that wait for the collector, about 1 KB each; later ones are dropped. */
const MAX_WAITING = 2_048;
const SEND_EVERY_MS = 5_000;
/** The statuses of calls that are our fault, not the caller's (OpenTelemetry, semantic conventions of gRPC). */
const OUR_FAULTS = new Set([
  "unknown",
  "deadline_exceeded",
  "unimplemented",
  "internal",
  "unavailable",
  "data_loss",
]);

export interface OtlpOptions {
  /** The collector's base address; `/v1/traces` is added. */
  readonly endpoint: string;
  /** `name=value` pairs with commas between them, as OTEL_EXPORTER_OTLP_HEADERS has them. */
  readonly headers?: string | undefined;
  readonly serviceName: string;
  /** Share of the traces that begin here which are kept, 0 to 1. */
  readonly ratio: number;
  readonly trustedProxies: readonly string[];
  readonly logger: Logger;
}

/** A request that is being served: its span, and the name that a call gave it. */
interface Served {
  readonly span: Span;
  readonly context: Context;
  call?: string;
}

/** Sends spans by OTLP over HTTP, in batches from a bounded queue: a request waits for none of it. */
export function createOtlpTracing(options: OtlpOptions): Tracing {
  const provider = createProvider(options);
  const tracer = provider.getTracer("pipit", version);
  const propagator = new W3CTraceContextPropagator();
  const isTrusted = createNetworks(options.trustedProxies);
  const served = new AsyncLocalStorage<Served>();
  return {
    begin({ method, headers, socket }) {
      // From anyone else it would let strangers decide what is kept, and under which number.
      const isFromProxy = isTrusted(plainAddress(socket.remoteAddress) ?? "");
      const parent = isFromProxy ? propagator.extract(ROOT_CONTEXT, headers, headerGetter) : ROOT_CONTEXT;
      const verb = knownMethod(method);
      const attributes = {
        "http.request.method": verb,
        "pipit.correlation_id": String(headers[CORRELATION_HEADER]),
      };
      const span = tracer.startSpan(verb, { kind: SpanKind.SERVER, attributes }, parent);
      const one: Served = { span, context: trace.setSpan(ROOT_CONTEXT, span) };
      return {
        run: (work) => served.run(one, work),
        end(route, status) {
          if (one.call === undefined && route !== undefined) {
            span.updateName(`${verb} ${route}`).setAttribute("http.route", route);
          }
          span.setAttribute("http.response.status_code", status);
          if (status >= 500) fail(span, String(status));
          span.end();
        },
      };
    },
    call(method) {
      const one = served.getStore();
      if (one === undefined) return () => {};
      one.call = method;
      one.span.updateName(method).setAttribute("rpc.method", method);
      return (code) => {
        one.span.setAttribute("rpc.status_code", code);
        if (OUR_FAULTS.has(code)) fail(one.span, code);
      };
    },
    ended(name, durationMs, facts, failure) {
      const one = served.getStore();
      if (one?.span.isRecording() !== true) return;
      const startTime = Date.now() - durationMs;
      const span = tracer.startSpan(
        name,
        { kind: SpanKind.CLIENT, startTime, attributes: { ...facts } },
        one.context,
      );
      if (failure !== undefined) fail(span, failure);
      span.end(startTime + durationMs);
    },
    async [Symbol.asyncDispose]() {
      const patience = new AbortController();
      await Promise.race([
        provider.shutdown().catch(() => {}),
        delay(STOP_TIMEOUT_MS, undefined, { signal: patience.signal }).catch(() => {}),
      ]);
      patience.abort();
    },
  };
}

const headerGetter = {
  keys: (carrier: object) => Object.keys(carrier),
  get: (carrier: object, name: string) => (carrier as Record<string, string | string[] | undefined>)[name],
};

function fail(span: Span, type: string): void {
  span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute("error.type", type);
}

function createProvider({ endpoint, headers, serviceName, ratio, logger }: OtlpOptions): TracerProvider {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint}/v1/traces`,
    headers: headersOf(headers),
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  return new TracerProvider({
    resource: resourceFromAttributes({
      "service.name": serviceName,
      "service.version": version,
      "service.instance.id": randomUUID(),
    }),
    // What a proxy of ours has begun to keep is kept here as well.
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: telling(exporter, logger),
        maxQueueSize: MAX_WAITING,
        scheduledDelayMillis: SEND_EVERY_MS,
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
      }),
    ],
  });
}

/** One line in the log when the collector is lost, and one when it is back. */
function telling(exporter: SpanExporter, logger: Logger): SpanExporter {
  const outage = createOutage(logger, { lost: "traces.collector_lost", back: "traces.collector_back" });
  return {
    export(spans, onResult) {
      exporter.export(spans, (result) => {
        if (result.code === ExportResultCode.SUCCESS) outage.works();
        else outage.failed("lost", { reason: result.error?.message });
        onResult(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    ...(exporter.forceFlush && { forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve() }),
  };
}

/** Percent-encoded, as OpenTelemetry has it. */
function headersOf(text = ""): Record<string, string> {
  const pairs = text.split(",").map((pair) => pair.split(/=(.*)/s).map((part) => part.trim()));
  return Object.fromEntries(
    pairs.flatMap(([name, value]) => (name && value ? [[name, decodeURIComponent(value)]] : [])),
  );
}
