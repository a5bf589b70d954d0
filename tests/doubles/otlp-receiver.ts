import { gunzipSync } from "node:zlib";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { serveHttp } from "./serve-http.ts";

/** A span as OTLP has it (opentelemetry/proto/trace/v1/trace.proto), ids in hexadecimal. */
interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: it has none. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** 2 is an error. */
  readonly status: number;
  readonly durationMs: number;
}

type Fields = ReadonlyMap<number, readonly (Uint8Array | bigint)[]>;

/** The fields of a message by their numbers, as they stand on the wire. */
function fieldsOf(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, (Uint8Array | bigint)[]>();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    const values = fields.get(number) ?? [];
    fields.set(number, values);
    if (type === WireType.LengthDelimited) values.push(reader.bytes());
    else if (type === WireType.Bit64) values.push(BigInt(reader.fixed64()));
    else if (type === WireType.Varint) values.push(BigInt(reader.uint64()));
    else reader.skip(type);
  }
  return fields;
}

const messages = (fields: Fields, number: number): readonly Fields[] =>
  (fields.get(number) ?? []).flatMap((value) => (value instanceof Uint8Array ? [fieldsOf(value)] : []));
const bytes = (fields: Fields, number: number): Buffer => {
  const [value] = fields.get(number) ?? [];
  return Buffer.from(value instanceof Uint8Array ? value : []);
};
const whole = (fields: Fields, number: number): bigint => {
  const [value] = fields.get(number) ?? [];
  return typeof value === "bigint" ? value : 0n;
};

/** KeyValue: its value is an AnyValue, of which 1 is a text and 3 a whole number. */
function attributesOf(fields: Fields, number: number): Record<string, string> {
  return Object.fromEntries(
    messages(fields, number).map((pair) => {
      const [value = new Map()] = messages(pair, 2);
      const said = value.has(1) ? bytes(value, 1).toString("utf8") : String(whole(value, 3));
      return [bytes(pair, 1).toString("utf8"), said];
    }),
  );
}

function spanOf(span: Fields): ReceivedSpan {
  const [status = new Map()] = messages(span, 15);
  return {
    traceId: bytes(span, 1).toString("hex"),
    spanId: bytes(span, 2).toString("hex"),
    parentSpanId: bytes(span, 4).toString("hex"),
    name: bytes(span, 5).toString("utf8"),
    attributes: attributesOf(span, 9),
    status: Number(whole(status, 3)),
    durationMs: Number(whole(span, 8) - whole(span, 7)) / 1e6,
  };
}

/**
 * A double of a collector's OTLP port: HTTP on loopback, protobuf, `/v1/traces`. It reads what comes as the published
 * messages have it, and can be told to answer nothing.
 */
export async function startOtlpReceiver() {
  const spans: ReceivedSpan[] = [];
  const seen = { requests: 0, bytes: Buffer.alloc(0), headers: {} as NodeJS.Dict<string | string[]> };
  const resources: Record<string, string>[] = [];
  let isSilent = false;
  const server = await serveHttp((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      seen.requests += 1;
      seen.headers = request.headers;
      const body = Buffer.concat(pieces);
      const plain = request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
      seen.bytes = Buffer.concat([seen.bytes, plain]);
      if (request.url !== "/v1/traces") return void response.writeHead(404).end();
      // ExportTraceServiceRequest > ResourceSpans > ScopeSpans > Span
      for (const one of messages(fieldsOf(plain), 1)) {
        for (const resource of messages(one, 1)) resources.push(attributesOf(resource, 1));
        for (const scope of messages(one, 2)) spans.push(...messages(scope, 2).map(spanOf));
      }
      if (!isSilent) response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
    });
  });
  return {
    url: server.url,
    spans: spans as readonly ReceivedSpan[],
    resources: resources as readonly Readonly<Record<string, string>>[],
    seen: seen as Readonly<typeof seen>,
    /** Takes what comes and answers nothing. */
    silence(wanted: boolean): void {
      isSilent = wanted;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
