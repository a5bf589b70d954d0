import type { Client } from "#engine/node/client.ts";
import type { ExitCode } from "./exit-codes.ts";
import { openSignedInClient, type CommandDeps } from "./open-cli-client.ts";

const TIMEOUT_MS = 30_000;

/** Runs a command of a few requests for the signed-in account. `signal`: they take too long. */
export async function withClient(
  deps: CommandDeps,
  run: (client: Client, signal: AbortSignal) => Promise<ExitCode>,
): Promise<ExitCode> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  await using client = await openSignedInClient(deps, signal);
  // Awaited here: the client must outlive it.
  return await run(client, signal);
}
