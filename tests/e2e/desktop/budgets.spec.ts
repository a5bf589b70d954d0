import { expect } from "@playwright/test";
import { installProbe } from "#bench/lib/browser-probe.ts";
import { frameTimes } from "#bench/lib/page-times.ts";
import { quantile } from "#bench/lib/statistics.ts";
import { gate, say, stream, type Step } from "#tests/doubles/openai-script.ts";
import { driver } from "../fixtures/desktop-app.ts";
import { test } from "../fixtures/desktop-test.ts";

/** Of an answer at 60 tokens per second, on real Electron; elsewhere the figures are only read from the running window. */
const FRAME_P99_MS = 17;
const KEY_TO_PAINT_P95_MS = 16;

test("frames, and keys that are typed while an answer streams, are within their budgets", async ({
  shared: { desktop, model },
}) => {
  const { chat, window: page } = desktop;
  const real = driver === "electron";
  const pause: readonly Step[] = real ? [{ kind: "pause", ms: 16 }] : [];
  const tokens = Array.from({ length: 120 }, (_, index) => [...say(`word${index} `), ...pause]);
  const held = gate();
  model.script(stream(...tokens, held.step, say("end")));
  await page.evaluate(installProbe);
  await chat.ask("count");
  await page.evaluate(() => window.benchProbe.start());
  await chat.composer.pressSequentially("typed meanwhile");
  await expect(chat.answer("word119")).toBeVisible();
  // Two frames at least, however fast the answer was.
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
  const { frames, keyDelays } = await page.evaluate(() => window.benchProbe.stop());
  held.open();
  await expect(chat.answer("end")).toBeVisible();
  await expect(chat.composer).toHaveValue("typed meanwhile");
  expect(frames.length).toBeGreaterThan(1);
  expect(keyDelays.length).toBeGreaterThan(0);
  if (!real) return;
  expect(quantile(frameTimes(frames), 0.99)).toBeLessThanOrEqual(FRAME_P99_MS);
  expect(quantile(keyDelays, 0.95)).toBeLessThanOrEqual(KEY_TO_PAINT_P95_MS);
});
