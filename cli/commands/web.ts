import { join } from "node:path";
import { z } from "zod";
import { isErrorCode } from "#contract/error-codes.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Client } from "#engine/node/client.ts";
import { findRunningServer } from "#engine/node/backend/running-server.ts";
import type { HttpResponse } from "#engine/ports.ts";
import type { CliConfig } from "../kit/config.ts";
import { exitCodes, type ExitCode } from "../kit/exit-codes.ts";
import { messagesFor } from "../kit/messages.ts";
import { openCliClient } from "../kit/open-cli-client.ts";
import { printLine } from "../kit/terminal.ts";
import type { CommandDeps } from "./command-deps.ts";

/** Longest that it may take to get an address. */
const TIMEOUT_MS = 30_000;

const addressSchema = z.object({ url: z.url(), expires_at: z.number() });
const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** `pipit web`: prints an address that signs a browser in, once, and nothing else. */
export async function web(
  flags: { readonly json?: boolean },
  { config, terminal, tokenStore }: CommandDeps,
): Promise<ExitCode> {
  const messages = messagesFor(config.locale);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  await requireServer(config, messages.noServerForWeb, signal);
  await using client = await openCliClient({ config, speak: false, speaker: undefined, tokenStore });
  // That nobody answers is worth saying before that nobody is signed in.
  await client.link.connect(signal);
  const { state } = await client.signIn(signal);
  if (state.kind !== "signed-in") throw new PipitError("SIGNED_OUT", messages.signInForWeb);
  const { url, expires_at: expiresAtMs } = await askForAddress(client, signal);
  printLine(terminal, flags.json === true ? JSON.stringify({ url, expiresAtMs }) : url);
  return exitCodes.done;
}

/** A server that this command started would end with it, and the address would lead nowhere. */
async function requireServer(config: CliConfig, cure: string, signal: AbortSignal): Promise<void> {
  if (config.serverUrl !== undefined || config.grpcUrl !== undefined) return;
  const running = await findRunningServer(join(config.home, "server"), signal);
  if (running === undefined) throw new PipitError("SERVER_UNREACHABLE", cure);
}

async function askForAddress(
  { link, session }: Client,
  signal: AbortSignal,
): Promise<z.infer<typeof addressSchema>> {
  const ask = (token: string): Promise<HttpResponse> =>
    link.http.request(
      { method: "POST", path: "/auth/sign-in-codes", headers: { authorization: `Bearer ${token}` } },
      signal,
    );
  const token = await session.accessToken(signal);
  let response = await ask(token);
  if (response.status === 401) response = await ask(await session.renew(token, signal));
  const body = parseJson(response.body);
  const address = addressSchema.safeParse(body);
  if (response.status === 200 && address.success) return address.data;
  throw errorOf(response.status, body);
}

function errorOf(status: number, body: unknown): PipitError {
  const parsed = errorSchema.safeParse(body);
  if (parsed.success && isErrorCode(parsed.data.error.code)) {
    return new PipitError(parsed.data.error.code, parsed.data.error.message);
  }
  return new PipitError(
    "INTERNAL",
    "The server gave no sign-in address. Are client and server of one version?",
    {
      detail: `HTTP ${status}`,
    },
  );
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
