import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "#tests/integration/free-ports.ts";
import { makeCertificate, type CertificateFiles } from "./certificate.ts";
import { repositoryRoot, runCommand } from "./command.ts";
import { startService } from "./service-process.ts";

/** Of the certificate, beside "localhost". */
export const PROXY_NAME = "pipit.example";
const readyTimeoutMs = 60_000;

/** A server behind the proxy: host:port of both ports. */
export interface Proxied {
  readonly http: string;
  readonly grpc: string;
}

/** A real proxy with our sample of its configuration. Disposing stops it. */
export interface TeamProxy extends AsyncDisposable {
  /** e.g. "https://pipit.example:41234", where the name stands for the loopback */
  readonly url: string;
  readonly port: number;
  /** Without TLS, where the sample has one. */
  readonly plainPort: number;
  /** PEM of the authority that its certificate is from. */
  readonly ca: string;
  /** The file of it. */
  readonly caFile: string;
}

/** What a sample is filled in with. */
interface Place extends CertificateFiles {
  readonly folder: string;
  readonly port: number;
  readonly plainPort: number;
  readonly servers: readonly Proxied[];
}

type Pieces = Readonly<Record<string, string>>;

/** A program that is a proxy. */
interface Kind {
  /** Its sample, in docs/operations/proxies. */
  readonly sample: string;
  /** What of the sample is an example only, and what a test has in its place. */
  pieces(place: Place): Pieces;
  /** What stands around the sample. */
  around?(place: Place, sample: string): string;
  /** Arguments that run it in the foreground. */
  run(file: string, place: Place): readonly string[];
  /** Arguments that check the configuration. */
  check(file: string, place: Place): readonly string[];
}

const kinds = {
  nginx: {
    sample: "nginx.conf",
    pieces({ servers, port, plainPort, certFile, keyFile }) {
      const options = " max_fails=1 fail_timeout=1s";
      const lines = (at: keyof Proxied): string =>
        servers.map((server) => `server ${server[at]}${options};`).join("\n");
      return {
        [`server 127.0.0.1:8787${options};`]: lines("http"),
        [`server 127.0.0.1:50051${options};`]: lines("grpc"),
        "listen 80;": `listen 127.0.0.1:${plainPort};`,
        "listen 443 ": `listen 127.0.0.1:${port} `,
        "/etc/ssl/pipit/fullchain.pem": certFile,
        "/etc/ssl/pipit/privkey.pem": keyFile,
      };
    },
    around: aroundNginx,
    run: (file, { folder }) => ["-p", folder, "-c", file],
    check: (file, { folder }) => ["-t", "-q", "-p", folder, "-c", file],
  },
  haproxy: {
    sample: "haproxy.cfg",
    pieces({ servers, port, plainPort, folder }) {
      const http = "check inter 2s fall 1 rise 1";
      const grpc = "proto h2 check check-proto h1 port 8787 inter 2s fall 1 rise 1";
      const lines = (of: (server: Proxied) => string): string =>
        servers.map((server, index) => `server s${index} ${of(server)}`).join("\n  ");
      return {
        // Else it refuses to start where fewer files may be open.
        "maxconn 20000": "maxconn 400",
        [`server one 127.0.0.1:8787 ${http}`]: lines((server) => `${server.http} ${http}`),
        [`server one 127.0.0.1:50051 ${grpc}`]: lines(
          (server) => `${server.grpc} ${grpc.replace("8787", server.http.split(":").at(-1) ?? "")}`,
        ),
        "bind :80\n": `bind 127.0.0.1:${plainPort}\n`,
        "bind :443 ssl crt /etc/haproxy/pipit.pem": `bind 127.0.0.1:${port} ssl crt ${join(folder, "both.pem")}`,
      };
    },
    run: (file) => ["-db", "-f", file],
    check: (file) => ["-c", "-q", "-f", file],
  },
  caddy: {
    sample: "Caddyfile",
    pieces({ servers, port, certFile, keyFile }) {
      const all = (at: keyof Proxied, scheme: string): string =>
        servers.map((server) => scheme + server[at]).join(" ");
      return {
        "\npipit.example {": `\nhttps://${PROXY_NAME}:${port}, https://localhost:${port} {\n\ttls ${certFile} ${keyFile}`,
        "h2c://127.0.0.1:50051": all("grpc", "h2c://"),
        "reverse_proxy 127.0.0.1:8787": `reverse_proxy ${all("http", "")}`,
      };
    },
    // It would make an authority for "localhost", and have the whole machine trust it.
    around: (_place, sample) =>
      `{\n\tadmin off\n\tauto_https off\n\tskip_install_trust\n\tdefault_bind 127.0.0.1\n}\n${sample}`,
    run: (file) => ["run", "--adapter", "caddyfile", "--config", file],
    check: (file) => ["validate", "--adapter", "caddyfile", "--config", file],
  },
} as const satisfies Readonly<Record<string, Kind>>;

/** A proxy that the documentation has a sample for; the name of its program. */
export type ProxyKind = keyof typeof kinds;

/**
 * Starts a proxy on a free port of the loopback, with the sample of the documentation: with these servers, a certificate
 * made for it, and nothing else changed. The program itself finds nothing wrong with it first.
 *
 * @param changed pieces of the sample and what stands in their place
 */
export async function startTeamProxy(
  name: ProxyKind,
  servers: readonly Proxied[],
  signal: AbortSignal,
  changed: Pieces = {},
): Promise<TeamProxy> {
  await using made = new AsyncDisposableStack();
  const { file, place, env, ca } = await prepare({ name, servers, changed }, made, signal);
  const kind: Kind = kinds[name];
  const service = made.use(startService({ name, ...tied(name, kind.run(file, place)), env }));
  await service.until(() => answers(place.port), readyTimeoutMs, signal);
  const owned = made.move();
  return {
    url: `https://${PROXY_NAME}:${place.port}`,
    port: place.port,
    plainPort: place.plainPort,
    ca,
    caFile: place.certFile,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Has the program check the sample of the documentation, with two servers. Throws what it finds. */
export async function checkTeamProxy(name: ProxyKind, signal: AbortSignal): Promise<void> {
  await using made = new AsyncDisposableStack();
  const servers = [1, 2].map((last) => ({ http: `127.0.0.${last}:8787`, grpc: `127.0.0.${last}:50051` }));
  await prepare({ name, servers, changed: {} }, made, signal);
}

interface Wanted {
  readonly name: ProxyKind;
  readonly servers: readonly Proxied[];
  readonly changed: Pieces;
}

/** Writes the configuration and what it names into a folder of `made`, and has the program check it. */
async function prepare({ name, servers, changed }: Wanted, made: AsyncDisposableStack, signal: AbortSignal) {
  const kind: Kind = kinds[name];
  const folder = await mkdtemp(join(tmpdir(), `pipit-${name}-`));
  made.defer(() => rm(folder, { recursive: true, force: true }));
  const files = await makeCertificate(folder, [PROXY_NAME, "localhost"], signal);
  const ca = await readFile(files.certFile, "utf8");
  await writeFile(join(folder, "both.pem"), ca + (await readFile(files.keyFile, "utf8")));
  const [port = 0, plainPort = 0] = await freePorts(2);
  const place: Place = { ...files, folder, port, plainPort, servers };
  const text = await readFile(join(repositoryRoot, "docs/operations/proxies", kind.sample), "utf8");
  const sample = replaceAll(text, { ...kind.pieces(place), ...changed }, kind.sample);
  const file = join(folder, kind.sample);
  await writeFile(file, kind.around?.(place, sample) ?? sample);
  // Caddy keeps things at home.
  const env = { HOME: folder, PATH: `${process.env["PATH"]}:/usr/sbin` };
  const checked = await runCommand(name, [...kind.check(file, place)], { env }, signal);
  if (checked.code !== 0) throw new Error(`${name} refuses ${kind.sample}: ${checked.stderr}`);
  return { file, place, env, ca };
}

/** On Linux it also ends when this process is killed. */
function tied(command: string, args: readonly string[]) {
  return process.platform === "linux"
    ? { command: "setpriv", args: ["--pdeathsig=TERM", command, ...args] }
    : { command, args };
}

/** Everything in one folder, errors to us. */
function aroundNginx({ folder }: Place, sample: string): string {
  const caches = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return [
    "daemon off;",
    // Workers of another user could not write into the folder.
    ...(process.getuid?.() === 0 ? ["user root;"] : []),
    `pid ${join(folder, "nginx.pid")};`,
    "error_log stderr warn;",
    "events { worker_connections 8192; }",
    "http {",
    "access_log off;",
    ...caches.map((cache) => `${cache}_temp_path ${join(folder, cache)};`),
    sample,
    "}",
  ].join("\n");
}

/** Throws when a piece is not there: the sample was changed, and the test is to be as well. */
function replaceAll(text: string, pieces: Pieces, name: string): string {
  let replaced = text;
  for (const [piece, instead] of Object.entries(pieces)) {
    if (!replaced.includes(piece)) throw new Error(`${name} has no "${piece}".`);
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
