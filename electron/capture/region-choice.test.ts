import { beforeEach, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import type { Region } from "#contract/region.ts";
import { createRegionChoice, type FrozenDisplay, type RegionChoice } from "./region-choice.ts";

const never = new AbortController().signal;
const whole: Region = { x: 0, y: 0, width: 1, height: 1 };
const image = (id: number) => ({ bytes: Uint8Array.of(id), widthPx: 1, heightPx: 1 });

let steps: string[];
let lose: (reason: PipitError) => void;
let freeze: (signal: AbortSignal) => Promise<readonly FrozenDisplay[]>;
let choice: RegionChoice;
beforeEach(() => {
  steps = [];
  const frozen = (id: number): FrozenDisplay => ({
    id,
    preview: async () => Uint8Array.of(id, id),
    crop: async (region) => (steps.push(`crop ${id} ${region.width}`), image(id)),
  });
  freeze = async () => [frozen(1), frozen(2)];
  choice = createRegionChoice({
    freeze: (signal) => freeze(signal),
    cover(ids, onLost) {
      steps.push(`cover ${ids.join()}`);
      lose = onLost;
      return { ready: (id) => steps.push(`ready ${id}`), [Symbol.dispose]: () => steps.push("uncover") };
    },
    describe: () => ({ texts: { name: "n", hint: "h" }, language: "en" }),
  });
});
const covered = () => expect.poll(() => steps).toContain("cover 1,2");

test("the part that was chosen on one display is cut out of what that display showed, after all are uncovered", async () => {
  const chosen = choice.choose(never);
  await covered();
  expect(await choice.picture(2)).toEqual({
    bytes: Uint8Array.of(2, 2),
    texts: { name: "n", hint: "h" },
    language: "en",
  });
  choice.ready(2);
  choice.end(2, { ...whole, width: 0.5 });
  expect(await chosen).toEqual(image(2));
  expect(steps).toEqual(["cover 1,2", "ready 2", "uncover", "crop 2 0.5"]);
  await expect(choice.picture(2)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
});

test.each<[string, () => void, string]>([
  ["Esc", () => choice.end(1, undefined), "CANCELLED"],
  ["a display that is unplugged", () => lose(new PipitError("DISPLAY_CHANGED", "Gone.")), "DISPLAY_CHANGED"],
])("%s ends the choice and uncovers the displays", async (_what, happen, code) => {
  const ended = expect(choice.choose(never)).rejects.toMatchObject({ code });
  await covered();
  happen();
  await ended;
  expect(steps.at(-1)).toBe("uncover");
});

test("the end of the app and a person who went away end it too", async () => {
  const abort = new AbortController();
  const ended = expect(choice.choose(abort.signal)).rejects.toMatchObject({ code: "CANCELLED" });
  await covered();
  abort.abort();
  await ended;
  expect(steps.at(-1)).toBe("uncover");
});

test("a second choice at the same time is none, and a refusal leaves the next one possible", async () => {
  freeze = () => Promise.reject(new PipitError("SCREEN_REFUSED", "No."));
  const refused = expect(choice.choose(never)).rejects.toMatchObject({ code: "SCREEN_REFUSED" });
  await expect(choice.choose(never)).rejects.toMatchObject({ code: "CANCELLED" });
  await refused;
  freeze = async () => [];
  const next = choice.choose(never);
  await expect.poll(() => steps).toContain("cover ");
  lose(new PipitError("CANCELLED", "Enough."));
  await expect(next).rejects.toMatchObject({ code: "CANCELLED" });
});
