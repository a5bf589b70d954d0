import { createMemoryBus } from "#server/bus/memory-bus.ts";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createPasswordHasher } from "#server/domain/accounts/password-hasher.ts";
import { accountOf } from "#server/testing/account-of.ts";
import { auditKeyOf } from "#server/domain/audit/audit-key.ts";
import { systemClock } from "#server/domain/clock.ts";
import { createClients } from "#server/domain/tokens/clients.ts";
import { loadMasterKey } from "#server/domain/master-key/master-key.ts";
import { createLogger } from "#server/observe/logger.ts";
import { openStore } from "#server/store/store.ts";
import { databases } from "#server/testing/databases.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { sized } from "#tests/testing/test-size.ts";
import { startTestServer, type TestServer } from "../start-test-server.ts";
import { openWire, type WireAnswer, type WireRequest } from "#tests/testing/auth/keep-alive-wire.ts";
import { createRandom } from "#tests/testing/auth/random.ts";
import { createTokenRequests, MARK, type KnownSecrets } from "#tests/testing/auth/token-request-generator.ts";
import { systemOrigin } from "#server/domain/audit/system-origin.ts";

/** Full size takes minutes. */
const REQUESTS = { SQLite: sized(1_000, 100_000), PostgreSQL: sized(300, 20_000) } as const;
const RAW_REQUESTS = 300;
const AT_ONCE = 24;
const SEED = 6_749;
const MAX_REPORTED = 5;
const TEST_TIMEOUT_MS = sized(240_000, 20 * 60_000);
const PASSWORD = "Correct-horse-1";

/** RFC 6749 §5.2 and RFC 8628 §3.5, with the statuses that each may have. */
const statusesOf: Readonly<Record<string, readonly number[]>> = {
  invalid_request: [400, 413, 415, 429],
  invalid_client: [401],
  invalid_grant: [400, 429],
  unauthorized_client: [400],
  unsupported_grant_type: [400],
  invalid_scope: [400],
  authorization_pending: [400],
  slow_down: [400],
  expired_token: [400],
  access_denied: [400],
};

describe.each(databases)("the token endpoint on $name", ({ name }) => {
  test(
    `[G12] answers ${REQUESTS[name]} random requests by RFC 6749 and RFC 8628, and repeats nothing of them, nor does its log`,
    { timeout: TEST_TIMEOUT_MS },
    async () => {
      const log: string[] = [];
      await using server = await startTestServer({
        database: name,
        config: { trustedProxies: ["127.0.0.1"] },
        deps: {
          clock: systemClock,
          logger: createLogger({ level: "debug", destination: { write: (line) => void log.push(line) } }),
        },
      });
      using wire = openWire(AT_ONCE);
      const session = { refreshToken: server.refreshToken };
      const known = await makeKnown(server, () => session.refreshToken);
      const next = createTokenRequests(createRandom(SEED), `${server.httpUrl}/oauth/token`, known);
      const wrong: unknown[] = [];
      const seen = new Map<string, number>();
      let sent = 0;
      const worker = async (): Promise<void> => {
        while (sent < REQUESTS[name] && wrong.length < MAX_REPORTED) {
          sent += 1;
          const request = next();
          const answer = await wire.send(request);
          const fault = faultOf(answer, known);
          if (fault !== undefined) wrong.push({ fault, status: answer.status, text: answer.text, request });
          const rotated = answer.body["refresh_token"];
          if (typeof rotated === "string" && isRefresh(request)) session.refreshToken = rotated;
          const outcome = String(answer.body["error"] ?? answer.status);
          seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      expect(wrong).toEqual([]);
      // Deep enough to have met every refusal that needs no second client, and successes.
      for (const outcome of [
        "200",
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
      ]) {
        expect([outcome, (seen.get(outcome) ?? 0) > 0]).toEqual([outcome, true]);
      }
      expectNothingOf(known, log);
    },
  );

  test(`[G12] survives ${RAW_REQUESTS} requests that are no HTTP, or hardly, and repeats nothing of them`, async () => {
    const log: string[] = [];
    await using server = await startTestServer({
      database: name,
      deps: {
        logger: createLogger({ level: "debug", destination: { write: (line) => void log.push(line) } }),
      },
    });
    const random = createRandom(SEED);
    for (let count = 0; count < RAW_REQUESTS; count++) {
      const bytes = Buffer.from(Array.from({ length: 1 + random.below(12) }, () => random.below(256)));
      const junk = Buffer.concat([Buffer.from(MARK), bytes]);
      const answer = await exchange(server.httpUrl, rawRequest(random.below(8), junk));
      expect(answer).not.toContain(MARK);
      // It may hang up on nonsense; if it speaks, it blames the client.
      if (answer !== "") expect(answer).toMatch(/^HTTP\/1\.1 (4\d\d|200) /);
    }
    expect((await fetch(`${server.httpUrl}/health`)).status).toBe(200);
    expect(log.join("")).not.toContain(MARK);
  });
});

/** An account and a client with a secret in the server's database. */
async function makeKnown(server: TestServer, refreshToken: () => string): Promise<KnownSecrets> {
  const { config, dataDir, accessToken } = server;
  const masterKey = await loadMasterKey({ dataDir, configured: config.auth.masterKey });
  await using store = await openStore({
    ...(config.databaseUrl === undefined
      ? { file: join(dataDir, "pipit.db") }
      : { databaseUrl: config.databaseUrl }),
    auditKey: auditKeyOf(masterKey),
    clock: systemClock,
    logger: createRecordingLogger(),
  });
  const passwordHash = await createPasswordHasher({}).hash(PASSWORD);
  await store.auth.accounts.create(accountOf({ id: "ann", passwordHash }));
  const { client, secret = "" } = await createClients({
    bus: createMemoryBus(),
    auth: store.auth,
    clock: systemClock,
  }).register(
    {
      clientId: "service",
      name: "A service",
      confidential: true,
      applicationType: "web",
      grantTypes: ["client_credentials"],
      scope: "api:read api:write",
    },
    systemOrigin,
  );
  const { clientId } = client;
  return { user: "ann", password: PASSWORD, clientId, clientSecret: secret, accessToken, refreshToken };
}

function isRefresh({ body }: WireRequest): boolean {
  return typeof body === "string" && new URLSearchParams(body).get("grant_type") === "refresh_token";
}

/** What is wrong with an answer; undefined when nothing is. */
function faultOf({ status, headers, text, body }: WireAnswer, known: KnownSecrets): string | undefined {
  const all = text + JSON.stringify(headers);
  if ([MARK, known.password, known.clientSecret].some((secret) => all.includes(secret)))
    return "repeats what was sent";
  if (headers["cache-control"] !== "no-store") return "may be cached";
  // Before the server knows for which endpoint it is.
  if (status === 431)
    return headers.connection === "close" ? undefined : "431 on a connection that stays open";
  if (status === 200) return typeof body["access_token"] === "string" ? undefined : "200 without a token";
  const { error, error_description: description } = body;
  if (statusesOf[String(error)]?.includes(status) !== true) return "an error or status of no RFC";
  if (status === 401 && headers["www-authenticate"] === undefined) return "401 without a scheme";
  // RFC 6749 §5.2: ASCII without quotes and backslashes.
  return /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(String(description))
    ? undefined
    : "an unreadable description";
}

function expectNothingOf(known: KnownSecrets, log: readonly string[]): void {
  expect(log.length).toBeGreaterThan(0);
  const secrets = [MARK, known.password, known.clientSecret, known.accessToken, known.refreshToken()];
  expect(log.filter((line) => secrets.some((secret) => line.includes(secret)))).toEqual([]);
}

function rawRequest(kind: number, junk: Buffer): Buffer {
  const line = "POST /oauth/token HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n";
  const form = "content-type: application/x-www-form-urlencoded\r\n";
  const parts: readonly (string | Buffer)[] =
    [
      [junk, "\r\n\r\n"],
      [line, "x-junk: ", junk, "\r\n\r\n"],
      [line, junk, ": x\r\n\r\n"],
      [line, form, "authorization: Basic ", junk, "\r\ncontent-length: 0\r\n\r\n"],
      [line, form, "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n", junk],
      [line, form, "transfer-encoding: chunked\r\n\r\n", junk, "\r\n", junk],
      [line, form, `content-length: ${junk.length}\r\ncontent-length: 1\r\n\r\n`, junk],
      [line, form, `x-long: ${MARK.repeat(8_000)}\r\n\r\n`],
    ][kind] ?? [];
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
}

/** Sends bytes and the end; resolves to whatever came back until the other side hung up. */
async function exchange(httpUrl: string, bytes: Buffer): Promise<string> {
  const { hostname, port } = new URL(httpUrl);
  const socket = connect(Number(port), hostname);
  const pieces: Buffer[] = [];
  socket.on("data", (piece: Buffer) => pieces.push(piece));
  socket.on("error", () => undefined);
  socket.end(bytes);
  await once(socket, "close");
  return Buffer.concat(pieces).toString("latin1");
}
