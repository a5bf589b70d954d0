import { expect } from "@playwright/test";
import { axeViolations } from "../fixtures/axe.ts";
import { test } from "../fixtures/window-test.ts";

test("[13] projects are seen, made, changed and deleted, and chats are moved between them, by mouse and by keyboard", async ({
  gallery,
  page,
}) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await gallery.open("projects", { language: "en" });
  const sidebar = page.getByRole("complementary", { name: "Chats" });
  const group = sidebar.getByRole("region", { name: "Projects" });
  const projects = group.locator("[data-project-row]");
  const chats = sidebar.locator("[data-chat-row]");
  const dialog = page.getByRole("dialog");
  const pick = async (item: string) => await page.getByRole("menuitem", { name: item, exact: true }).click();
  const calls = async (wanted: string) => {
    const all = await gallery.script((host) => host.calls.map(({ name, input }) => ({ name, input })));
    return all.filter(({ name }) => name === wanted).map(({ input }) => input);
  };
  await expect(projects).toHaveCount(5);
  await expect(chats).toHaveCount(5);
  // The header names the project of the chat.
  const mark = page.getByTestId("window-header").getByRole("button", { name: "Project: Journeys" });
  await expect(mark).toBeVisible();
  await group.getByRole("button", { name: "Show all 7" }).click();
  await expect(projects).toHaveCount(7);
  const title = group.getByRole("button", { name: "Projects", exact: true });
  await title.click();
  await expect(projects).toHaveCount(0);
  await title.click();

  // Into a project by right click, out of it by the keyboard alone.
  const chat = (name: string) => sidebar.getByRole("button", { name, exact: true });
  await chat("Tax on a bicycle").click({ button: "right" });
  await pick("Move to a project");
  await expect(page.getByRole("menu", { name: "Move to a project: Tax on a bicycle" })).toBeVisible();
  expect(await axeViolations(page)).toEqual([]);
  await pick("Taxes");
  await expect.poll(() => calls("changeChat")).toEqual([{ chatId: "c5", projectId: "p4" }]);
  await projects.filter({ hasText: "Taxes" }).click();
  await expect(chats).toHaveText(["Tax on a bicycle"]);
  await expect(sidebar.getByRole("heading", { name: "Taxes" })).toBeVisible();
  const back = sidebar.getByRole("button", { name: "Back to all chats" }).first();
  await expect(back).toBeFocused();
  await sidebar.getByRole("button", { name: "Actions: Tax on a bicycle" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Move to a project" }).press("Enter");
  await expect(page.getByRole("menuitem", { name: "Out of the project" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(sidebar.getByText("No chats in this project")).toBeVisible();
  expect((await calls("changeChat")).at(-1)).toEqual({ chatId: "c5", projectId: null });

  // What it wants of answers, and whether it remembers.
  await sidebar.getByRole("button", { name: "Name, instructions and memory" }).click();
  await expect(dialog.getByLabel("Name", { exact: true })).toBeFocused();
  await dialog.getByLabel("Name", { exact: true }).fill("Tax");
  await dialog.getByLabel("Instructions").fill("Be brief.");
  await expect(dialog.getByText("9 of 4000 characters.")).toBeVisible();
  await dialog.getByLabel("Memory").click();
  expect(await axeViolations(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toHaveCount(0);
  await expect
    .poll(() => calls("changeProject"))
    .toEqual([{ projectId: "p4", name: "Tax", instructions: "Be brief.", memory: true }]);
  await expect(sidebar.getByRole("heading", { name: "Tax", exact: true })).toBeVisible();
  await back.click();
  await expect(projects.filter({ hasText: /^Tax$/u })).toBeFocused();

  // One that is made here is shown with an empty chat in it; what is wrong is said at its field.
  await group.getByRole("button", { name: "New project" }).click();
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(dialog.getByText("Give it a name.")).toBeVisible();
  await dialog.getByLabel("Name", { exact: true }).fill("Birds");
  await dialog.getByLabel("Instructions").fill("x".repeat(4_001));
  await expect(dialog.getByText("4001 characters; the limit is 4000.")).toBeVisible();
  await dialog.getByLabel("Instructions").fill("");
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(sidebar.getByRole("heading", { name: "Birds" })).toBeVisible();
  await expect(page.getByText("This chat will be in the project “Birds”")).toBeVisible();

  // Deleting asks first, and leads back to all chats.
  await sidebar.getByRole("button", { name: "Name, instructions and memory" }).click();
  await dialog.getByRole("button", { name: "Delete the project" }).click();
  await expect(dialog.getByText("Its chats stay")).toBeVisible();
  expect(await axeViolations(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Delete the project" }).click();
  await expect(projects.filter({ hasText: /^Birds$/u })).toHaveCount(0);
  await expect(chats).toHaveCount(5);

  // Without the server nothing of it can be changed, and it is said why.
  await gallery.script((host) => host.chat.setState({ connection: "offline" }));
  await expect(
    group.getByRole("button", { name: "New project: not while the server is away" }),
  ).toBeDisabled();
  await chat("Tax on a bicycle").click({ button: "right" });
  const away = page.getByRole("menuitem", { name: "Move to a project: not while the server is away" });
  await expect(away).toHaveAttribute("aria-disabled", "true");
});
