import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { icnsSizesPx, writeIcns, writeIco, type IconImage } from "./icon-containers.ts";

/** A file that is made from the sources; its path starts at the repository. */
export interface IconOutput {
  readonly path: string;
  make(): Promise<Buffer>;
}

/** The drawings, each for one use. */
export const sourceNames = [
  "app",
  "favicon",
  // Cut to their own shapes by systems that want it: the bird is within a circle of 80 % of the side.
  "maskable",
  "tray-idle",
  "tray-busy",
  "tray-answered",
  "tray-offline",
  "tray-signed-out",
] as const;
type SourceName = (typeof sourceNames)[number];

export const sourceFolder = "assets/icons";
/** Units of a drawing's side. */
const DRAWING_UNITS = 32;
/** SVG's own: how many pixels sharp makes of one inch of 96 units when nothing else is said. */
const SVG_DPI = 72;

const TEMPLATE_PX = 18;
const TRAY_PX = 16;
/** Suffixes by which Electron's nativeImage finds the picture for a display's scale. */
const templateScales = { "": 1, "@2x": 2 } as const;
const trayScales = { "": 1, "@1.5x": 1.5, "@2x": 2, "@3x": 3 } as const;

/** macOS colours a template by itself, from its alpha. */
const TEMPLATE_COLOUR = "#000000";
/** At least 3:1 against light bars (#f3f3f3 and white) and dark ones (#202020 and black). */
const trayColours: Readonly<Record<Exclude<SourceName, "app" | "favicon" | "maskable">, string>> = {
  "tray-idle": "#12938b",
  "tray-busy": "#12938b",
  "tray-answered": "#12938b",
  "tray-offline": "#848489",
  "tray-signed-out": "#848489",
};

const icoSizesPx = [16, 24, 32, 48, 64, 128, 256] as const;
const linuxSizesPx = [16, 24, 32, 48, 64, 128, 256, 512] as const;
/** Up to here the picture without a margin and without a wing is the clearer one. */
const SMALL_PX = 32;
const PACKAGE_PX = 1024;
/** Of the page that is installed as an app; browsers ask for these two. */
const pageSizesPx = [192, 512] as const;

/** Everything that `npm run icons` writes, besides its manifest. */
export function iconOutputs(root: string): readonly IconOutput[] {
  const draw = (name: SourceName, sizePx: number, colour?: string) =>
    rasterize(join(root, sourceFolder, `${name}.svg`), sizePx, colour);
  const app = (sizePx: number) => draw(sizePx <= SMALL_PX ? "favicon" : "app", sizePx);
  const images = (sizesPx: readonly number[]): Promise<IconImage[]> =>
    Promise.all(sizesPx.map(async (sizePx) => ({ sizePx, png: await app(sizePx) })));
  return [
    { path: "build/icon.icns", make: async () => writeIcns(await images(icnsSizesPx)) },
    { path: "build/icon.ico", make: async () => writeIco(await images(icoSizesPx)) },
    { path: "build/icon.png", make: () => draw("app", PACKAGE_PX) },
    ...linuxSizesPx.map((sizePx) => ({
      path: `build/icons/${sizePx}x${sizePx}.png`,
      make: () => app(sizePx),
    })),
    { path: "assets/generated/favicon-32.png", make: () => draw("favicon", 32) },
    // iOS rounds the corners itself and paints what is transparent black.
    { path: "assets/generated/apple-touch-icon.png", make: () => onGround(draw("favicon", 180)) },
    ...pageSizesPx.map((sizePx) => ({
      path: `assets/generated/page-${sizePx}.png`,
      make: () => draw("app", sizePx),
    })),
    { path: "assets/generated/page-maskable.png", make: () => draw("maskable", 512) },
    ...trayOutputs(draw),
    { path: "contract/pipit-mark-paths.ts", make: () => markModule(root) },
  ];
}

function trayOutputs(
  draw: (name: SourceName, sizePx: number, colour: string) => Promise<Buffer>,
): readonly IconOutput[] {
  return (Object.keys(trayColours) as (keyof typeof trayColours)[]).flatMap((name) => [
    ...Object.entries(templateScales).map(([suffix, scale]) => ({
      path: `assets/tray/${name}Template${suffix}.png`,
      make: () => draw(name, TEMPLATE_PX * scale, TEMPLATE_COLOUR),
    })),
    ...Object.entries(trayScales).map(([suffix, scale]) => ({
      path: `assets/tray/${name}${suffix}.png`,
      make: () => draw(name, TRAY_PX * scale, trayColours[name]),
    })),
  ]);
}

async function rasterize(path: string, sizePx: number, colour = TEMPLATE_COLOUR): Promise<Buffer> {
  const svg = (await readFile(path, "utf8")).replaceAll("currentColor", colour);
  return sharp(Buffer.from(svg), { density: (SVG_DPI * sizePx) / DRAWING_UNITS })
    .resize(sizePx, sizePx)
    .png({ compressionLevel: 9, effort: 10 })
    .toBuffer();
}

async function onGround(png: Promise<Buffer>): Promise<Buffer> {
  return sharp(await png)
    .flatten({ background: "#0f746d" })
    .png({ compressionLevel: 9, effort: 10 })
    .toBuffer();
}

/** The mark's paths as code, so that the window draws the very same bird in the colour of its text. */
async function markModule(root: string): Promise<Buffer> {
  const svg = await readFile(join(root, sourceFolder, "tray-idle.svg"), "utf8");
  const pathOf = (id: string): string => {
    const found = new RegExp(`<path id="${id}"[^>]* d="([^"]+)"`).exec(svg)?.[1];
    if (found === undefined) throw new Error(`${sourceFolder}/tray-idle.svg has no path "${id}".`);
    return found;
  };
  return Buffer.from(
    [
      "/** Made by `npm run icons` from assets/icons/tray-idle.svg; the box is 32 x 32. Filled by the even-odd rule. */",
      `export const MARK_BODY =\n  "${pathOf("body")}";`,
      "/** Stroked, 2 wide, with round ends. */",
      `export const MARK_LEGS = "${pathOf("legs")}";`,
      "",
    ].join("\n"),
  );
}
