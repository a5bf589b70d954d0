/** An encoded picture: JPEG, PNG or WebP, at most SCREENSHOT_MAX_BYTES. */
export interface ScreenImage {
  readonly bytes: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
}
