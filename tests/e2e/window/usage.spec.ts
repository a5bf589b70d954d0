import { expect } from "@playwright/test";
import { axeViolations } from "../fixtures/axe.ts";
import { test } from "../fixtures/window-test.ts";

test("tokens are told by day, model and chat with their limits, at an answer, and so is what a summary says", async ({
  gallery,
  page,
}) => {
  await gallery.open("usage", { language: "en" });
  const section = page.getByRole("region", { name: "Usage", exact: true });
  const rows = section.getByRole("rowheader");
  await expect(rows).toHaveText([/^Nov 28/u, /27/u, /26/u, /25/u, /24/u, /23/u, /22/u, "Total"]);
  await expect(section.getByText("This month: 1,282,536 of 2,000,000 tokens.")).toBeVisible();
  await section.getByRole("button", { name: "Show all 9" }).click();
  await expect(rows).toHaveCount(10);
  expect(await axeViolations(page)).toEqual([]);

  await section.getByRole("radio", { name: "By model" }).check();
  await expect(rows).toHaveText(["llama3.2", /^qwen3/u, "Total"]);
  await section.getByRole("radio", { name: "By chat" }).check();
  await expect(rows).toHaveText(["A weekend in Oslo", /борща/u, "Without a title or a chat", "Total"]);

  await gallery.open("framed-window", { language: "en" });
  await expect(page.getByText("1,821 tokens")).toHaveAttribute("title", "1,812 in, 9 out (llama3.2)");
  // By key: a list that has just been measured may still move under a pointer.
  await page.locator("summary").filter({ hasText: "Earlier part summarised" }).press("Enter");
  await expect(page.getByText("The user told of a journey to Oslo in May")).toBeVisible();
  expect(await axeViolations(page)).toEqual([]);
  const asked = () =>
    gallery.script((host) => host.calls.findLast(({ name }) => name === "earlierSummary")?.input);
  await expect.poll(() => asked()).toEqual({ turnId: "t1" });
});
