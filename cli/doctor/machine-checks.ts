import type { HotkeyStatus } from "#contract/app-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { askApp } from "#engine/node/processes/app-control.ts";
import type { Client } from "#engine/node/client.ts";
import type { CliConfig } from "../kit/read-config.ts";
import { createScreenCapture } from "#engine/node/screen/screen-capture.ts";
import type { ChildLauncher } from "#engine/node/processes/child-launcher.ts";
import { openSpeaker } from "#engine/node/audio/speaker.ts";
import type { Logger } from "#contract/logger.ts";
import type { DoctorMessages } from "./doctor-messages.ts";
import { limited, works, type Check } from "./check.ts";

/** Where sign-in is kept. */
export function checkKeychain(client: Client, messages: DoctorMessages): Check {
  const place = client.session.place();
  if (place.kind === "keychain") return works("keychain", messages.keychain);
  const kept = place.kind === "memory" ? messages.keychainMemory : messages.keychainFile;
  return limited("keychain", kept(place.fallbackReason ?? messages.noSecretStore), messages.keychainCure);
}

/** Opens and closes the sound device. */
export async function checkAudioOut(
  logger: Logger,
  launcher: ChildLauncher | undefined,
  messages: DoctorMessages,
): Promise<Check> {
  try {
    const speaker = await openSpeaker({ logger, child: { launcher } });
    await speaker[Symbol.asyncDispose]();
    return works("audio out", messages.sound);
  } catch (reason) {
    return limited("audio out", messages.error(PipitError.from(reason)));
  }
}

/** Takes a picture of the screen and drops it. */
export async function checkScreen(
  config: CliConfig,
  logger: Logger,
  messages: DoctorMessages,
  signal: AbortSignal,
): Promise<Check> {
  const screen = createScreenCapture({ display: config.display, logger });
  try {
    const image = await screen.capture(signal);
    return works("screen", messages.picture(image.widthPx, image.heightPx));
  } catch (reason) {
    return limited("screen", messages.error(PipitError.from(reason)));
  }
}

/** Asks the running app what became of its hotkey. */
export async function checkHotkey(
  config: CliConfig,
  messages: DoctorMessages,
  signal: AbortSignal,
): Promise<Check> {
  const { x11, wayland } = config.display;
  if (process.platform === "linux" && x11 === undefined && wayland === undefined) {
    return limited("hotkey", messages.noDisplay, messages.noDisplayCure);
  }
  try {
    const { hotkey } = await askApp(config.home, { command: "status" }, signal);
    return describeHotkey(hotkey, messages);
  } catch (reason) {
    const error = PipitError.from(reason);
    return error.code === "SERVER_UNREACHABLE"
      ? limited("hotkey", messages.noApp, messages.noAppCure)
      : limited("hotkey", messages.error(error));
  }
}

function describeHotkey(hotkey: HotkeyStatus, messages: DoctorMessages): Check {
  switch (hotkey.kind) {
    case "confirmed":
      return works("hotkey", messages.opens(hotkey.accelerator));
    case "registered":
      return limited("hotkey", messages.unpressed(hotkey.accelerator), messages.unpressedCure(messages.bind));
    case "refused":
      return limited(
        "hotkey",
        hotkey.reason === "taken"
          ? messages.taken(hotkey.accelerator)
          : messages.unusable(hotkey.accelerator),
        messages.refusedCure(messages.bind),
      );
    case "off":
      return limited("hotkey", messages.off, messages.offCure);
  }
}
