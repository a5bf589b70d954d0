#!/usr/bin/env node
import { once } from "node:events";
import { PipitError } from "#contract/pipit-error.ts";
import { visibleJson, visibleText } from "#contract/terminal-text.ts";
import { programInput, readServerConfig, type ServerConfig } from "./config/config.ts";
import { serveUsage } from "./config/usage.ts";
import { keepCompiledCode } from "./lifecycle/compile-cache.ts";
import { boundYoungHeap } from "./lifecycle/young-heap.ts";
import { openParentTie } from "./lifecycle/parent-tie.ts";
import type { RunningServer } from "./compose/start-server.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** A signal that comes so soon after the first is a copy of it: npm passes on the Ctrl-C that the server had already. */
const COPY_WITHIN_MS = 500;

/** For the operator who looks at a terminal; a log has no use for it. */
const SIGN_IN_HINT = `Sign in here: npx pipit web (a one-time address for a browser) or npx pipit chat
Make an account of your own: npx pipit auth register; sign in to it, also from elsewhere: npx pipit auth login --server URL
Make an account for another person: npx pipit admin users add LOGIN
`;

async function main(): Promise<void> {
  const input = programInput(import.meta.url);
  if (input.argv.includes("--help")) {
    process.stdout.write(serveUsage());
    return;
  }
  const config = readServerConfig(input);
  using stop = listenForStop(config);
  // A reader that is gone, e.g. a terminal that was closed meanwhile, is no reason to end without a stop.
  process.stdout.on("error", () => {});
  boundYoungHeap();
  keepCompiledCode(config.home);
  // Not before: only what is loaded from here on comes from the cache.
  const { startServer } = await import("./compose/start-server.ts");
  // It may wait long, as for a table that something holds, and has nobody to answer; the database undoes what it had begun there.
  const giveUp = (): void => {
    stop[Symbol.dispose]();
    process.kill(process.pid, "SIGTERM");
  };
  stop.hurry.addEventListener("abort", giveUp);
  const server = await startServer(config);
  stop.hurry.removeEventListener("abort", giveUp);
  process.on("SIGHUP", () => server.reload());
  announce(server, config);
  if (config.signInAddress) await announceSignInAddress(server);
  else if (!config.embedded && process.stdout.isTTY) process.stdout.write(SIGN_IN_HINT);
  await stop.asked;
  await server.stop(stop.hurry);
}

interface StopRequest extends Disposable {
  readonly asked: Promise<unknown>;
  readonly hurry: AbortSignal;
}

/**
 * The first SIGTERM or SIGINT asks for a gentle stop, a second one for a quick one. SIGHUP does as well where it says that
 * our terminal is gone; to a server without one it is an operator's "read your files again".
 */
function listenForStop(config: ServerConfig): StopRequest {
  const hurry = new AbortController();
  const asked = new AbortController();
  let firstAtMs: number | undefined;
  const onSignal = (): void => {
    const nowMs = performance.now();
    firstAtMs ??= nowMs;
    if (nowMs - firstAtMs > COPY_WITHIN_MS) hurry.abort();
    asked.abort();
  };
  const hasTerminal = process.stdin.isTTY || process.stderr.isTTY;
  const onHangUp = (): void => {
    if (hasTerminal || config.embedded) onSignal();
  };
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal).on("SIGHUP", onHangUp);
  const parent = config.embedded ? openParentTie() : undefined;
  parent?.onGone(() => asked.abort());
  return {
    asked: once(asked.signal, "abort"),
    hurry: hurry.signal,
    [Symbol.dispose]() {
      process.off("SIGTERM", onSignal).off("SIGINT", onSignal).off("SIGHUP", onHangUp);
      parent?.release();
    },
  };
}

function announce(server: RunningServer, config: ServerConfig): void {
  process.stdout.write(
    config.embedded
      ? `${JSON.stringify(server.runtime)}\n`
      : `Pipit is ready: ${server.httpUrl} (HTTP), ${server.grpcUrl} (gRPC)\n`,
  );
}

/** Past the logger on purpose: a reader of this line can sign in. */
async function announceSignInAddress(server: RunningServer): Promise<void> {
  const { url, digits } = await server.makeSignInAddress();
  process.stdout.write(
    `Open in a browser (works once, for 10 minutes): ${url}\nThe page asks for these digits: ${digits}\n`,
  );
}

try {
  await main();
} catch (reason) {
  const error = PipitError.from(reason);
  // An unexpected error is worth its trace; one of ours has a message that says what to do.
  const trace = error.code === "INTERNAL" ? await traceOf(reason) : undefined;
  process.stderr.write(
    isForPeople()
      ? visibleText(`pipit serve: ${error.message}\n${trace === undefined ? "" : `${trace}\n`}`)
      : `${visibleJson(JSON.stringify({ ...notStarted(error), trace }))}\n`,
  );
  process.exitCode = error.code === "USAGE" ? EXIT_USAGE : EXIT_FAILED;
}

/** At a terminal, or in a client's log of its own server, which shows the person the last line; else it is one line more of a log. */
function isForPeople(): boolean {
  return process.stderr.isTTY || process.argv.includes("--embedded");
}

/** As the logger writes, which may not be there yet. A message holds no secret. */
function notStarted({ code, message }: PipitError) {
  return {
    level: "error",
    time: new Date().toISOString(),
    event: "server.not_started",
    code,
    reason: message,
  };
}

async function traceOf(reason: unknown): Promise<string> {
  const { redactText } = await import("./observe/logger.ts");
  return redactText(reason instanceof Error ? (reason.stack ?? reason.message) : String(reason));
}
