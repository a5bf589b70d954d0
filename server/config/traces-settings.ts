import { z } from "zod";
import { httpUrl, text } from "./setting-kinds.ts";
import type { Settings } from "./setting.ts";

/** Where traces go; the names are OpenTelemetry's own. */
export const tracesSettings = {
  endpoint: {
    env: "OTEL_EXPORTER_OTLP_ENDPOINT",
    schema: httpUrl,
    wants: "the http:// or https:// address of a collector, e.g. http://127.0.0.1:4318",
    otherwise: "none: no traces",
    about: "sends traces of requests there by OTLP over HTTP",
  },
  protocol: {
    env: "OTEL_EXPORTER_OTLP_PROTOCOL",
    schema: z.literal("http/protobuf"),
    wants: "http/protobuf: collectors have it at port 4318",
    initial: "http/protobuf",
    about: "how; there is no other",
  },
  headers: {
    env: "OTEL_EXPORTER_OTLP_HEADERS",
    secret: true,
    schema: text.regex(/^[\w.-]+=[^,]*(?:,[\w.-]+=[^,]*)*$/).refine(isEscaped),
    wants: "name=value pairs with commas between them, and %25 for a % in a value",
    otherwise: "none",
    about: "what the collector wants to see, such as its key",
  },
  serviceName: {
    env: "OTEL_SERVICE_NAME",
    schema: text,
    wants: "a name",
    initial: "pipit",
    about: "what the server is called in traces",
  },
  ratio: {
    env: "OTEL_TRACES_SAMPLER_ARG",
    schema: z.coerce.number().min(0).max(1),
    wants: "a number from 0 to 1",
    initial: "1",
    about: "share of the requests that are traced; where a trusted proxy has decided, that counts",
  },
} as const satisfies Settings;

function isEscaped(pairs: string): boolean {
  try {
    // A header has these signs and no others.
    return /^[ -~]*$/.test(decodeURIComponent(pairs));
  } catch {
    return false;
  }
}
