import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "#contract/parse-json.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Client } from "#engine/node/client.ts";
import { findRunningServer } from "#engine/node/backend/running-server.ts";
import { errorInBody } from "#engine/wire/http-error.ts";
import { exitCodes, type ExitCode } from "../kit/exit-codes.ts";
import { messagesFor } from "../kit/messages.ts";
import { openSignedInClient, type CommandDeps } from "../kit/open-cli-client.ts";
import type { CliConfig } from "../kit/read-config.ts";
import { printJson, printLine } from "../kit/terminal.ts";
import { ToldError } from "../kit/told-error.ts";

/** Longest that it may take to get an address. */
const TIMEOUT_MS = 30_000;

const addressSchema = z.object({ url: z.url(), digits: z.string(), expires_at: z.number() });

/** `pipit web`: prints an address that signs a browser in, once, the digits that the page asks for, and nothing else. */
export async function web(flags: { readonly json?: boolean }, deps: CommandDeps): Promise<ExitCode> {
  const { config, terminal } = deps;
  const messages = messagesFor(config.locale);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  await requireServer(config, messages.noServerForWeb, signal);
  await using client = await openSignedInClient(deps, signal);
  const { url, digits, expires_at: expiresAtMs } = await askForAddress(client, signal);
  if (flags.json === true) printJson(terminal, { url, digits, expiresAtMs });
  else printLine(terminal, `${url}\n${digits}`);
  return exitCodes.done;
}

/** A server that this command started would end with it, and the address would lead nowhere. */
async function requireServer(config: CliConfig, cure: string, signal: AbortSignal): Promise<void> {
  if (config.serverUrl !== undefined || config.grpcUrl !== undefined) return;
  const running = await findRunningServer(join(config.home, "server"), signal);
  if (running === undefined) throw new ToldError("SERVER_UNREACHABLE", cure);
}

async function askForAddress({ api }: Client, signal: AbortSignal): Promise<z.infer<typeof addressSchema>> {
  const response = await api.request({ method: "POST", path: "/auth/sign-in-codes" }, signal);
  const address = addressSchema.safeParse(parseJson(response.body));
  if (response.status === 200 && address.success) return address.data;
  const message = "The server gave no sign-in address. Are client and server of one version?";
  const detail = `HTTP ${response.status}`;
  throw errorInBody(response) ?? new PipitError("INTERNAL", message, { detail });
}
