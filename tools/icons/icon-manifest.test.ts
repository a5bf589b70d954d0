import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { describeIcons, readIconManifest } from "./icon-manifest.ts";
import { iconOutputs } from "./icon-plan.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("icons", () => {
  test("the committed files are those of the drawings; if not: npm run icons", async () => {
    expect(await describeIcons(root)).toEqual(await readIconManifest(root));
  });

  test("a template has no colour of its own, only alpha", async () => {
    const { data, info } = await sharp(`${root}/assets/tray/tray-busyTemplate@2x.png`)
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([36, 36]);
    const visible = Array.from({ length: data.length / 4 }, (_, at) =>
      data.subarray(at * 4, at * 4 + 4),
    ).filter(([, , , alpha]) => alpha !== 0);
    expect(visible.length).toBeGreaterThan(100);
    expect(visible.every(([red, green, blue]) => red === 0 && green === 0 && blue === 0)).toBe(true);
  });

  test("the states of the tray differ clearly, even at 16 px", async () => {
    const states = ["idle", "busy", "answered", "offline", "signed-out"];
    const alphas = await Promise.all(
      states.map((state) =>
        sharp(`${root}/assets/tray/tray-${state}.png`).extractChannel("alpha").raw().toBuffer(),
      ),
    );
    for (const [index, one] of alphas.entries()) {
      for (const other of alphas.slice(index + 1)) {
        const differing = one.filter((value, at) => Math.abs(value - (other[at] ?? 0)) > 96).length;
        expect(differing).toBeGreaterThan(16);
      }
    }
  });

  test("every output has a path of its own", () => {
    const paths = iconOutputs(root).map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
  });
});
