import { PipitError } from "#contract/pipit-error.ts";
import type { Client } from "#engine/node/client.ts";
import type { CliConfig } from "../config.ts";
import { createScreenCapture } from "#engine/node/screen-capture.ts";
import { openSpeaker } from "#engine/node/speaker.ts";
import type { Logger } from "#engine/ports.ts";
import { limited, works, type Check } from "./check.ts";

/** Where sign-in is kept. */
export function checkKeychain(client: Client): Check {
  const place = client.session.place();
  if (place.kind === "keychain") return works("keychain", "sign-in is kept in the system's secret store");
  return limited(
    "keychain",
    `sign-in is kept in a file readable only by you: ${place.fallbackReason ?? "no secret store answers"}`,
    "On Linux run a Secret Service (gnome-keyring or KWallet) in your session and unlock it.",
  );
}

/** Opens and closes the sound device. */
export async function checkAudioOut(logger: Logger): Promise<Check> {
  try {
    const speaker = await openSpeaker({ logger });
    await speaker[Symbol.asyncDispose]();
    return works("audio out", "the default sound device opens");
  } catch (reason) {
    return limited("audio out", PipitError.from(reason).message);
  }
}

/** Takes a picture of the screen and drops it. */
export async function checkScreen(config: CliConfig, logger: Logger, signal: AbortSignal): Promise<Check> {
  const screen = createScreenCapture({
    display: config.display.x11,
    waylandDisplay: config.display.wayland,
    logger,
  });
  try {
    const image = await screen.capture(signal);
    return works("screen", `a ${image.widthPx} x ${image.heightPx} picture was taken and dropped`);
  } catch (reason) {
    return limited("screen", PipitError.from(reason).message);
  }
}

/** The terminal client has no hotkey. */
export function checkHotkey(): Check {
  return limited(
    "hotkey",
    "this version has no desktop window to show",
    "Bind a key to a terminal that runs `pipit chat` in your desktop's keyboard settings.",
  );
}
