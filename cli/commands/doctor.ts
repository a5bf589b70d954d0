import { createFileLogger } from "#engine/node/files/file-logger.ts";
import type { Check } from "../doctor/check.ts";
import { checkAudioOut, checkHotkey, checkKeychain, checkScreen } from "../doctor/machine-checks.ts";
import { doctorMessagesFor, type DoctorMessages } from "../doctor/doctor-messages.ts";
import { checkServer } from "../doctor/server-checks.ts";
import { exitCodes, type ExitCode } from "../kit/exit-codes.ts";
import { openCliClient, type CommandDeps } from "../kit/open-cli-client.ts";
import { paint, printJson, printLine, type Terminal } from "../kit/terminal.ts";

/** Longest that all checks together may take. */
const TIMEOUT_MS = 30_000;

/** `pipit doctor`: one line per part, its cure below it; exit 1 when something needed does not work. */
export async function doctor(flags: { readonly json?: boolean }, deps: CommandDeps): Promise<ExitCode> {
  const { config, terminal, launcher } = deps;
  const messages = doctorMessagesFor(config.locale);
  const logger = createFileLogger(config.home);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  await using client = await openCliClient(deps);
  const checks = [
    ...(await checkServer(client, messages, signal)),
    checkKeychain(client, messages),
    ...(await Promise.all([
      checkAudioOut(logger, launcher, messages),
      checkScreen(config, logger, messages, signal),
      checkHotkey(config, messages, signal),
    ])),
  ];
  for (const check of checks)
    if (flags.json === true) printJson(terminal, check);
    else printText(check, messages, terminal);
  return checks.some((check) => check.state === "broken") ? exitCodes.failed : exitCodes.done;
}

const marks = { works: "✔", limited: "!", broken: "✘" } as const;
const styles = { works: "green", limited: "yellow", broken: "red" } as const;

function printText(check: Check, { parts, states }: DoctorMessages, terminal: Terminal): void {
  const mark = paint(styles[check.state], marks[check.state]);
  printLine(
    terminal,
    mark,
    ` ${(parts[check.part] ?? check.part).padEnd(10)} ${states[check.state]}: ${check.detail}`,
  );
  if (check.cure !== undefined) printLine(terminal, `${" ".repeat(13)}${check.cure}`);
}
