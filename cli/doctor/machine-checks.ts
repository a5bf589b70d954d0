import type { HotkeyStatus } from "#contract/app-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { askApp } from "#engine/node/processes/app-control.ts";
import type { Client } from "#engine/node/client.ts";
import type { CliConfig } from "../kit/read-config.ts";
import { createScreenCapture } from "#engine/node/screen/screen-capture.ts";
import { openSpeaker } from "#engine/node/audio/speaker.ts";
import type { Logger } from "#contract/logger.ts";
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
  const screen = createScreenCapture({ display: config.display, logger });
  try {
    const image = await screen.capture(signal);
    return works("screen", `a ${image.widthPx} x ${image.heightPx} picture was taken and dropped`);
  } catch (reason) {
    return limited("screen", PipitError.from(reason).message);
  }
}

/** Asks the running app what became of its hotkey. */
export async function checkHotkey(config: CliConfig, signal: AbortSignal): Promise<Check> {
  const { x11, wayland } = config.display;
  if (process.platform === "linux" && x11 === undefined && wayland === undefined) {
    return limited(
      "hotkey",
      "there is no display in this session, so no desktop app",
      "Use `pipit chat` here, or `pipit web` for a browser elsewhere.",
    );
  }
  try {
    const { hotkey } = await askApp(config.home, { command: "status" }, signal);
    return describeHotkey(hotkey);
  } catch (reason) {
    const error = PipitError.from(reason);
    return error.code === "SERVER_UNREACHABLE"
      ? limited("hotkey", "the desktop app does not run", "Start it with `npm start`.")
      : limited("hotkey", error.message);
  }
}

function describeHotkey(hotkey: HotkeyStatus): Check {
  switch (hotkey.kind) {
    case "confirmed":
      return works("hotkey", `${hotkey.accelerator} opens the window`);
    case "registered":
      return limited(
        "hotkey",
        `${hotkey.accelerator} is registered, but has not been pressed yet`,
        `Press it. If no window opens, ${BIND_TOGGLE}`,
      );
    case "refused":
      return limited(
        "hotkey",
        hotkey.reason === "taken"
          ? `${hotkey.accelerator} is taken by another program`
          : `${hotkey.accelerator} is not a combination that can be registered`,
        `Choose another one in the settings, or ${BIND_TOGGLE}`,
      );
    case "off":
      return limited("hotkey", "none is set", "Choose one in the settings of the app.");
  }
}

const BIND_TOGGLE = "bind a key to `pipit toggle` in your desktop's keyboard settings.";
