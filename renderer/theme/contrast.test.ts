import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";

/** WCAG 2.2: 1.4.3 (text) and 1.4.11 (borders of controls, focus). */
const TEXT_RATIO = 4.5;
const CONTROL_RATIO = 3;

type Rgb = readonly [red: number, green: number, blue: number];
type Tokens = ReadonlyMap<string, string>;

const grounds = ["ground", "ground-sunken", "ground-raised", "ground-chosen"] as const;
const inks = ["ink", "ink-soft", "accent", "danger", "warning"] as const;
/** Light veils over a ground, which text stands on. */
const veils = ["ground-hover", "ground-press", "accent-wash", "danger-wash", "warning-wash"] as const;
const code = ["ink", "keyword", "string", "number", "comment", "title", "type", "deleted"] as const;

describe.each(["light", "dark"] as const)("in the %s theme", (theme) => {
  let tokens: Tokens;
  beforeAll(async () => {
    tokens = await readTokens(theme);
  });

  test.each(grounds.flatMap((ground) => inks.map((ink) => [ink, ground] as const)))(
    "%s can be read on %s",
    (ink, ground) => {
      expect(ratio(tokens, ink, ground)).toBeGreaterThanOrEqual(TEXT_RATIO);
    },
  );

  test.each(["ground", "ground-raised"] as const)("faint text can be read on %s", (ground) => {
    expect(ratio(tokens, "ink-faint", ground)).toBeGreaterThanOrEqual(TEXT_RATIO);
  });

  test.each(
    (["ground", "ground-raised"] as const).flatMap((ground) =>
      veils.flatMap((veil) => (["ink", "ink-soft"] as const).map((ink) => [ink, veil, ground] as const)),
    ),
  )("%s can be read on %s over %s", (ink, veil, ground) => {
    expect(ratio(tokens, ink, ground, veil)).toBeGreaterThanOrEqual(TEXT_RATIO);
  });

  test.each([
    ["accent", "accent-wash"],
    ["danger", "danger-wash"],
    ["warning", "warning-wash"],
  ] as const)("%s can be read on its own wash", (ink, veil) => {
    for (const ground of grounds) {
      expect(ratio(tokens, ink, ground, veil)).toBeGreaterThanOrEqual(TEXT_RATIO);
    }
  });

  test.each(["accent", "accent-hover"])("words on %s can be read", (ground) => {
    expect(ratio(tokens, "accent-ink", ground)).toBeGreaterThanOrEqual(TEXT_RATIO);
  });

  test.each(code)("code coloured as %s can be read where code stands", (kind) => {
    for (const ground of ["ground", "ground-sunken"]) {
      expect(ratio(tokens, `code-${kind}`, ground)).toBeGreaterThanOrEqual(TEXT_RATIO);
    }
  });

  test.each(["control-line", "focus", "accent"])("the line of %s can be seen", (line) => {
    for (const ground of ["ground", "ground-sunken", "ground-raised"]) {
      expect(ratio(tokens, line, ground)).toBeGreaterThanOrEqual(CONTROL_RATIO);
    }
  });
});

/** The custom properties of one theme: those of `:root`, and over them the dark ones. */
async function readTokens(theme: "light" | "dark"): Promise<Tokens> {
  const css = await readFile(new URL("tokens.css", import.meta.url), "utf8");
  const light = block(css, ":root {");
  return new Map([...light, ...(theme === "dark" ? block(css, '[data-theme="dark"] {') : [])]);
}

function block(css: string, opening: string): readonly (readonly [string, string])[] {
  const start = css.indexOf(opening);
  const body = css.slice(start, css.indexOf("\n}", start));
  return [...body.matchAll(/--([\w-]+):\s*(#[\da-f]+);/giu)].map(
    ([, name, value]) => [name ?? "", value ?? ""] as const,
  );
}

function ratio(tokens: Tokens, ink: string, ground: string, veil?: string): number {
  const base = over(colour(tokens, ground), [0, 0, 0]);
  const below = veil === undefined ? base : over(colour(tokens, veil), base);
  const [darker = 0, lighter = 0] = [luminance(over(colour(tokens, ink), below)), luminance(below)].toSorted(
    (a, b) => a - b,
  );
  return (lighter + 0.05) / (darker + 0.05);
}

function colour(tokens: Tokens, name: string): { readonly rgb: Rgb; readonly alpha: number } {
  const hex = tokens.get(name);
  if (hex === undefined) throw new Error(`there is no token --${name}`);
  const byte = (at: number) => Number.parseInt(hex.slice(at, at + 2), 16);
  return { rgb: [byte(1), byte(3), byte(5)], alpha: hex.length === 9 ? byte(7) / 255 : 1 };
}

function over({ rgb, alpha }: { readonly rgb: Rgb; readonly alpha: number }, below: Rgb): Rgb {
  return rgb.map((part, index) => part * alpha + (below[index] ?? 0) * (1 - alpha)) as unknown as Rgb;
}

function luminance(rgb: Rgb): number {
  const [red = 0, green = 0, blue = 0] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
