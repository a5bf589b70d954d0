import type { IncomingHttpHeaders } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { RuntimeInfo } from "#contract/auth-wire.ts";
import { issueSignInCode } from "#server/domain/accounts/sign-in-codes.ts";
import { createClientAddress } from "#server/net/client-address.ts";
import type { ServerConfig } from "#server/config/config.ts";
import { bareHost, formatAddress, type ListenAddress } from "#server/net/listen-address.ts";
import { createContext, type ContextDeps, type ServerContext } from "./context.ts";
import type { Logger } from "#contract/logger.ts";
import { serverStopping } from "#server/domain/server-stopping.ts";
import { createWsTokens } from "#server/domain/tokens/ws-tokens.ts";
import { FULL_SCOPE } from "#server/domain/tokens/scopes.ts";
import { signInAddress } from "#server/http/auth/program-sign-in.ts";
import { createRoutes } from "#server/http/routes.ts";
import { startHttpServer } from "#server/http/http-server.ts";
import { isOperator } from "../http/kit/operator.ts";
import { createGate } from "#server/http/kit/gate.ts";
import { createSecureTransport } from "#server/http/kit/secure-transport.ts";
import { createAccessLog } from "#server/observe/access-log.ts";
import { createSite, type Site } from "#server/http/kit/site.ts";
import { isOwnMachine } from "#server/net/peer.ts";
import { startGrpcServer } from "#server/rpc/grpc-server.ts";
import { createRpcRoutes, type RpcRoutes } from "#server/rpc/router.ts";
import { buildId } from "#contract/build/build-id.ts";
import { version } from "#contract/build/version.ts";
import type { ListeningPort } from "../net/listening-port.ts";
import { ServerTls } from "../net/server-tls.ts";
import { writeRuntimeFile } from "../lifecycle/runtime-file.ts";
import { stopPorts } from "../net/stop-ports.ts";

/** Of an https address that names none. */
const HTTPS_PORT = 443;

export interface ServerDeps extends ContextDeps {
  /** How long running streams may go on after a stop was asked for; default 10 s. */
  readonly drainMs?: number;
}

/** A server that takes calls. Disposing stops it gently. */
export interface RunningServer extends AsyncDisposable {
  /** e.g. "http://127.0.0.1:8787" */
  readonly httpUrl: string;
  /** host:port */
  readonly grpcUrl: string;
  readonly runtime: RuntimeInfo;
  /**
   * Makes an address that signs one browser in to the local account, with the digits that the page asks for: a secret, for
   * the person's eyes only.
   */
  makeSignInAddress(): Promise<{ readonly url: string; readonly digits: string }>;
  /** Reads the certificate and its key again. */
  reload(): void;
  /**
   * Tells balancers, and after the delay that the operator set takes nothing new, lets running streams end for 10 s, then
   * ends them with SERVER_STOPPING. Repeatable.
   *
   * @param hurry when it aborts, nothing is waited for any longer
   */
  stop(hurry?: AbortSignal): Promise<void>;
}

/**
 * Builds everything, opens both ports, and says so in `runtime.json`.
 *
 * @throws PipitError PORT_IN_USE, DATA_FOLDER_IN_USE, STORAGE_*, CONFIG_INVALID; nothing is left behind then
 */
export async function startServer(config: ServerConfig, deps: ServerDeps = {}): Promise<RunningServer> {
  await using starting = new AsyncDisposableStack();
  const context = starting.use(await createContext(config, deps));
  warnAboutExposure(context.logger, config);
  const shutdown = new AbortController();
  const rpc = createRpcRoutes(context, shutdown.signal);
  let stopping: Promise<void> | undefined;
  const isStopping = (): boolean => stopping !== undefined;
  const clientAddressOf = createClientAddress(config.trustedProxies);
  const site = createSite(config.http, config.publicUrl);
  const pageUrl = (): string => config.publicUrl ?? httpUrl;
  let ownGrpcPort = 0;
  const routes = createRoutes({
    ...context,
    site,
    pageUrl,
    grpcPort: (headers) => proxyPort(config, site, headers) ?? ownGrpcPort,
    isStopping,
    stopping: shutdown.signal,
  });
  const gate = createGate({
    authenticate: context.authenticate,
    wsTokens: createWsTokens(context.store.auth, context.guard),
    site,
    isSecure: createSecureTransport(config.trustedProxies),
    isOperator: (caller) => isOperator(context, caller),
  });
  const tls =
    config.tls === undefined
      ? undefined
      : starting.use(new ServerTls(config.tls, { ...context, name: publicName(config) }));
  const accessLog = createAccessLog(config.accessLogShare, context.logger);
  const ports = { ...context, rpc, clientAddressOf, accessLog, tls };
  const http = await startHttpServer(config.http, { ...ports, routes, gate, site, isStopping });
  const httpUrl = `${tls === undefined ? "http" : "https"}://${reachable(http.address, config)}`;
  starting.defer(() => closeNow(http));
  const grpc = await startGrpcServer(config.grpc, ports);
  starting.defer(() => closeNow(grpc));
  ownGrpcPort = grpc.address.port;

  const runtime: RuntimeInfo = {
    pid: process.pid,
    httpUrl,
    grpcUrl: reachable(grpc.address, config),
    version,
    ...(context.store.setAside === undefined ? {} : { setAside: context.store.setAside }),
  };
  starting.use(await writeRuntimeFile(config.dataDir, runtime));
  context.logger.info("server.ready", { ...runtime, build: buildId });
  // Not before: what the first question needs must not delay the moment when it can be asked.
  void context.models.warm();
  void context.metrics.load();

  const owned = starting.move();
  const stop = (hurry?: AbortSignal): Promise<void> => {
    stopping ??= stopAll(
      { context, rpc, ports: [http, grpc], shutdown, owned, drainMs: deps.drainMs },
      hurry ?? new AbortController().signal,
    );
    return stopping;
  };
  return {
    ...runtime,
    runtime,
    async makeSignInAddress() {
      const { id } = await context.localAccount.ensure();
      const { code, digits } = await issueSignInCode(context.store.auth, {
        userId: id,
        scope: FULL_SCOPE.split(" "),
      });
      return { url: signInAddress(pageUrl(), code), digits };
    },
    reload: () => tls?.reload(),
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}

interface Stoppable {
  readonly context: ServerContext;
  readonly rpc: RpcRoutes;
  readonly ports: readonly ListeningPort[];
  readonly shutdown: AbortController;
  readonly owned: AsyncDisposableStack;
  readonly drainMs: number | undefined;
}

async function stopAll(server: Stoppable, hurry: AbortSignal): Promise<void> {
  const { context, rpc, ports, shutdown, owned } = server;
  // The clients of an embedded server are the program that lets go of it.
  const shutdownDelaySeconds = context.config.embedded ? 0 : context.config.shutdownDelaySeconds;
  context.logger.info("server.stopping", { shutdownDelaySeconds });
  rpc.health.stop();
  // A balancer sends clients here until it has seen that it should not; closed ports would be their errors.
  await sleep(shutdownDelaySeconds * 1_000, undefined, { signal: hurry }).catch(() => {});
  context.rooms.stop();
  await stopPorts({
    ports,
    turns: context.turns,
    drainMs: server.drainMs,
    hurry,
    endStreams: () => shutdown.abort(serverStopping()),
  });
  await owned.disposeAsync();
  context.logger.info("server.stopped");
}

async function closeNow(port: ListeningPort): Promise<void> {
  const closed = port.close();
  port.destroy();
  await closed;
}

/** Tokens in the clear on a network are everybody's. */
function warnAboutExposure(logger: Logger, config: ServerConfig): void {
  if (config.tls !== undefined) return;
  for (const [flag, address] of [
    ["--http", config.http],
    ["--grpc", config.grpc],
  ] as const) {
    if (isOwnMachine(address.host)) continue;
    logger.warn("server.exposed_without_tls", {
      setting: `${flag} ${formatAddress(address)}`,
      detail:
        "This address is reachable from other machines, and there is no TLS: tokens and messages can be read on the way. " +
        "Listen on 127.0.0.1, put a TLS proxy in front, or set --tls-cert and --tls-key.",
    });
  }
}

/** host:port for clients. A wildcard is where one listens, not where one connects to; and a certificate is for a name. */
function reachable({ host, port }: ListenAddress, config: ServerConfig): string {
  const name = config.tls === undefined ? undefined : publicName(config);
  const wildcards: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };
  return formatAddress({ host: name ?? wildcards[host] ?? host, port });
}

/** The port of the proxy by which a client has come: it has one for everything. Undefined: by none. */
function proxyPort({ tls, publicUrl = "" }: ServerConfig, site: Site, headers: IncomingHttpHeaders) {
  if (tls !== undefined || !site.isPublicTls(headers)) return undefined;
  return Number(new URL(publicUrl).port || HTTPS_PORT);
}

/** The host of the public URL; an IPv6 address without brackets. */
function publicName({ publicUrl }: ServerConfig): string | undefined {
  return publicUrl === undefined ? undefined : bareHost(new URL(publicUrl).hostname);
}
