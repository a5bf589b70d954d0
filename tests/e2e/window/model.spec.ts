import { expect } from "@playwright/test";
import { test } from "../fixtures/window-test.ts";

test("who may not connect a model is told who can, and sees no form", async ({ gallery, page }) => {
  await gallery.open("model-others");
  await expect(page.getByText("An admin of this server can connect one.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Connect a model" })).toHaveCount(0);
});

test("what the configuration sets is shown by the name of its setting, and cannot be changed", async ({
  gallery,
  page,
}) => {
  await gallery.open("model-settings-configured");
  const section = page.getByRole("region", { name: "Model", exact: true });
  await expect(section).toContainText("PIPIT_MODEL_URL");
  await expect(section.getByRole("button")).toHaveCount(0);
});

test("the form works by keys alone, and what is typed ends the check that runs", async ({
  gallery,
  page,
}) => {
  await gallery.open("model-form");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("Model")).toHaveValue("qwen3:8b");
  await dialog.getByRole("radio", { name: "Ollama" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(dialog.getByLabel("Address")).toHaveValue("http://127.0.0.1:1234/v1");
  await expect(dialog.getByLabel("Model")).toHaveValue("qwen3:8b");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  // One letter: a pause between two would be a reason to check.
  await page.keyboard.type("k");
  await expect(dialog.getByLabel("Model")).toHaveValue("qwen3:8b");
  await page.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  const calls = await gallery.script((host) =>
    host.calls
      .filter(({ name }) => /Model$|ModelCheck$/u.test(name))
      .map(({ name, input }) => ({ name, input })),
  );
  const url = "http://127.0.0.1:1234/v1";
  expect(calls.filter(({ name }) => name === "checkModel").map(({ input }) => input)).toEqual([
    { url: "http://127.0.0.1:11434/v1" },
    { url },
    { url, key: "k" },
  ]);
  expect(calls.filter(({ name }) => name === "stopModelCheck").length).toBeGreaterThanOrEqual(2);
  expect(calls.find(({ name }) => name === "saveModel")?.input).toEqual({
    url,
    model: "qwen3:8b",
    key: "k",
  });
});
