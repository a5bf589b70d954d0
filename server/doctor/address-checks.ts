import type { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "node:tls";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { z } from "zod";
import { RUNTIME_FILE } from "#contract/auth-wire.ts";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { buildId } from "#contract/build/build-id.ts";
import { version } from "#contract/build/version.ts";
import { Health, HealthCheckResponse_ServingStatus as Status } from "#proto/grpc/health/v1/health_pb.ts";
import { unwellParts } from "../domain/health-parts.ts";
import { storageCures } from "../store/disk-watch.ts";
import { CERTIFICATE_SOON_MS, judgeCertificate, readPair } from "../net/server-tls.ts";
import { ask, named, wordsOf } from "./ask.ts";
import { fail, ok, warn, type DoctorContext, type Finding } from "./check.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Who renews by a program has done so for weeks by then; whoever does it by hand may be on holiday. */
const CERTIFICATE_LEAST_MS = 7 * DAY_MS;
const HTTPS_PORT = 443;

const runtime = z.object({ httpUrl: z.url() });
const health = z.object({
  status: z.string(),
  version: z.string(),
  build: z.string().optional(),
  storage: z.string().optional(),
  grpc_port: z.int().optional(),
});
const metadata = z.object({ issuer: z.string() });
/** The server of a data folder, if it runs. */
export async function lookAtServer(
  { messages }: Pick<DoctorContext, "messages">,
  dataDir: string,
  signal: AbortSignal,
): Promise<Finding> {
  const text = await readFile(join(dataDir, RUNTIME_FILE), "utf8").catch(() => "");
  const { data: known } = runtime.safeParse(parseJson(text));
  if (known === undefined) return warn(messages.notRunning(dataDir), messages.notRunningCure);
  const url = known.httpUrl;
  const answer = await ask(new URL("/health", url), signal, true).catch((reason: unknown) => wordsOf(reason));
  signal.throwIfAborted();
  if (typeof answer === "string") return fail(messages.notAnswering(url, answer), messages.notAnsweringCure);
  const { data: told } = health.safeParse(answer.body);
  if (told === undefined)
    return fail(messages.notAnswering(url, `HTTP ${answer.status}`), messages.notAnsweringCure);
  if (told.status !== "healthy") {
    const said = messages.unwell(url, told.status, partsOf(answer.body));
    // What goes on is reading: no message is taken, and nobody signs in.
    if (told.storage === "full" || told.storage === "read_only")
      return fail(said, storageCures[told.storage]);
    return told.status === "degraded" ? warn(said) : fail(said);
  }
  const { build = told.version } = told;
  // The version alone is all that a server knows which runs from its sources.
  if (build !== buildId && build !== version)
    return warn(messages.otherVersion(url, build, buildId), messages.otherVersionCure);
  return ok(messages.running(url, build));
}

/** Those that are not as they should be. */
function partsOf(body: unknown): string {
  const unwell = unwellParts({ ...(body as object) });
  return [...unwell].map(([part, state]) => `${part} ${state}`).join(", ");
}

/** The public URL as a client finds it: health, sign-in, and what must not be open. */
export async function lookAtPublicUrl(
  { config, messages }: DoctorContext,
  signal: AbortSignal,
): Promise<Finding> {
  const { publicUrl, issuer } = config;
  if (publicUrl === undefined) return ok(messages.noPublicUrl(issuer));
  const at = (path: string): URL => new URL(path, publicUrl);
  const { status, body } = await reach(publicUrl, messages, ask(at("/health"), signal));
  const { data: told } = health.safeParse(body);
  if (told === undefined) return fail(messages.notPipit(publicUrl, status), messages.notPipitCure);
  const discovery = await ask(at("/.well-known/oauth-authorization-server"), signal);
  const { data: found } = metadata.safeParse(discovery.body);
  if (found === undefined) return fail(messages.notPipit(publicUrl, discovery.status), messages.notPipitCure);
  if (found.issuer !== issuer)
    return fail(messages.otherIssuer(publicUrl, found.issuer, issuer), messages.otherIssuerCure);
  const isProxied = at("/").protocol === "https:" && config.tls === undefined;
  if (isProxied && (await ask(at("/metrics"), signal)).status === 200) {
    return warn(messages.openMetrics(publicUrl), messages.openMetricsCure);
  }
  return told.status === "unhealthy"
    ? fail(messages.reached(publicUrl, told.status))
    : ok(messages.reached(publicUrl, told.status));
}

/** gRPC where a client looks for it: at the port that the public URL tells. */
export async function lookAtGrpc({ config, messages }: DoctorContext, signal: AbortSignal): Promise<Finding> {
  const { publicUrl } = config;
  if (publicUrl === undefined) return ok(messages.noPublicUrl(config.issuer));
  const { body } = await reach(publicUrl, messages, ask(new URL("/health", publicUrl), signal));
  const port = health.safeParse(body).data?.grpc_port;
  if (port === undefined) return fail(messages.noGrpcPort(publicUrl), messages.notPipitCure);
  const url = new URL(publicUrl);
  url.port = String(port);
  const target = url.host.includes(":") ? url.host : `${url.host}:${port}`;
  const transport = createGrpcTransport({ baseUrl: url.origin });
  try {
    const { status } = await createClient(Health, transport).check({}, { signal });
    return status === Status.SERVING
      ? ok(messages.grpcWell(target))
      : fail(messages.grpcUnwell(target), messages.grpcUnwellCure);
  } catch (reason) {
    signal.throwIfAborted();
    const error = named(url, reason);
    if (error instanceof PipitError) throw error;
    return fail(messages.unreachable(target, wordsOf(reason)), messages.grpcCure);
  }
}

/** Says what the network says in one sentence. */
async function reach<T>(url: string, messages: DoctorContext["messages"], asking: Promise<T>): Promise<T> {
  return asking.catch((reason: unknown) => {
    if (reason instanceof PipitError) throw reason;
    const said = `${messages.unreachable(url, wordsOf(reason))}. ${messages.unreachableCure}`;
    throw new PipitError("SERVER_UNREACHABLE", said, { cause: reason });
  });
}

/** The certificate that clients are shown, and the server's own file: how long they last, and for which name. */
export async function lookAtCertificate(
  { config, messages, clock }: DoctorContext,
  signal: AbortSignal,
): Promise<Finding> {
  const { publicUrl, tls } = config;
  const url = publicUrl === undefined ? undefined : new URL(publicUrl);
  const name = url?.hostname.replace(/^\[(.+)\]$/, "$1");
  const found: (readonly [place: string, certificate: X509Certificate])[] = [];
  if (tls !== undefined) found.push([tls.cert, readPair(tls).certificate]);
  if (url?.protocol === "https:")
    found.push([url.host, await reach(url.origin, messages, shownAt(url, signal))]);
  const said = found.map(([place, certificate]): Finding => {
    const { expires, leftMs, isForName } = judgeCertificate(certificate, name, clock.nowMs());
    const days = Math.floor(leftMs / DAY_MS);
    if (leftMs <= 0) return fail(messages.expired(place, expires), messages.certificateCure);
    if (!isForName) return fail(messages.otherName(place, name ?? ""), messages.certificateCure);
    if (leftMs < CERTIFICATE_LEAST_MS)
      return fail(messages.expiresSoon(place, days), messages.certificateCure);
    if (leftMs < CERTIFICATE_SOON_MS)
      return warn(messages.expiresSoon(place, days), messages.certificateCure);
    return ok(messages.certificate(place, days));
  });
  const worst = said.find(({ state }) => state === "fail") ?? said.find(({ state }) => state === "warn");
  if (worst !== undefined) return worst;
  return ok(said.length === 0 ? messages.noCertificate : said.map(({ detail }) => detail).join("; "));
}

/** Whatever it is: whether it is trusted is said of the public URL. */
function shownAt({ hostname, port }: URL, signal: AbortSignal): Promise<X509Certificate> {
  const host = hostname.replace(/^\[(.+)\]$/, "$1");
  return new Promise((resolve, reject) => {
    const options = {
      host,
      port: Number(port || HTTPS_PORT),
      rejectUnauthorized: false,
      ALPNProtocols: ["http/1.1"],
    };
    const socket = connect({ ...options, ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }) }, () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      if (certificate === undefined) reject(new Error("no certificate was shown"));
      else resolve(certificate);
    });
    socket.once("error", reject);
    const stop = (): void => void socket.destroy(new Error("stopped"));
    signal.addEventListener("abort", stop, { once: true });
    socket.once("close", () => signal.removeEventListener("abort", stop));
  });
}
