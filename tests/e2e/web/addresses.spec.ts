import { expect } from "@playwright/test";
import { sharedServerTest as test } from "../fixtures/web-test.ts";

test("U2, U15: each view has its address: it can be linked to and reloaded, and Back leads to the one before", async ({
  chat,
  page,
  server,
}) => {
  await chat.openSettings();
  await expect(page).toHaveURL(`${server.url}/settings`);
  await page.reload();
  await expect(chat.settings).toBeVisible();
  await chat.leaveSettings();
  await expect(page).toHaveURL(`${server.url}/`);
  await page.goBack();
  await expect(chat.settings).toBeVisible();
  await page.goForward();
  await expect(chat.settings).toHaveCount(0);
  await expect(chat.composer).toBeVisible();

  // Who is signed in has nothing to do at a door, and no link leads out of the page.
  await page.goto(`${server.url}/login?from=//evil.example/profile`);
  await expect(page).toHaveURL(`${server.url}/`);
  await page.goto(`${server.url}/register?from=/settings`);
  await expect(chat.settings).toBeVisible();
  await expect(page).toHaveURL(`${server.url}/settings`);

  const missing = await page.goto(`${server.url}/nothing`);
  expect(missing?.status()).toBe(404);
  await page.getByRole("link", { name: "Open Pipit" }).click();
  await expect(chat.composer).toBeVisible();

  await chat.signOut();
  await page.goto(`${server.url}/profile`);
  await expect(page).toHaveURL(`${server.url}/login?from=/profile`);
  await page.getByLabel(chat.texts.auth.login, { exact: true }).waitFor();
});
