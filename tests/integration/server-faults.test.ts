import { createServer } from "node:net";
import { once } from "node:events";
import { mkdtemp, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { RUNTIME_FILE } from "#contract/auth-wire.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { Auth } from "#proto/auth_pb.ts";
import { Health } from "#proto/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "#proto/grpc/reflection/v1/reflection_pb.ts";
import { StreamingService, StreamRequestSchema } from "#proto/streaming_pb.ts";
import { GrpcJsClient } from "./server-clients.ts";
import { startTestServer, type TestServer } from "./start-test-server.ts";

const INVALID_ARGUMENT = 3;
const RESOURCE_EXHAUSTED = 8;
const MIB = 1024 * 1024;
const { streamAudio, interruptSession } = StreamingService.method;

async function makeHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "pipit-faults-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  return home;
}
async function failureOf(start: Promise<TestServer>): Promise<PipitError> {
  const result = await start.then(
    async (server) => {
      await server[Symbol.asyncDispose]();
      return undefined;
    },
    (error: unknown) => error,
  );
  expect(result).toBeInstanceOf(PipitError);
  return result as PipitError;
}

describe("requests that cannot be taken", () => {
  let server: TestServer;
  let grpc: GrpcJsClient;
  let headers: Record<string, string>;
  beforeAll(async () => {
    server = await startTestServer();
    grpc = new GrpcJsClient(server.grpcUrl);
    headers = { authorization: `Bearer ${server.accessToken}` };
  });
  afterAll(async () => {
    grpc[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  const question = (prompt: string): Buffer =>
    Buffer.from(
      toBinary(
        StreamRequestSchema,
        create(StreamRequestSchema, { prompt, hardwareId: "abc-1", speak: false }),
      ),
    );
  const stillWorks = async (): Promise<void> => {
    expect((await grpc.call(interruptSession, { hardwareId: "x" }, headers)).code).toBe(0);
  };

  test("a 64 MiB prompt is RESOURCE_EXHAUSTED naming the limit, and the connection goes on", async () => {
    const end = await grpc.callBytes(streamAudio, question("x".repeat(64 * MIB)), headers);
    expect([end.code, end.reason]).toEqual([RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE"]);
    expect(end.details).toContain(String(16 * MIB));
    await stillWorks();
  });

  // Calls without a sign-in are counted nowhere: a hundred of 16 MiB on one connection would take all memory.
  test.each([
    Health.method.check,
    Health.method.watch,
    ServerReflection.method.serverReflectionInfo,
    Auth.method.login,
  ])("a stranger's message to $name of more than 64 KiB is refused", async (method) => {
    const end = await grpc.callBytes(method as typeof Health.method.check, Buffer.alloc(80 * 1024));
    expect([end.code, end.reason]).toEqual([RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE"]);
    expect(end.details).toContain("65536");
    await stillWorks();
  });

  test("a 64 MiB prompt without a token is refused before it is read", async () => {
    const end = await grpc.callBytes(streamAudio, question("x".repeat(64 * MIB)));
    expect(end.reason).toBe("TOKEN_MISSING");
    await stillWorks();
  });

  test("a prompt over its own limit is INVALID_ARGUMENT naming it", async () => {
    const end = await grpc.callBytes(streamAudio, question("x".repeat(MIB)), headers);
    expect([end.code, end.reason, end.field]).toEqual([INVALID_ARGUMENT, "PROMPT_TOO_LONG", "prompt"]);
    expect(end.details).toContain("262144");
    await stillWorks();
  });

  test("invalid UTF-8 is INVALID_ARGUMENT", async () => {
    const bytes = question("AAAA");
    bytes.fill(0xff, bytes.indexOf("AAAA"), bytes.indexOf("AAAA") + 4);
    const end = await grpc.callBytes(streamAudio, bytes, headers);
    expect([end.code, end.reason]).toEqual([INVALID_ARGUMENT, "INVALID_REQUEST"]);
    await stillWorks();
  });

  test("bytes that are no message are INVALID_ARGUMENT, streaming and unary", async () => {
    const garbage = Buffer.from([0x0a, 0xff, 0xff, 0xff]);
    for (const end of [
      await grpc.callBytes(streamAudio, garbage, headers),
      await grpc.callBytes(interruptSession, garbage, headers),
    ]) {
      expect([end.code, end.reason]).toEqual([INVALID_ARGUMENT, "INVALID_REQUEST"]);
    }
    await stillWorks();
  });

  test("over HTTP the same: too large is 429 with the reason, broken JSON is 400", async () => {
    const call = async (body: string): Promise<{ status: number; body: unknown }> => {
      const response = await fetch(`${server.httpUrl}/streaming.StreamingService/InterruptSession`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body,
      });
      return { status: response.status, body: await response.json() };
    };
    expect(await call(`{"hardwareId":"${"x".repeat(17 * MIB)}"}`)).toMatchObject({
      status: 429,
      body: { code: "resource_exhausted", message: expect.stringContaining(String(16 * MIB)) },
    });
    expect(await call("{nonsense")).toMatchObject({ status: 400, body: { code: "invalid_argument" } });
    expect((await call('{"hardwareId":"x"}')).status).toBe(200);
  });
});

describe("a start that cannot be", () => {
  test.each(["http", "grpc"] as const)(
    "the %s port is taken: named with the port and the cure",
    async (port) => {
      const holder = createServer().listen(0, "127.0.0.1");
      await once(holder, "listening");
      onTestFinished(() => void holder.close());
      const address = holder.address();
      const taken = typeof address === "object" && address !== null ? address.port : 0;
      const home = await makeHome();
      const error = await failureOf(
        startTestServer({ home, config: { [port]: { host: "127.0.0.1", port: taken } } }),
      );
      expect(error.code).toBe("PORT_IN_USE");
      expect(error.message).toContain(String(taken));
      expect(error.message).toContain(`--${port} 127.0.0.1:${taken + 1}`);
      // Nothing is left behind: the same folder serves the next start.
      await (await startTestServer({ home }))[Symbol.asyncDispose]();
    },
  );

  test("an address that is not of this machine", async () => {
    const error = await failureOf(startTestServer({ config: { grpc: { host: "192.0.2.1", port: 0 } } }));
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message).toMatch(/--grpc 192\.0\.2\.1:0: .*EADDRNOTAVAIL/);
  });

  test("the data folder is in use: named with the pid, and the first server is not harmed", async () => {
    await using first = await startTestServer();
    const error = await failureOf(startTestServer({ home: first.home }));
    expect(error.code).toBe("DATA_FOLDER_IN_USE");
    expect(error.message).toContain(`process ${process.pid}`);
    expect(error.message).toContain(first.dataDir);
    expect((await fetch(`${first.httpUrl}/ready`)).status).toBe(200);
    expect(JSON.parse(await readFile(join(first.dataDir, RUNTIME_FILE), "utf8"))).toEqual(
      first.server.runtime,
    );
  });

  test("a file in place of the data folder, or above it", async () => {
    const home = await makeHome();
    const file = join(home, "server");
    await writeFile(file, "not a folder");
    for (const dataDir of [file, join(file, "deeper")]) {
      const error = await failureOf(startTestServer({ home, config: { dataDir } }));
      expect(error.code).toBe("STORAGE_UNREADABLE");
      expect(error.message).toContain(dataDir);
      expect(error.message).toContain("--data");
    }
    expect(await readFile(file, "utf8")).toBe("not a folder");
  });
});

describe("the data folder", () => {
  test("is for its owner alone, also when it was not before", async () => {
    const home = await makeHome();
    await mkdir(join(home, "server"), { mode: 0o755 });
    await using server = await startTestServer({ home });
    expect((await stat(server.dataDir)).mode & 0o777).toBe(0o700);
  });

  test("runtime.json says where the server is, and goes with it; tokens outlive a restart", async () => {
    const home = await makeHome();
    const first = await startTestServer({ home });
    const path = join(first.dataDir, RUNTIME_FILE);
    const info: unknown = JSON.parse(await readFile(path, "utf8"));
    expect(info).toEqual({
      pid: process.pid,
      httpUrl: first.httpUrl,
      grpcUrl: first.grpcUrl,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await first[Symbol.asyncDispose]();
    await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
    await using second = await startTestServer({ home });
    const response = await fetch(`${second.httpUrl}/v1/chats`, {
      headers: { authorization: `Bearer ${first.accessToken}` },
    });
    expect(response.status).toBe(200);
  });

  test("a damaged database is kept aside and reported", async () => {
    const home = await makeHome();
    const first = await startTestServer({ home });
    await first[Symbol.asyncDispose]();
    await writeFile(join(first.dataDir, "pipit.db"), "this is no database, and never was one".repeat(100));
    await using second = await startTestServer({ home });
    const response = await fetch(`${second.httpUrl}/v1/status`, {
      headers: { authorization: `Bearer ${second.accessToken}` },
    });
    const { store } = (await response.json()) as { store: { setAside?: string } };
    expect(await readFile(store.setAside ?? "", "utf8")).toContain("never was one");
  });
});
