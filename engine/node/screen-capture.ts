import type { Logger, Screen } from "#engine/ports.ts";

export interface ScreenCaptureOptions {
  /** DISPLAY and WAYLAND_DISPLAY of this session; both are ignored off Linux. */
  readonly display: string | undefined;
  readonly waylandDisplay: string | undefined;
  /** Where the mouse is, in screen pixels, when the host knows it (Electron does). */
  readonly cursor?: () => { readonly x: number; readonly y: number } | undefined;
  readonly logger: Logger;
}

export declare function createScreenCapture(options: ScreenCaptureOptions): Screen;
