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

const localServer = "http://127.0.0.1:1234/v1";

test("the form works by keys alone, and what is typed ends the check that runs", async ({
  gallery,
  page,
}) => {
  await gallery.open("model-form");
  const dialog = page.getByRole("dialog");
  const asked = () =>
    gallery.script((host) =>
      host.calls
        .filter(({ name }) => /Model$|ModelCheck$/u.test(name))
        .map(({ name, input }) => ({ name, input })),
    );
  // Until it is asked anew, the form may still show what the check before has found.
  const checked = async (input: object): Promise<void> => {
    await expect.poll(asked).toContainEqual({ name: "checkModel", input });
    await expect(dialog.getByLabel("Model")).toHaveValue("qwen3:8b");
  };
  await checked({ url: "http://127.0.0.1:11434/v1" });
  await dialog.getByRole("radio", { name: "Ollama" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(dialog.getByLabel("Address")).toHaveValue(localServer);
  await checked({ url: localServer });
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  // One letter: a pause between two would be a reason to check.
  await page.keyboard.type("k");
  await checked({ url: localServer, key: "k" });
  await page.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  const calls = await asked();
  expect(calls.filter(({ name }) => name === "checkModel").map(({ input }) => input)).toEqual([
    { url: "http://127.0.0.1:11434/v1" },
    { url: localServer },
    { url: localServer, key: "k" },
  ]);
  expect(calls.filter(({ name }) => name === "stopModelCheck").length).toBeGreaterThanOrEqual(2);
  expect(calls.find(({ name }) => name === "saveModel")?.input).toEqual({
    url: localServer,
    model: "qwen3:8b",
    key: "k",
  });
});
