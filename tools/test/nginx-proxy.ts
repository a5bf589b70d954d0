import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "#tests/integration/free-ports.ts";
import { makeCertificate } from "./certificate.ts";
import { repositoryRoot } from "./command.ts";
import { startService } from "./service-process.ts";

/** Of the certificate, beside "localhost". */
export const PROXY_NAME = "pipit.example";
const SAMPLE = "docs/operations/proxies/nginx.conf";
const readyTimeoutMs = 10_000;

/** A server behind the proxy: host:port of both ports. */
export interface Proxied {
  readonly http: string;
  readonly grpc: string;
}

/** A real nginx with our sample. Disposing stops it. */
export interface NginxProxy extends AsyncDisposable {
  /** e.g. "https://pipit.example:41234", where the name stands for the loopback */
  readonly url: string;
  readonly port: number;
  /** PEM of the authority that its certificate is from. */
  readonly ca: string;
  /** The file of it. */
  readonly caFile: string;
}

/**
 * Starts nginx on a free port of the loopback, with the sample of the documentation: with these servers, a certificate
 * made for it, and nothing else changed.
 *
 * @param changed pieces of the sample and what stands in their place
 */
export async function startNginxProxy(
  servers: readonly Proxied[],
  signal: AbortSignal,
  changed: Readonly<Record<string, string>> = {},
): Promise<NginxProxy> {
  await using made = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "pipit-nginx-"));
  made.defer(() => rm(folder, { recursive: true, force: true }));
  const { certFile, keyFile } = await makeCertificate(folder, [PROXY_NAME, "localhost"], signal);
  const [port = 0] = await freePorts(1);
  const lines = (at: keyof Proxied, options: string): string =>
    servers.map((server) => `server ${server[at]}${options};`).join("\n");
  const options = " max_fails=1 fail_timeout=1s";
  const sample = replaceAll(await readFile(join(repositoryRoot, SAMPLE), "utf8"), {
    [`server 127.0.0.1:8787${options};`]: lines("http", options),
    [`server 127.0.0.1:50051${options};`]: lines("grpc", options),
    "listen 443 ": `listen 127.0.0.1:${port} `,
    "/etc/ssl/pipit/fullchain.pem": certFile,
    "/etc/ssl/pipit/privkey.pem": keyFile,
    ...changed,
  });
  const file = join(folder, "nginx.conf");
  await writeFile(file, programConfig(folder, sample));
  const service = made.use(
    startService({
      name: "nginx",
      command: process.platform === "linux" ? "setpriv" : "nginx",
      // On Linux it also ends when this process is killed.
      args: [
        ...(process.platform === "linux" ? ["--pdeathsig=TERM", "nginx"] : []),
        "-p",
        folder,
        "-c",
        file,
      ],
      env: { PATH: `${process.env["PATH"]}:/usr/sbin` },
    }),
  );
  await service.until(() => answers(port), readyTimeoutMs, signal);
  const owned = made.move();
  return {
    url: `https://${PROXY_NAME}:${port}`,
    port,
    ca: await readFile(certFile, "utf8"),
    caFile: certFile,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** What stands around the sample: everything in one folder, errors to us. */
function programConfig(folder: string, sample: string): string {
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return [
    "daemon off;",
    // Workers of another user could not write into the folder.
    ...(process.getuid?.() === 0 ? ["user root;"] : []),
    `pid ${join(folder, "nginx.pid")};`,
    "error_log stderr warn;",
    "events { worker_connections 8192; }",
    "http {",
    "access_log off;",
    ...kinds.map((kind) => `${kind}_temp_path ${join(folder, kind)};`),
    sample,
    "}",
  ].join("\n");
}

/** Throws when a piece is not there: the sample was changed, and the test is to be as well. */
function replaceAll(text: string, pieces: Readonly<Record<string, string>>): string {
  let replaced = text;
  for (const [piece, instead] of Object.entries(pieces)) {
    if (!replaced.includes(piece)) throw new Error(`${SAMPLE} has no "${piece}".`);
    replaced = replaced.replaceAll(piece, instead);
  }
  return replaced;
}

async function answers(port: number): Promise<true | undefined> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}
