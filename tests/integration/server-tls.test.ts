import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer, type RunningServer } from "#server/compose/start-server.ts";
import { readServerConfig } from "#server/config/config.ts";
import { createRecordingLogger } from "#server/testing/temporary-store.ts";
import { Health, HealthCheckResponse_ServingStatus as Status } from "#proto/grpc/health/v1/health_pb.ts";
import { makeCertificate, type CertificateFiles } from "#tools/test/certificate.ts";
import { repositoryRoot, runCommand } from "#tools/test/command.ts";
import { createCliHome } from "./cli-process.ts";
import { startTestServer } from "./start-test-server.ts";

const NAME = "localhost";
const OTHER_NAME = "pipit.example";
const MADE_WITHIN_MS = 60_000;

let home: string;
let first: CertificateFiles;
let server: RunningServer;
let nowMs = Date.now();
const logger = createRecordingLogger();
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "pipit-tls-"));
  first = await makeCertificate(home, [NAME], AbortSignal.timeout(MADE_WITHIN_MS));
  server = await startServer(configOf(first), { logger, clock: { nowMs: () => nowMs } });
});
afterAll(async () => {
  await server.stop();
  await rm(home, { recursive: true, force: true });
});

function configOf({ certFile, keyFile }: CertificateFiles) {
  const ports = ["--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--public-url", `https://${NAME}`];
  return readServerConfig({
    argv: [...ports, "--tls-cert", certFile, "--tls-key", keyFile],
    env: { PIPIT_HOME: home, OLLAMA_HOST: "127.0.0.1:9", PIPIT_MEMORY_DIR: "off" },
  });
}

const portOf = (address: string) => Number(new URL(`https://${address}`).port);
const ports = () => [portOf(new URL(server.httpUrl).host), portOf(server.grpcUrl)];

/** Opens a connection; rejects as the handshake does. */
function open(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", servername: NAME, port, ...options }, () => resolve(socket));
    socket.once("error", reject);
  });
}

/** What of the certificate is the same for no other one. */
async function serialAt(port: number): Promise<string> {
  const socket = await open(port, { rejectUnauthorized: false, ALPNProtocols: ["h2", "http/1.1"] });
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

async function ask(
  path: string,
  servername = NAME,
): Promise<{ readonly text: string; readonly transport: unknown }> {
  const ca = await readFile(first.certFile);
  return new Promise((resolve, reject) => {
    get(new URL(path, server.httpUrl), { ca, servername, agent: false }, async (answer) => {
      const text = (await answer.toArray()).join("");
      resolve({ text, transport: answer.headers["strict-transport-security"] });
    }).once("error", reject);
  });
}

test("both ports speak TLS 1.2 and newer, each its own protocol, and a client with the certificate is served", async () => {
  const ca = await readFile(first.certFile, "utf8");
  const protocols = ports().map(async (port) => {
    const socket = await open(port, { ca, ALPNProtocols: ["h2", "http/1.1"] });
    socket.destroy();
    const old = open(port, { ca, maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "ALL:@SECLEVEL=0" });
    await expect(old).rejects.toMatchObject({ code: expect.stringMatching(/PROTOCOL_VERSION/) as unknown });
    return socket.alpnProtocol;
  });
  expect(await Promise.all(protocols)).toEqual(["http/1.1", "h2"]);
  const { text, transport } = await ask("/health");
  expect([JSON.parse(text), transport]).toMatchObject([{ status: "healthy" }, "max-age=31536000"]);
  await using pipit = await createCliHome({
    PIPIT_SERVER_URL: server.httpUrl,
    PIPIT_GRPC_URL: server.grpcUrl,
    PIPIT_CA_FILE: first.certFile,
  });
  const { stdout } = await pipit.run(["doctor"]);
  expect(stdout).toContain(server.httpUrl);
  expect(stdout).toContain(server.grpcUrl);
  const stranger = await pipit.run(["doctor"], { env: { PIPIT_CA_FILE: "" } });
  expect(stranger.stdout).toMatch(/PIPIT_CA_FILE/);
});

test("a new pair is taken while connections are open; half of one is not; and the log tells when it ends", async () => {
  const before = await Promise.all(ports().map(serialAt));
  const nodeOptions = { ca: await readFile(first.certFile) };
  const health = createClient(
    Health,
    createGrpcTransport({ baseUrl: `https://${server.grpcUrl}`, nodeOptions }),
  );
  const left = new AbortController();
  const watch = health.watch({}, { signal: left.signal })[Symbol.asyncIterator]();
  expect((await watch.next()).value?.status).toBe(Status.SERVING);
  const folder = await mkdtemp(join(home, "next-"));
  const next = await makeCertificate(folder, [OTHER_NAME], AbortSignal.timeout(MADE_WITHIN_MS));
  const whole = await readFile(first.certFile);
  await writeFile(first.certFile, whole.subarray(0, whole.length / 2));
  server.reload();
  expect(logger.lines.at(-1)).toMatchObject({ level: "error", event: "tls.files_unusable" });
  expect(await Promise.all(ports().map(serialAt))).toEqual(before);
  // As programs that renew do: each file by itself, at once. The server sees it by itself.
  await rename(next.keyFile, first.keyFile);
  await rename(next.certFile, first.certFile);
  await expect
    .poll(() => Promise.all(ports().map(serialAt)), { timeout: 45_000, interval: 500 })
    .not.toEqual(before);
  const after = await Promise.all(ports().map(serialAt));
  expect(after[0]).toBe(after[1]);
  const events = logger.lines.map(({ event }) => event);
  expect(events).toContain("tls.other_name");
  expect(events).toContain("tls.certificate_expires");
  const [, expires = ""] =
    /^pipit_certificate_expires_seconds (\S+)$/m.exec((await ask("/metrics", OTHER_NAME)).text) ?? [];
  expect(Number(expires) * 1_000).toBeGreaterThan(nowMs);
  nowMs += 3 * 24 * 60 * 60 * 1_000;
  server.reload();
  expect(logger.lines.at(-1)).toMatchObject({ level: "error", event: "tls.certificate_expired" });
  left.abort();
});

test("the checks of the systemd unit and of compose find a server ready with TLS and without, and the unit's ends with its server", async () => {
  const file = (path: string) => readFile(join(repositoryRoot, path), "utf8");
  const [, unit = ""] =
    /^ExecStartPost=\/bin\/sh -c '(.+)'$/m.exec(await file("docs/operations/systemd/pipit.service")) ?? [];
  const [, compose = ""] = /"CMD-SHELL", "(.+)"\]$/m.exec(await file("compose.yaml")) ?? [];
  const codeOf = async (script: string, port: number, MAINPID = process.pid): Promise<number> => {
    // systemd makes one "$" of two.
    const line = script.replaceAll("$$", () => "$").replaceAll("8787", String(port));
    const env = { MAINPID: String(MAINPID), READY_AT: `127.0.0.1:${port}` };
    return (await runCommand("sh", ["-c", line], { env }, AbortSignal.timeout(MADE_WITHIN_MS))).code;
  };
  await using plain = await startTestServer();
  for (const { httpUrl } of [server, plain])
    for (const script of [unit, compose]) expect(await codeOf(script, Number(new URL(httpUrl).port))).toBe(0);
  const [noPort, noProcess] = [9, 2 ** 30];
  expect(await codeOf(unit, noPort, noProcess)).toBe(1);
  expect(await codeOf(compose, noPort)).not.toBe(0);
});

test("a key of another certificate, and a file that is not there, end the start with the names of both", async () => {
  const folder = await mkdtemp(join(home, "other-"));
  const { keyFile } = await makeCertificate(folder, [NAME], AbortSignal.timeout(MADE_WITHIN_MS));
  const start = (files: Partial<CertificateFiles>) =>
    startServer({ ...configOf({ ...first, ...files }), dataDir: folder }, { logger });
  await expect(start({ keyFile })).rejects.toThrow(
    /--tls-cert .* and --tls-key .* are not a certificate and its key/,
  );
  await expect(start({ certFile: join(folder, "none") })).rejects.toThrow(
    /--tls-cert: .*none cannot be read \(ENOENT\)/,
  );
  expect(() => readServerConfig({ argv: ["--tls-key", keyFile], env: { PIPIT_HOME: home } })).toThrow(
    "--tls-cert and --tls-key belong together",
  );
});
