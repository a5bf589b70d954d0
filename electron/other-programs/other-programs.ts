import type { DesktopConfig } from "../shell/config.ts";
import type { OtherPrograms } from "./front-program.ts";
import { createMacPrograms } from "./mac-programs.ts";
import { createWindowsPrograms } from "./windows-programs.ts";
import { createX11Programs } from "./x11-programs.ts";

/** Undefined where nothing can be done: on Wayland, which keeps programs apart. */
export function createOtherPrograms(
  { display, systemRoot }: Pick<DesktopConfig, "display" | "systemRoot">,
  own: { readonly mayControl: () => boolean; readonly hasKeyboard: () => boolean },
): OtherPrograms | undefined {
  const { platform } = process;
  if (platform === "darwin") return createMacPrograms(own.mayControl);
  if (platform === "win32") return createWindowsPrograms(systemRoot, own.hasKeyboard);
  return display.x11 === undefined ? undefined : createX11Programs(display.x11);
}
