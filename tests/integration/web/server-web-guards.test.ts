import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { StreamingService } from "#proto/streaming_pb.ts";
import { GrpcJsClient } from "../server-clients.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";
import { FORM, newCode, openSession, send, signInWithCode, type WebAnswer } from "../web-stage.ts";

const RPC = "/streaming.StreamingService/InterruptSession";
const HARDWARE_ID = "6FA1B0C2-1111-5222-8333-944455556666";

let server: TestServer;
let cookie: string;
beforeAll(async () => {
  server = await startTestServer();
});
beforeEach(async () => {
  cookie = await openSession(server);
});
afterAll(() => server[Symbol.asyncDispose]());

/** What a browser says of where a request comes from, by situation. `SELF` stands for the server's own origin. */
const situations = {
  "our own page": { origin: "SELF", "sec-fetch-site": "same-origin" },
  "our own page in a browser that tells the origin only": { origin: "SELF" },
  "our own page in a browser that tells the site only": { "sec-fetch-site": "same-origin" },
  "a program that says nothing": {},
  "the address bar": { "sec-fetch-site": "none" },
  "another web site": { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
  "another web site in an old browser": { origin: "https://evil.example" },
  "a picture on another web site": { "sec-fetch-site": "cross-site" },
  "another server of this machine": { origin: "http://127.0.0.1:3000", "sec-fetch-site": "same-site" },
  "a sandboxed frame": { origin: "null", "sec-fetch-site": "cross-site" },
} as const;
type Situation = keyof typeof situations;

const changing = {
  "POST /auth/logout": { method: "POST", path: "/auth/logout", ok: 200 },
  "a unary RPC": {
    method: "POST",
    path: RPC,
    headers: { "content-type": "application/json" },
    body: `{"hardwareId":"${HARDWARE_ID}"}`,
    ok: 200,
  },
  "an RPC as another web site may send it without asking": {
    method: "POST",
    path: RPC,
    headers: { "content-type": "text/plain" },
    body: "{}",
    ok: 415,
  },
} as const;
const looking = {
  "GET /auth/me": { method: "GET", path: "/auth/me", ok: 200 },
  "GET /v1/chats": { method: "GET", path: "/v1/chats", ok: 200 },
  "HEAD /v1/chats": { method: "HEAD", path: "/v1/chats", ok: 200 },
} as const;

function ask(
  request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: object;
    readonly body?: string;
  },
  situation: Situation,
  credentials: Readonly<Record<string, string>>,
): Promise<WebAnswer> {
  const said = Object.fromEntries(
    Object.entries(situations[situation]).map(([name, value]) => [
      name,
      value === "SELF" ? server.httpUrl : value,
    ]),
  );
  const { method, path, body } = request;
  return send(server.httpUrl, {
    method,
    path,
    headers: { ...request.headers, ...said, ...credentials },
    ...(body === undefined ? {} : { body }),
  });
}

describe("what changes something by cookie needs the proof that our own page sent it", () => {
  const proven = new Set<string>(Object.keys(situations).filter((name) => name.startsWith("our own page")));
  const cases = Object.keys(changing).flatMap((name) =>
    Object.keys(situations).map((situation) => [name, situation] as const),
  );
  test.each(cases)("%s from %s", async (name, situation) => {
    const request = changing[name as keyof typeof changing];
    const answer = await ask(request, situation as Situation, { cookie });
    if (proven.has(situation)) {
      expect(answer.status).toBe(request.ok);
    } else {
      // The library refuses an unknown content type before it asks who calls; nothing runs either way.
      expect(answer.status).toBe(request.ok === 415 ? 415 : 403);
      const still = await ask(looking["GET /auth/me"], "our own page", { cookie });
      expect(still.status).toBe(200);
    }
  });

  test("the refusal says what is wrong, on a route and on an RPC", async () => {
    const route = await ask(changing["POST /auth/logout"], "another web site", { cookie });
    expect(route.json).toMatchObject({ error: { code: "NOT_ALLOWED", field: "origin" } });
    const rpc = await ask(changing["a unary RPC"], "another web site", { cookie });
    expect(rpc.json).toMatchObject({ code: "permission_denied" });
    expect(rpc.text).toContain("own page");
  });
});

describe("what looks by cookie is refused when another page asks", () => {
  const refused = new Set<string>([
    "another web site",
    "another web site in an old browser",
    "a picture on another web site",
    "another server of this machine",
    "a sandboxed frame",
  ]);
  const cases = Object.keys(looking).flatMap((name) =>
    Object.keys(situations).map((situation) => [name, situation] as const),
  );
  test.each(cases)("%s from %s", async (name, situation) => {
    const request = looking[name as keyof typeof looking];
    const answer = await ask(request, situation as Situation, { cookie });
    expect(answer.status).toBe(refused.has(situation) ? 403 : request.ok);
  });

  test("no answer may be read by another page", async () => {
    const answer = await ask(looking["GET /v1/chats"], "our own page", { cookie });
    expect(answer.headers).toMatchObject({
      "cross-origin-resource-policy": "same-origin",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    });
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    const asked = await send(server.httpUrl, {
      method: "OPTIONS",
      path: "/v1/chats",
      headers: { origin: "https://evil.example", "access-control-request-method": "GET" },
    });
    expect(asked.headers["access-control-allow-origin"]).toBeUndefined();
  });
});

describe("nobody else's page signs a browser in or out", () => {
  const foreign: readonly Situation[] = [
    "another web site",
    "another server of this machine",
    "a sandboxed frame",
  ];
  test.each(foreign)("%s", async (situation) => {
    const code = await newCode(server);
    const signIn = { method: "POST", path: "/auth/sign-in", headers: FORM, body: `code=${code}` };
    const authorization = `Bearer ${server.accessToken}`;
    for (const answer of [
      await ask(signIn, situation, {}),
      await ask({ method: "POST", path: "/auth/session" }, situation, { authorization }),
      await ask({ method: "POST", path: "/auth/logout" }, situation, {}),
    ]) {
      expect(answer.status).toBe(403);
      expect(answer.headers["set-cookie"]).toBeUndefined();
    }
    // It did not cost the code, either.
    expect((await signInWithCode(server, code)).status).toBe(200);
  });
});

test("a token needs no proof: no browser adds it by itself", async () => {
  const authorization = `Bearer ${server.accessToken}`;
  for (const situation of Object.keys(situations) as Situation[]) {
    const answer = await ask(changing["a unary RPC"], situation, { authorization, cookie });
    expect([situation, answer.status]).toEqual([situation, 200]);
  }
});

describe("RPCs of the page", () => {
  const asPage: Interceptor = (next) => (request) => {
    request.header.set("cookie", cookie);
    request.header.set("origin", server.httpUrl);
    return next(request);
  };
  const clientWith = (interceptors: Interceptor[]) =>
    createClient(
      StreamingService,
      createConnectTransport({ baseUrl: server.httpUrl, httpVersion: "1.1", interceptors }),
    );

  test("stream a whole answer to the cookie", async () => {
    const cases: (string | undefined)[] = [];
    const question = { prompt: "what is 6*7?", hardwareId: HARDWARE_ID, speak: false };
    for await (const { content } of clientWith([asPage]).streamAudio(question)) cases.push(content.case);
    expect(cases).toContain("textChunk");
    expect(cases.at(-1)).toBe("endMessage");
  });

  test("end with the session", async () => {
    const ended = cookie;
    await ask(changing["POST /auth/logout"], "our own page", { cookie: ended });
    const error = await clientWith([asPage])
      .interruptSession({ hardwareId: HARDWARE_ID })
      .then(() => expect.fail("it was let in"), ConnectError.from);
    expect(error.code).toBe(Code.Unauthenticated);
  });

  test("the gRPC port takes no cookie", async () => {
    using grpc = new GrpcJsClient(server.grpcUrl);
    const end = await grpc.call(
      StreamingService.method.interruptSession,
      { hardwareId: HARDWARE_ID },
      { cookie, origin: server.httpUrl, "sec-fetch-site": "same-origin" },
    );
    expect(end.reason).toBe("TOKEN_MISSING");
  });

  test("the switch for original clients does not turn a foreign page's cookie into a caller", async () => {
    await using legacy = await startTestServer({ config: { legacyAnonymous: true } });
    const answer = await send(legacy.httpUrl, {
      method: "POST",
      path: RPC,
      headers: {
        "content-type": "application/json",
        cookie: await openSession(legacy),
        origin: "https://evil.example",
      },
      body: `{"hardwareId":"${HARDWARE_ID}"}`,
    });
    expect(answer.status).toBe(403);
  });
});

describe("a server on loopback answers to its own names only", () => {
  const paths = ["/", "/assets/x.js", "/health", "/v1/chats", "/auth/me", "/oauth/token", RPC, "/nothing"];
  test.each(paths)("%s for a name that was made to point here is 403", async (path) => {
    for (const host of ["evil.example", `evil.example:${new URL(server.httpUrl).port}`, "10.1.2.3"]) {
      const answer = await send(server.httpUrl, {
        method: path === RPC || path === "/oauth/token" ? "POST" : "GET",
        path,
        headers: { host, cookie, authorization: `Bearer ${server.accessToken}` },
      });
      expect([host, answer.status]).toEqual([host, 403]);
      expect(answer.text).not.toContain("<");
    }
  });

  test.each(["127.0.0.1", "localhost", "[::1]"])("%s is its own", async (name) => {
    const { port } = new URL(server.httpUrl);
    const answer = await send(server.httpUrl, { path: "/health", headers: { host: `${name}:${port}` } });
    expect(answer.status).toBe(200);
  });

  test("so is the address that it was given", async () => {
    await using proxied = await startTestServer({ config: { publicUrl: "https://pipit.example" } });
    const as = (host: string) => send(proxied.httpUrl, { path: "/health", headers: { host } });
    expect((await as("pipit.example")).status).toBe(200);
    expect((await as("evil.example")).status).toBe(403);
  });
});
