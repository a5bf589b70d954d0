import { appWindows } from "./app-windows.ts";
import { bitmap, NativeImage } from "./native-image.ts";
import { screen } from "./screen.ts";
import { checkOptions, strict } from "./strict.ts";
import { systemPreferences } from "./system.ts";
import { platform } from "./platform.ts";

interface SourcesOptions {
  readonly types: readonly ("screen" | "window")[];
  readonly thumbnailSize?: Size;
  readonly fetchWindowIcons?: boolean;
}
interface Size {
  readonly width: number;
  readonly height: number;
}
interface Source {
  readonly id: string;
  readonly name: string;
  readonly display_id: string;
  readonly thumbnail: NativeImage;
  readonly appIcon: NativeImage;
}
interface ForeignWindow extends Size {
  readonly name: string;
}

/** Windows of other programs, as a test set them. */
let foreign: readonly ForeignWindow[] = [];
let never = false;

async function getSources(options: SourcesOptions): Promise<Source[]> {
  if (!Array.isArray((options as SourcesOptions | undefined)?.types)) throw new Error("Invalid options");
  checkOptions("desktopCapturer.getSources", options, ["types", "thumbnailSize", "fetchWindowIcons"]);
  // Electron's own report of it: a promise that never settles.
  if (never) return new Promise<Source[]>(() => undefined);
  const allowed = systemPreferences.mayTakeScreen();
  // A bare text, as from Electron.
  if (!allowed) throw "Failed to get sources.";
  const { types, thumbnailSize = { width: 150, height: 150 } } = options;
  const screens = types.includes("screen") ? screenSources(thumbnailSize) : [];
  return types.includes("window") ? [...screens, ...windowSources(thumbnailSize)] : screens;
}

function screenSources(thumbnail: Size): Source[] {
  const displays = screen.getAllDisplays();
  return displays.map(({ id, size, scaleFactor }, index) => ({
    id: `screen:${id}:0`,
    name: displays.length === 1 ? "Entire screen" : `Screen ${index + 1}`,
    display_id: platform === "linux" ? "" : String(id),
    thumbnail: picture({ width: size.width * scaleFactor, height: size.height * scaleFactor }, thumbnail, id),
    appIcon: new NativeImage(Buffer.alloc(0)),
  }));
}

function windowSources(thumbnail: Size): Source[] {
  const own = [...appWindows.all.values()].filter(
    (window) => window.isVisible() && !window.isContentProtected(),
  );
  const names = [
    ...own.map((window) => ({
      id: window.getMediaSourceId(),
      name: window.getTitle(),
      ...sizeOf(window.getSize()),
    })),
    ...foreign.map((window, index) => ({ id: `window:${100 + index}:0`, ...window })),
  ];
  return names.map(({ id, name, width, height }, index) => ({
    id,
    name,
    display_id: "",
    thumbnail: picture({ width, height }, thumbnail, 100 + index),
    appIcon: new NativeImage(Buffer.alloc(0)),
  }));
}

function sizeOf([width = 0, height = 0]: readonly number[]): Size {
  return { width, height };
}

/** As large as fits into the wanted size; an empty one is an empty picture. One colour per source tells them apart. */
function picture(source: Size, wanted: Size, seed: number): NativeImage {
  const scale = Math.min(1, wanted.width / source.width, wanted.height / source.height);
  const width = Math.round(source.width * scale);
  const height = Math.round(source.height * scale);
  if (width === 0 || height === 0) return new NativeImage(Buffer.alloc(0));
  return bitmap(width, height, [(seed * 53) % 256, (seed * 101) % 256, (seed * 197) % 256, 255]);
}

/** Electron's `desktopCapturer`, over the displays of `screen` and the windows that a test names. */
export const desktopCapturer = strict(
  {
    getSources,
    /** Test hook: windows of other programs. */
    setWindowsForTest(windows: readonly ForeignWindow[]): void {
      foreign = windows;
    },
    /** Test hook: the system never answers. */
    neverAnswerForTest(): void {
      never = true;
    },
  },
  "desktopCapturer",
);
