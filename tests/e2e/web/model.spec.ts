import { expect } from "@playwright/test";
import { axeViolations } from "../fixtures/axe.ts";
import { startPipitServer } from "../fixtures/pipit-server.ts";
import { test as base } from "../fixtures/web-test.ts";

/** A server whose configuration names no model; what stands where Ollama would be is no Ollama at first. */
const test = base.extend({
  server: async ({ model, built }, use) => {
    expect(built).toBeUndefined();
    await using server = await startPipitServer({ OLLAMA_HOST: model.origin });
    await use(server);
  },
});

test("a model is connected, checked while it is typed, given up, and found when it comes later", async ({
  chat,
  model,
  page,
}) => {
  await page.getByRole("button", { name: "Connect a model" }).click();
  const dialog = page.getByRole("dialog", { name: "Connect a model" });
  await dialog.getByText("Other").click();
  await dialog.getByLabel("Address").fill("http://127.0.0.1:9");
  await expect(dialog.getByRole("alert")).toContainText("Nothing answers at this address.");
  await dialog.getByLabel("Address").fill(`${model.origin}/nothing`);
  await expect(dialog.getByRole("alert")).toContainText("not as an OpenAI-compatible server");
  await dialog.getByLabel("Address").fill("what is this");
  await expect(dialog.getByText("This cannot be the address")).toBeVisible();
  await dialog.getByLabel("Address").fill(model.url);
  await dialog.getByLabel("Key").fill("sk-of-the-person");
  await expect(dialog.getByText("It answers, with 1 model.")).toBeVisible();
  expect(await axeViolations(page)).toEqual([]);
  expect(await page.content()).not.toContain("sk-of-the-person");
  await dialog.getByRole("button", { name: "Connect" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText("double answers from now on.")).toBeVisible();
  await chat.ask("Hello?");
  await expect(chat.answers).toContainText("Hello from Pipit.");
  expect(model.requests[0]?.authorization).toBe("Bearer sk-of-the-person");
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  expect(kept).not.toContain("sk-of-the-person");

  await page.getByRole("button", { name: "Settings" }).click();
  const section = page.getByRole("region", { name: "Model", exact: true });
  await expect(section).toContainText(`double at ${model.url}`);
  await section.getByRole("button", { name: "Remove" }).click();
  await expect(section).toContainText("No language model is connected.");
  await page.getByRole("button", { name: "Back" }).click();
  await expect(page.getByText("these are the built-in answers")).toBeVisible();
  model.setOllama({ "llama3.2:latest": ["completion"] });
  await expect(page.getByText("llama3.2:latest answers from now on.")).toBeVisible();
});
