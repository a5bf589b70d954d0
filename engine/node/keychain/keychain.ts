import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Environment } from "#contract/environment.ts";
import { ownProgram } from "#contract/own-program.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { ChildLauncher } from "../processes/child-launcher.ts";
import { nodeChildLauncher } from "../processes/node-child-launcher.ts";

/**
 * A password dialog that the user does not answer must not hold up the program for ever. On macOS one is to be expected
 * after each update of the program, and reading it and typing a password takes longer than 5 s.
 */
export function keychainTimeoutMs(platform: NodeJS.Platform): number {
  return platform === "darwin" ? 120_000 : 5_000;
}
/** After this, the person is told what is being waited for. */
const DEFAULT_TELL_AFTER_MS = 2_000;

/** What the parent asks of `keychain-process.ts`. Travels over the IPC channel, never in arguments. */
export type KeychainRequest = { readonly service: string; readonly account: string } & (
  | { readonly operation: "read" | "remove" }
  | { readonly operation: "write"; readonly secret: Uint8Array }
);
export type KeychainReply =
  | { readonly ok: true; readonly secret?: Uint8Array }
  | { readonly ok: false; readonly reason: string };

export interface KeychainOptions {
  /** Name of the entry, beside `account`. */
  readonly service: string;
  readonly account: string;
  /** Per operation. Default: `keychainTimeoutMs`. */
  readonly timeoutMs?: number;
  /** Default 2000. */
  readonly tellAfterMs?: number;
  /** Told true when an operation has taken `tellAfterMs`, as it does when a dialog asks for a password, and false when that is over. */
  readonly onWaiting?: ((waiting: boolean) => void) | undefined;
  /** Of the session whose keychain it is, and of the helper process. Default: this program's, which is not looked into. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Program that does the work. Default: `keychain-process.ts`. */
  readonly program?: string;
  /** How the helper is started. Default: by Node. */
  readonly launcher?: ChildLauncher | undefined;
}

/**
 * One entry of the system's keychain (macOS Keychain, Windows Credential Manager, Secret Service on Linux) through a short-lived helper process, about 50 ms per operation.
 *
 * All methods throw PipitError KEYCHAIN_UNAVAILABLE when this session has no keychain, KEYCHAIN_LOCKED when it is locked
 * or did not answer in time.
 */
export function createKeychain(options: KeychainOptions) {
  const entry = { service: options.service, account: options.account };
  return {
    /** Undefined when there is no such entry. Throws KEYCHAIN_LOCKED when that cannot be known. */
    async read(): Promise<Uint8Array | undefined> {
      return (await ask({ ...entry, operation: "read" }, options)).secret;
    },
    async write(secret: Uint8Array): Promise<void> {
      await ask({ ...entry, operation: "write", secret }, options);
    },
    async remove(): Promise<void> {
      await ask({ ...entry, operation: "remove" }, options);
    },
  };
}

async function ask(
  request: KeychainRequest,
  options: KeychainOptions,
): Promise<{ readonly secret?: Uint8Array }> {
  const { timeoutMs = keychainTimeoutMs(process.platform), tellAfterMs = DEFAULT_TELL_AFTER_MS } = options;
  const { environment } = options;
  const noBus = process.platform === "linux" && environment !== undefined ? whyNoBus(environment) : undefined;
  if (noBus !== undefined) throw unavailable(noBus);
  const child = (options.launcher ?? nodeChildLauncher).startHelper({
    program: options.program ?? fileURLToPath(ownProgram("keychain-process", import.meta.url)),
    stderr: "ignore",
    environment,
  });
  const { promise, resolve, reject } = Promise.withResolvers<KeychainReply>();
  child.onMessage((reply) => resolve(reply as KeychainReply));
  void child.ended.then((how) => reject(unavailable(`its helper ended with ${how}`)));
  const timer = setTimeout(() => reject(silent(timeoutMs)), timeoutMs);
  let told = false;
  const teller = setTimeout(() => {
    told = true;
    options.onWaiting?.(true);
  }, tellAfterMs);
  try {
    child.send(request);
    const reply = await promise;
    if (!reply.ok) throw classify(reply.reason);
    return reply;
  } finally {
    clearTimeout(timer);
    clearTimeout(teller);
    child.kill();
    if (told) options.onWaiting?.(false);
  }
}

/**
 * Why a session of Linux surely has no D-Bus, as one over SSH, in a container or in CI has none; undefined where it may have one. There
 * a Node that finds it out is a quarter of a start. As libdbus looks for its bus ("Well-known Message Bus Instances" in
 * https://dbus.freedesktop.org/doc/dbus-specification.html).
 */
function whyNoBus(environment: Environment): string | undefined {
  const address = environment["DBUS_SESSION_BUS_ADDRESS"] ?? "";
  if (address === "") {
    const folders = [environment["XDG_RUNTIME_DIR"] ?? "", `/run/user/${process.getuid?.()}`];
    const hasOne = folders.some((folder) => folder !== "" && existsSync(join(folder, "bus")));
    return hasOne ? undefined : "DBUS_SESSION_BUS_ADDRESS is not set, and there is no bus in XDG_RUNTIME_DIR";
  }
  // Several addresses are tried one after the other, and "%" escapes what a path may hold: the library knows.
  const path = /^unix:path=([^,;%]+)(?:,guid=[0-9a-f]+)?$/u.exec(address)?.[1];
  return path === undefined || existsSync(path) ? undefined : `there is no ${path}`;
}

/** The library's errors have no codes; the texts are those of its Secret Service, Keychain and Credential Manager parts. */
function classify(reason: string): PipitError {
  const locked = /lock|prompt|dismissed|interaction is not allowed|user canceled/iu;
  if (!locked.test(reason)) return unavailable(reason);
  const message = "The keychain is locked. Unlock it and start Pipit again.";
  return new PipitError("KEYCHAIN_LOCKED", message, { detail: reason });
}

function silent(timeoutMs: number): PipitError {
  return new PipitError(
    "KEYCHAIN_LOCKED",
    `The keychain did not answer within ${timeoutMs / 1000} s: it may be waiting for its password. Unlock it and start Pipit again.`,
  );
}

function unavailable(reason: string): PipitError {
  const message = "This session has no keychain (on Linux: a Secret Service on D-Bus).";
  return new PipitError("KEYCHAIN_UNAVAILABLE", message, { detail: reason });
}
