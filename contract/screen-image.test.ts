import { expect, test } from "vitest";
import { fittedSize } from "./screen-image.ts";

test.each([
  [3840, 2160, 1568, 882],
  [1080, 2400, 706, 1568],
  [3136, 1000, 1568, 500],
  [800, 600, 800, 600],
  [100_000, 1, 1568, 1],
  [0, 0, 1, 1],
])("a picture of %i x %i is sent as %i x %i", (width, height, widthPx, heightPx) => {
  expect(fittedSize(width, height)).toEqual({ widthPx, heightPx });
});
