import { PipitError } from "#contract/pipit-error.ts";
import { checkFiles, type AttachedFile } from "#contract/attached-file.ts";
import { readImageFile } from "#engine/node/screen/image-file.ts";
import { createLazySpeaker } from "#engine/node/audio/lazy-speaker.ts";
import { createScreenCapture } from "#engine/node/screen/screen-capture.ts";
import { openSpeaker } from "#engine/node/audio/speaker.ts";
import { createWavRecorder } from "#engine/node/audio/wav-recorder.ts";
import { createFileLogger } from "#engine/node/files/file-logger.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import type { Logger } from "#contract/logger.ts";
import type { Screen, Speaker } from "#engine/ports.ts";
import { runOnce } from "../chat/once.ts";
import type { ChosenChat } from "../chat/chat-commands.ts";
import { withStdin } from "../chat/stdin-context.ts";
import { withMarkdown } from "../chat/text-screen.ts";
import { buildSoon } from "../kit/server-program.ts";
import type { ExitCode } from "../kit/exit-codes.ts";
import { messagesFor } from "../kit/messages.ts";
import { openCliClient, type CommandDeps } from "../kit/open-cli-client.ts";
import { printNote } from "../kit/terminal.ts";
import { ToldError } from "../kit/told-error.ts";

/** Flags of `pipit chat` as commander gives them. */
export interface ChatFlags {
  readonly once?: string;
  readonly json?: boolean;
  readonly audio: boolean;
  readonly audioFile?: string;
  /** True: without an area, the screen. */
  readonly screenshot?: true | "screen" | "region" | "window";
  readonly image?: string;
  readonly file?: readonly string[];
  readonly save?: boolean;
  readonly continue?: boolean;
  readonly chat?: string;
  readonly model?: string;
}

/** `pipit chat`: the REPL, or one message with `--once`. */
export async function chat(flags: ChatFlags, deps: CommandDeps): Promise<ExitCode> {
  const { config } = deps;
  const messages = messagesFor(config.locale);
  if (flags.json === true && flags.once === undefined) {
    throw new ToldError("USAGE", messages.jsonWithoutOnce);
  }
  // Beside the opening of the token store.
  const terminal = flags.json === true ? deps.terminal : await withMarkdown(deps.terminal);
  const text = flags.once && (await withStdin(flags.once, terminal, messages));
  const logger = createFileLogger(config.home);
  const screen = createScreenCapture({ display: config.display, logger });
  const image = await firstImage(flags, screen, deps);
  const files = await firstFiles(flags, (file) => printNote(terminal, messages.fileReady(file)));
  const tell = (why: string): void => printNote(terminal, messages.noSound(why));
  const speaker = await openSpeech(flags, () =>
    openVoice(deps, logger, (error) => tell(messages.error(error))),
  );
  await using cleanup = new AsyncDisposableStack();
  if (speaker !== undefined) cleanup.use(speaker);
  const client = cleanup.use(await openCliClient(deps, speaker, flags.model));
  // For the next start: this one, and its server, may run from source.
  if (config.mayBuild) buildSoon(["server", "cli"]);
  if (client.outbox.setAside !== undefined) {
    printNote(terminal, messages.outboxSetAside(client.outbox.setAside));
  }
  const goesOn = chosenChat(flags);
  const shared = {
    client,
    terminal,
    messages,
    files,
    ...(image === undefined ? {} : { image }),
    ...(goesOn === undefined ? {} : { chat: goesOn }),
  };
  if (text !== undefined) {
    // Awaited here: what `cleanup` owns must outlive it.
    return await runOnce({
      ...shared,
      text,
      json: flags.json === true,
      save: flags.save === true,
      recording: flags.audioFile,
    });
  }
  const { runRepl } = await import("../chat/repl.ts");
  return await runRepl({ ...shared, screen, logger });
}

function chosenChat(flags: ChatFlags): ChosenChat | undefined {
  if (flags.continue === true) return "newest";
  return flags.chat === undefined ? undefined : { name: flags.chat };
}

/** Where speech goes: nowhere, into a file, or to `play`. */
async function openSpeech(flags: ChatFlags, play: () => Speaker): Promise<Speaker | undefined> {
  if (!flags.audio) return undefined;
  return flags.audioFile === undefined ? play() : createWavRecorder(flags.audioFile);
}

async function firstImage(
  { image, screenshot }: ChatFlags,
  screen: Screen,
  { config, terminal }: CommandDeps,
): Promise<ScreenImage | undefined> {
  if (image !== undefined) return readImageFile(image);
  if (screenshot === undefined) return undefined;
  const { signal } = new AbortController();
  if (screenshot === "region") {
    const { chooseRegion } = await import("../chat/choose-region.ts");
    return await chooseRegion(config.home, signal);
  }
  if (screenshot !== "window") return await screen.capture(signal);
  const { pictureOfWindow } = await import("../chat/picture-of-window.ts");
  return await pictureOfWindow(config.display, terminal, messagesFor(config.locale), signal);
}

/** One after the other: each may take a thread all of its memory. Of those that are cut, the person is told. */
async function firstFiles(
  { file: paths = [] }: ChatFlags,
  tellCut: (file: AttachedFile) => void,
): Promise<readonly AttachedFile[]> {
  if (paths.length === 0) return [];
  const { readDocument } = await import("#engine/node/files/read-document.ts");
  const files: AttachedFile[] = [];
  for (const path of paths) files.push(await readDocument(path, new AbortController().signal));
  const checked = checkFiles(files);
  for (const file of checked) if (file.cut) tellCut(file);
  return checked;
}

/** The sound device, opened by the first sound; when there is none, the person is told why. */
function openVoice(
  { config: { volume }, launcher }: CommandDeps,
  logger: Logger,
  tell: (error: PipitError) => void,
): Speaker {
  return createLazySpeaker(async () => {
    try {
      return await openSpeaker({ logger, child: { launcher } });
    } catch (error) {
      tell(PipitError.from(error));
      throw error;
    }
  }, volume);
}
