import { PipitError } from "#contract/pipit-error.ts";
import { readImageFile } from "#engine/node/image-file.ts";
import { createLazySpeaker } from "#engine/node/lazy-speaker.ts";
import { createScreenCapture } from "#engine/node/screen-capture.ts";
import { openSpeaker } from "#engine/node/speaker.ts";
import { createWavRecorder } from "#engine/node/wav-recorder.ts";
import { createFileLogger } from "#engine/node/file-logger.ts";
import type { Screen, ScreenImage, Speaker } from "#engine/ports.ts";
import { runOnce } from "../chat/once.ts";
import { openClient } from "../client.ts";
import type { CliConfig } from "../config.ts";
import type { ExitCode } from "../exit-codes.ts";
import { messagesFor } from "../messages.ts";
import { printNote, type Terminal } from "../terminal.ts";
import type { CommandDeps } from "./command-deps.ts";

/** Flags of `pipit chat` as commander gives them. */
export interface ChatFlags {
  readonly once?: string;
  readonly json?: boolean;
  readonly audio: boolean;
  readonly audioFile?: string;
  readonly screenshot?: boolean;
  readonly image?: string;
}

/** `pipit chat`: the REPL, or one message with `--once`. */
export async function chat(
  flags: ChatFlags,
  { config, terminal, tokenStore }: CommandDeps,
): Promise<ExitCode> {
  if (flags.json === true && flags.once === undefined) {
    throw new PipitError("USAGE", "--json prints the events of one message; use it with --once <text>.");
  }
  const messages = messagesFor(config.locale);
  const logger = createFileLogger({ home: config.home });
  const screen = createScreenCapture({
    display: config.display.x11,
    waylandDisplay: config.display.wayland,
    logger,
  });
  const image = await firstImage(flags, screen);
  const speaker = flags.audio ? await openVoice(flags, config, terminal) : undefined;
  const speak = speaker !== undefined;
  await using cleanup = new AsyncDisposableStack();
  if (speaker !== undefined) cleanup.use(speaker);
  const client = cleanup.use(await openClient({ config, speak, speaker, tokenStore }));
  if (client.outbox.setAside !== undefined) {
    printNote(terminal, messages.outboxSetAside(client.outbox.setAside));
  }
  const shared = { client, terminal, messages, ...(image === undefined ? {} : { image }) };
  if (flags.once !== undefined) {
    // Awaited here: what `cleanup` owns must outlive it.
    return await runOnce({
      ...shared,
      text: flags.once,
      json: flags.json === true,
      recording: flags.audioFile,
    });
  }
  const { runRepl } = await import("../chat/repl.ts");
  return await runRepl({ ...shared, screen });
}

async function firstImage(flags: ChatFlags, screen: Screen): Promise<ScreenImage | undefined> {
  if (flags.image !== undefined) return readImageFile(flags.image);
  return flags.screenshot === true ? screen.capture(AbortSignal.timeout(10_000)) : undefined;
}

async function openVoice(flags: ChatFlags, config: CliConfig, terminal: Terminal): Promise<Speaker> {
  if (flags.audioFile !== undefined) return createWavRecorder({ path: flags.audioFile });
  const logger = createFileLogger({ home: config.home });
  const tell = (why: string): void => printNote(terminal, messagesFor(config.locale).noSound(why));
  return createLazySpeaker(async () => {
    try {
      return await openSpeaker({ logger });
    } catch (error) {
      tell(PipitError.from(error).message);
      throw error;
    }
  }, config.volume);
}
