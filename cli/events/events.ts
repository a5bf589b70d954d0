import { PipitError } from "#contract/pipit-error.ts";
import type { Client } from "#engine/node/client.ts";
import { exitCodeOf, exitCodes, type ExitCode } from "../kit/exit-codes.ts";
import { listenForInterrupt } from "../kit/interrupt.ts";
import { openCliClient, type CommandDeps } from "../kit/open-cli-client.ts";
import { printJson, printNote, type Terminal } from "../kit/terminal.ts";
import { ToldError } from "../kit/told-error.ts";
import { eventWords, type EventWords } from "./event-words.ts";
import { readEventLines, type EventLine } from "./read-event-lines.ts";

/** Of so many rejected events it is told why. */
const TOLD_FAULTS = 5;

interface Flags {
  readonly json?: boolean;
}

type Pushed = Awaited<ReturnType<Client["programEvents"]["push"]>>;

/** `pipit events push [FILE]`: queues the events of the file, and sends all that wait. */
export async function push(
  { file, json }: Flags & { readonly file?: string },
  deps: CommandDeps,
): Promise<ExitCode> {
  const { terminal } = deps;
  const words = eventWords(deps.config.locale);
  using interrupt = listenForInterrupt(words.stopped);
  const { signal } = interrupt;
  const lines = file === undefined ? [] : await readEventLines(file, terminal, words);
  await using client = await openCliClient(deps);
  const failure = await signInFailure(client, words, signal);
  const queued = await queue(client, lines, words, signal);
  if (queued.setAside !== undefined) printNote(terminal, words.setAside(queued.setAside));
  if (queued.added > 0 && json !== true) printNote(terminal, words.queued(queued.added));
  if (failure !== undefined) {
    if (json === true) printJson(terminal, { queued: queued.added, ...(await client.programEvents.state()) });
    throw failure;
  }
  const report = await client.programEvents.push(signal);
  if (json === true) printJson(terminal, toJson(queued.added, report));
  else tell(report, terminal, words);
  if (report.error !== undefined) throw report.error;
  return report.rejected.size === 0 ? exitCodes.done : exitCodes.failed;
}

/** `pipit events status`: asks no server. */
export async function status({ json }: Flags, deps: CommandDeps): Promise<ExitCode> {
  const { terminal, config } = deps;
  const words = eventWords(config.locale);
  await using client = await openCliClient(deps);
  await client.session.restore(new AbortController().signal);
  const state = await client.programEvents.state();
  if (state.setAside !== undefined) printNote(terminal, words.setAside(state.setAside));
  if (json === true) {
    printJson(terminal, state);
    return exitCodes.done;
  }
  const { waiting, refused, lastError, oldestAtMs, evicted } = state;
  if (oldestAtMs === undefined) printNote(terminal, words.nothing);
  else printNote(terminal, words.waiting(waiting, new Date(oldestAtMs).toLocaleString(config.locale)));
  if (lastError !== undefined) {
    printNote(terminal, refused > 0 ? words.refused(refused, lastError) : words.failed(lastError));
  }
  if (evicted > 0) printNote(terminal, words.evicted(evicted));
  return exitCodes.done;
}

/** Nobody who is signed in, or nobody yet because a server does not answer: events are queued all the same. */
async function signInFailure(
  client: Client,
  words: EventWords,
  signal: AbortSignal,
): Promise<PipitError | undefined> {
  try {
    const { state } = await client.signIn(signal);
    return state.kind === "signed-in" ? undefined : new ToldError("SIGNED_OUT", words.signInFirst);
  } catch (reason) {
    signal.throwIfAborted();
    return PipitError.from(reason);
  }
}

async function queue(client: Client, lines: readonly EventLine[], words: EventWords, signal: AbortSignal) {
  try {
    return await client.programEvents.add(
      lines.map(({ value }) => value),
      signal,
    );
  } catch (reason) {
    const error = PipitError.from(reason);
    if (error.code !== "INVALID_REQUEST") throw reason;
    const line = lines[Number(error.field) - 1]?.number;
    throw new ToldError("USAGE", words.fault(String(line), error.message), { cause: reason });
  }
}

function tell(report: Pushed, terminal: Terminal, words: EventWords): void {
  const { success, duplicate, rejected, waiting, evicted, oldestAtMs } = report;
  if (success + duplicate > 0) printNote(terminal, words.delivered(success, duplicate));
  if (rejected.size > 0 && report.error === undefined) {
    printNote(terminal, words.rejected(rejected.size));
    for (const [id, why] of [...rejected].slice(0, TOLD_FAULTS)) printNote(terminal, `  ${id}: ${why}`);
  }
  if (oldestAtMs === undefined) printNote(terminal, words.nothing);
  else printNote(terminal, words.waiting(waiting, new Date(oldestAtMs).toISOString()));
  if (evicted > 0) printNote(terminal, words.evicted(evicted));
}

function toJson(queued: number, { rejected, error, ...report }: Pushed): object {
  return {
    queued,
    ...report,
    rejected: [...rejected].map(([event_id, why]) => ({ event_id, error: why })),
    error: error === undefined ? null : { code: error.code, message: error.message, exit: exitCodeOf(error) },
  };
}
