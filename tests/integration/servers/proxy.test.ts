import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { Code, createClient, type CallOptions, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { EVENTS_PATH } from "#contract/events/event-wire.ts";
import { Messaging } from "#proto/messaging_pb.ts";
import { Rooms } from "#proto/rooms_pb.ts";
import { StreamingService } from "#proto/streaming_pb.ts";
import { readServerConfig } from "#server/config/config.ts";
import { HandDrivenModel } from "#tests/doubles/hand-driven-model.ts";
import { startOtlpReceiver } from "#tests/doubles/otlp-receiver.ts";
import { startTeamProxy, type ProxyKind, type TeamProxy } from "#tools/test/team-proxy.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";

const MIB = 1024 * 1024;
const START_MS = 60_000;
/** The sample has minutes; so a stream that is silent is not waited for as long. */
const PROXY_WAITS_MS = 6_000;
/** A peer on a busy machine has to answer within it. */
const PING_EVERY_MS = 2_000;
/** Of one address, in each kind. */
const STREAMS = 3;

const TRACE = "0af7651916cd43dd8448eb211c80319c";

let server: TestServer;
let collector: Awaited<ReturnType<typeof startOtlpReceiver>>;
const kinds = ["nginx", "haproxy", "caddy"] as const satisfies readonly ProxyKind[];
/** In front of the same server. */
let proxies: Readonly<Record<ProxyKind, TeamProxy>>;
/** The first with less patience. */
let quick: TeamProxy;
const started = new AsyncDisposableStack();
const model = new HandDrivenModel();
beforeAll(async () => {
  collector = started.use(await startOtlpReceiver());
  const { traces } = readServerConfig({ argv: [], env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
  server = started.use(
    await startTestServer({
      config: {
        publicUrl: "https://pipit.example",
        trustedProxies: ["127.0.0.1"],
        traces,
        socketsPerAddress: STREAMS,
      },
      deps: { models: model.source(), pingEveryMs: PING_EVERY_MS },
    }),
  );
  const { host } = new URL(server.httpUrl);
  const proxied = [{ http: host, grpc: server.grpcUrl }];
  const signal = AbortSignal.timeout(START_MS);
  const begin = async (kind: ProxyKind, changed?: Readonly<Record<string, string>>): Promise<TeamProxy> =>
    started.use(await startTeamProxy(kind, proxied, signal, changed));
  const [nginx, haproxy, caddy, impatient] = await Promise.all([
    ...kinds.map((kind) => begin(kind)),
    begin("nginx", { "_read_timeout 15m;": `_read_timeout ${PROXY_WAITS_MS}ms;` }),
  ]);
  if (nginx === undefined || haproxy === undefined || caddy === undefined || impatient === undefined)
    throw new Error();
  proxies = { nginx, haproxy, caddy };
  quick = impatient;
});
afterAll(() => started.disposeAsync());

const lookup: LookupFunction = (_name, options, done) =>
  options.all === true ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);

/** How a client at an address of its own reaches a proxy. */
const from = ({ ca }: TeamProxy, address: string) => ({ ca, lookup, localAddress: address });

/** Of the loopback, which has many; each proxy's clients have their own. */
const addressesOf = (kind: ProxyKind) =>
  [2, 3].map((last) => `127.0.${kinds.indexOf(kind)}.${last}`) as [ann: string, cid: string];
const bob = "127.0.9.9";

/** As a client writes that would be somebody else each time, and a part of another's trace, which is kept. */
const forged = () => ({
  "x-forwarded-for": `10.0.0.${(forgeries += 1)}`,
  forwarded: `for=10.0.1.${forgeries}`,
  traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
  tracestate: "stranger=1",
});
let forgeries = 0;

const signedIn = (): CallOptions => ({
  headers: { authorization: `Bearer ${server.accessToken}`, ...forged() },
});

const wires: readonly (readonly [name: string, of: (proxy: TeamProxy, address: string) => Transport])[] = [
  ["gRPC", (at, address) => createGrpcTransport({ baseUrl: at.url, nodeOptions: from(at, address) })],
  [
    "gRPC-Web",
    (at, address) =>
      createGrpcWebTransport({ baseUrl: at.url, httpVersion: "1.1", nodeOptions: from(at, address) }),
  ],
  [
    "Connect",
    (at, address) =>
      createConnectTransport({ baseUrl: at.url, httpVersion: "1.1", nodeOptions: from(at, address) }),
  ],
  [
    "Connect over HTTP/2",
    (at, address) =>
      createConnectTransport({ baseUrl: at.url, httpVersion: "2", nodeOptions: from(at, address) }),
  ],
];

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** One exchange of HTTP/1.1; resolves to the status and the body. */
function ask(at: TeamProxy, path: string, { method = "GET", headers, body }: Sent = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const options = { method, headers, agent: false, ...from(at, bob) };
  const outgoing = httpsRequest(new URL(path, at.url), options, (incoming) => {
    const pieces: Buffer[] = [];
    incoming.on("data", (piece: Buffer) => pieces.push(piece));
    incoming.on("end", () =>
      resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(pieces).toString("utf8") }),
    );
  });
  outgoing.on("error", reject);
  outgoing.end(body);
  return promise;
}

/** Opens a socket; resolves to it, or to the status of the refusal. */
async function openSocket(at: TeamProxy, address: string): Promise<WebSocket | number> {
  const socket = new WebSocket(at.url.replace("https", "wss") + EVENTS_PATH, {
    ...from(at, address),
    headers: { ...(await socketHeaders(at)), ...forged() },
  });
  socket.on("message", () => socket.send('{"type":"pong"}'));
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(socket));
    socket.once("unexpected-response", (_request, answer) => resolve(answer.statusCode ?? 0));
    socket.once("error", reject);
  });
}

async function socketHeaders(at: TeamProxy): Promise<Record<string, string>> {
  const headers = { authorization: `Bearer ${server.accessToken}` };
  const { text } = await ask(at, "/api/v1/ws-token/", { method: "POST", headers });
  const { ws_token: token } = JSON.parse(text) as { readonly ws_token: string };
  return { authorization: `Bearer ${token}` };
}

describe.each(kinds)("%s", (kind) => {
  test("[14] [O2] HTTP goes through as the sample has it; metrics do not, however they are written", async () => {
    const proxy = proxies[kind];
    expect(await ask(proxy, "/health")).toMatchObject({ status: 200 });
    for (const path of ["/metrics", "/metrics?x", "/%6detrics"]) {
      expect([path, (await ask(proxy, path)).status]).toEqual([path, 404]);
    }
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ username: "nobody", password: "Wrong-horse-1" });
    // It is 403 where the server does not hear of TLS.
    expect((await ask(proxy, "/api/v1/token/", { method: "POST", headers, body })).status).toBe(401);
  });

  test.each(wires)(
    "[14] [O2] %s: calls, 8 MB, an answer that is read while it is written, and one that its reader has left",
    async (_name, wire) => {
      const transport = wire(proxies[kind], addressesOf(kind)[0]);
      const before = model.asked.length;
      const { rooms } = await createClient(Rooms, transport).listRooms({}, signedIn());
      expect(rooms.length).toBe(1);
      const streaming = createClient(StreamingService, transport);
      const question = { prompt: "hello", hardwareId: "abc-1", speak: false };
      const answer = streaming.streamAudio(question, signedIn())[Symbol.asyncIterator]();
      const first = answer.next();
      const asked = await model.question(before);
      for (const said of ["one ", "two "]) {
        asked.say(said);
        let read = "";
        while (read !== said) {
          const { value } = said === "one " && read === "" ? await first : await answer.next();
          if (value?.content.case === "textChunk") read += value.content.value;
        }
      }
      asked.end();
      while ((await answer.next()).done !== true);
      const left = new AbortController();
      const unheard = streaming.streamAudio(question, { ...signedIn(), signal: left.signal });
      const cut = Array.fromAsync(unheard).catch(() => "left");
      const { signal } = await model.question(before + 1);
      const told = once(signal, "abort");
      left.abort();
      expect(await cut).toBe("left");
      await told;
      const screenshot = "A".repeat(8 * MIB);
      const refused = Array.fromAsync(streaming.streamAudio({ ...question, screenshot }, signedIn()));
      await expect(refused).rejects.toThrow(/screenshot/);
    },
  );

  test("[14] limits count each client's own address, whatever it says it is", async () => {
    const proxy = proxies[kind];
    const [ann, cid] = addressesOf(kind);
    const sockets: WebSocket[] = [];
    for (let opened = 0; opened < STREAMS; opened++) {
      const socket = await openSocket(proxy, cid);
      if (typeof socket === "number") throw new Error(`refused: ${socket}`);
      sockets.push(socket);
    }
    expect(await openSocket(proxy, cid)).toBe(429);
    using leaving = new DisposableStack();
    const messaging = (address: string) =>
      createClient(Messaging, createGrpcTransport({ baseUrl: proxy.url, nodeOptions: from(proxy, address) }));
    const read = (address: string) => {
      const left = new AbortController();
      leaving.defer(() => left.abort());
      const options = { ...signedIn(), signal: left.signal };
      const messages = messaging(address).messageStream({ resumeAfter }, options);
      return messages[Symbol.asyncIterator]().next();
    };
    const writer = messaging(ann);
    const { messageId: resumeAfter = "" } = await writer.sendMessage({ text: "first" }, signedIn());
    await writer.sendMessage({ text: "second" }, signedIn());
    await Promise.all(Array.from({ length: STREAMS }, () => read(cid)));
    await expect(read(cid)).rejects.toMatchObject({ code: Code.ResourceExhausted });
    expect((await read(ann)).value?.text).toBe("second");
    const other = await openSocket(proxy, ann);
    expect(other).toBeInstanceOf(WebSocket);
    for (const socket of [...sockets, other]) if (typeof socket !== "number") socket.terminate();
  });
});

test.each(["nginx", "haproxy"] as const)("%s leads who types the name alone to TLS", async (kind) => {
  const outgoing = httpRequest({
    port: proxies[kind].plainPort,
    path: "/rooms?one=1",
    headers: { host: "pipit.example" },
  });
  const [incoming] = (await once(outgoing.end(), "response")) as [IncomingMessage];
  incoming.resume();
  expect([incoming.statusCode, incoming.headers.location]).toEqual([
    301,
    "https://pipit.example/rooms?one=1",
  ]);
});

test("[14] whose trace a request is a part of is not for strangers to say", async () => {
  const ids = kinds.flatMap((kind) => [`${kind}-http`, `${kind}-grpc`]);
  for (const kind of kinds) {
    const proxy = proxies[kind];
    const named = (port: string) => ({ ...forged(), "x-correlation-id": `${kind}-${port}` });
    await ask(proxy, "/v1/chats", { headers: named("http") });
    const rooms = createClient(
      Rooms,
      createGrpcTransport({ baseUrl: proxy.url, nodeOptions: from(proxy, bob) }),
    );
    await rooms.listRooms({}, { headers: { ...signedIn().headers, ...named("grpc") } });
  }
  const roots = () =>
    collector.spans.filter((span) => ids.includes(String(span.attributes["pipit.correlation_id"])));
  await expect.poll(() => roots().length, { timeout: START_MS }).toBe(ids.length);
  for (const { attributes, parentSpanId, traceId } of roots())
    expect([attributes["pipit.correlation_id"], parentSpanId, traceId === TRACE]).toEqual([
      attributes["pipit.correlation_id"],
      "",
      false,
    ]);
});

test("[14] through nginx, streams and sockets with nothing to say stay open by our pings, and miss nothing", async () => {
  const clients = wires.map(([, wire]) => createClient(Messaging, wire(quick, bob)));
  const [grpc] = clients;
  if (grpc === undefined) throw new Error("no client");
  const { messageId } = await grpc.sendMessage({ text: "before" }, signedIn());
  const socket = await openSocket(quick, bob);
  if (typeof socket === "number") throw new Error(`refused: ${socket}`);
  const stream = grpc.messageStream({ resumeAfter: messageId ?? "" }, signedIn())[Symbol.asyncIterator]();
  const connect = clients[2]?.messageStream({ resumeAfter: messageId ?? "" }, signedIn());
  const cut = connect?.[Symbol.asyncIterator]()
    .next()
    .catch(() => "cut");
  const heard = stream.next();
  let pings = 0;
  await new Promise<void>((resolve, reject) => {
    socket.on("close", () => reject(new Error(`closed after ${pings} pings`)));
    socket.on("message", (data) => {
      const { type } = JSON.parse(String(data)) as { readonly type: string };
      if (type !== "ping") return;
      if (++pings * PING_EVERY_MS > 1.5 * PROXY_WAITS_MS) resolve();
    });
  });
  // One that cannot be pinged is cut, and goes on after its last message.
  expect(await cut).toBe("cut");
  await grpc.sendMessage({ text: "after silence" }, signedIn());
  expect((await heard).value?.text).toBe("after silence");
  const resumed = clients[2]?.messageStream({ resumeAfter: messageId ?? "" }, signedIn());
  expect((await resumed?.[Symbol.asyncIterator]().next())?.value.text).toBe("after silence");
  socket.terminate();
});

test("a server that stops with a delay is left by HAProxy before its ports close: no request fails", async () => {
  const config = {
    publicUrl: "https://pipit.example",
    trustedProxies: ["127.0.0.1"],
    shutdownDelaySeconds: 3,
  };
  await using stays = await startTestServer({ config: { ...config, shutdownDelaySeconds: 0 } });
  await using stops = await startTestServer({ config });
  const pair = [stays, stops].map(({ httpUrl, grpcUrl }) => ({ http: new URL(httpUrl).host, grpc: grpcUrl }));
  // Without a second try for what is refused, so that the delay has to do it.
  const changed = {
    "inter 2s": "inter 200ms",
    "retries 3": "retries 0",
    "retry-on conn-failure": "retry-on none",
  };
  await using haproxy = await startTeamProxy("haproxy", pair, AbortSignal.timeout(START_MS), changed);
  const stopped = new AbortController();
  const answered: number[] = [];
  const keepAsking = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const { status } = await ask(haproxy, "/health").catch(() => ({ status: 0 }));
      answered.push(status);
    }
  };
  const asking = [keepAsking(), keepAsking()];
  await stops.server.stop();
  const enough = answered.length + 20;
  await expect.poll(() => answered.length, { timeout: START_MS }).toBeGreaterThan(enough);
  stopped.abort();
  await Promise.all(asking);
  expect(answered.filter((status) => status !== 200)).toEqual([]);
});
