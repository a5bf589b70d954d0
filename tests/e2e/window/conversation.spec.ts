import { expect } from "@playwright/test";
import { test } from "../fixtures/window-test.ts";

test("shows question and answer", async ({ gallery, page }) => {
  await gallery.open("conversation");
  await expect(page.getByText("What is 18% of 2400?")).toBeVisible();
});
