import { readFile } from "node:fs/promises";
import { expect } from "@playwright/test";
import { axeViolations } from "../fixtures/axe.ts";
import { file, give } from "../fixtures/give-files.ts";
import { test } from "../fixtures/window-test.ts";

test("[14] a room by the keyboard: written, corrected, quoted, its members, and what could not be sent", async ({
  gallery,
  page,
}) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await gallery.open("room-waiting", { language: "en" });
  const log = page.getByRole("log", { name: "Messages" });
  const field = page.getByRole("textbox", { name: "Message to the room" });
  const dialog = page.getByRole("dialog");
  const calls = async (wanted: string) => {
    const all = await gallery.script((host) => host.calls.map(({ name, input }) => ({ name, input })));
    return all.filter(({ name }) => name === wanted).map(({ input }) => input);
  };
  await expect(field).toBeFocused();
  await expect(page.getByText("Connection lost.")).toBeVisible();
  await field.fill("x".repeat(16_385));
  await page.keyboard.press("Enter");
  await expect(page.getByText("16,385 characters; the limit is 16,384.")).toBeVisible();
  expect(await axeViolations(page)).toEqual([]);
  await field.fill("Hello");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("again");
  await page.keyboard.press("Enter");
  await expect.poll(() => calls("sendToRoom")).toEqual([{ room: "r1", text: "Hello\nagain" }]);
  await expect(field).toHaveValue("");

  await log.getByRole("button", { name: "Try now" }).press("Enter");
  await log.getByRole("button", { name: "Discard" }).press("Enter");
  expect([await calls("retryInRoom"), await calls("discardInRoom")]).toEqual([
    [{ room: "r1", messageId: "p1" }],
    [{ room: "r1", messageId: "p2" }],
  ]);

  const own = log.getByRole("article").filter({ hasText: "binoculars" });
  await own.getByRole("button", { name: "Edit" }).press("Enter");
  const editor = page.getByRole("textbox", { name: "Message", exact: true });
  await expect(editor).toBeFocused();
  expect(await axeViolations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect(editor).toHaveCount(0);
  await own.getByRole("button", { name: "Delete" }).press("Enter");
  await expect(log.getByRole("button", { name: "Delete for everybody" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect.poll(() => calls("deleteInRoom")).toEqual([{ room: "r1", messageId: "m7" }]);
  await log.getByRole("article").last().scrollIntoViewIfNeeded();
  const others = log.getByRole("article").filter({ hasText: "See you there" });
  await expect(others.getByRole("button", { name: "Edit" })).toHaveCount(0);
  await expect(others.locator("span.text-accent")).toHaveText("@ada");
  await others.getByRole("button", { name: "Quote" }).press("Enter");
  await expect(field).toHaveValue("> **zoe**\n>\n> See you there, @ada\n\n");
  await expect(field).toBeFocused();

  await page.getByRole("button", { name: "Members" }).click();
  await expect(dialog.getByRole("listitem")).toHaveCount(4);
  expect(await axeViolations(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Take back the invitation of max" }).click();
  await dialog.getByLabel("Login").fill(" eve ");
  await page.keyboard.press("Enter");
  await expect(dialog.getByLabel("Login")).toHaveValue("");
  expect([await calls("removeFromRoom"), await calls("inviteToRoom")]).toEqual([
    [{ room: "r1", login: "max" }],
    [{ room: "r1", login: "eve" }],
  ]);
  await dialog.getByRole("button", { name: "Leave the room" }).click();
  await expect(page.getByRole("textbox", { name: "Message to Pipit" })).toBeFocused();
});

test("[14] a picture in a room: pasted, taken out, sent with a text or alone, seen large; one that cannot be read tells its size", async ({
  gallery,
  page,
}) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await gallery.open("room-pictures", { language: "en" });
  const log = page.getByRole("log", { name: "Messages" });
  const field = page.getByRole("textbox", { name: "Message to the room" });
  const preview = page.getByRole("img", { name: "Picture, 988 by 448 pixels" });
  const sent = () =>
    gallery.script((host) =>
      host.calls
        .filter(({ name }) => name === "sendToRoom")
        .map(({ input }) => {
          const { text, image } = input as { text: string; image?: { widthPx: number; bytes: Uint8Array } };
          return [text, image?.widthPx, image === undefined ? undefined : image.bytes.length > 1_000];
        }),
    );
  await expect(log.getByText("Picture, 320 × 1000")).toBeVisible();
  const path = "docs/screenshots/terminal.png";
  const shot = file("a.png", await readFile(path));
  await give(page, "paste", [shot]);
  await expect(preview).toBeVisible();
  await page.getByRole("button", { name: "Remove the picture" }).click();
  await expect(preview).toHaveCount(0);
  await expect(field).toBeFocused();
  await page.locator("input[type=file][accept]").setInputFiles(path);
  await expect(preview).toBeVisible();
  expect(await axeViolations(page)).toEqual([]);
  await page.keyboard.press("Enter");
  await expect(preview).toHaveCount(0);
  await give(page, "paste", [shot]);
  await expect(preview).toBeVisible();
  await field.fill("Look");
  await page.keyboard.press("Enter");
  await expect(preview).toHaveCount(0);
  await expect
    .poll(() => sent())
    .toEqual([
      ["", 988, true],
      ["Look", 988, true],
    ]);
  await give(page, "paste", [file("a.txt", "x", "text/plain")]);
  await expect(page.getByRole("alert")).toContainText("a.txt");
  await log.getByRole("button", { name: "Picture, 1568 by 882 pixels" }).last().click();
  await expect(page.getByRole("dialog").getByRole("img")).toBeVisible();
  await page.keyboard.press("Escape");

  // What cannot be kept comes back, before what was written meanwhile.
  await gallery.script((host) => {
    host.answers.sendToRoom = () =>
      new Promise((_, reject) =>
        addEventListener("refuse", () => reject(new Error("There is no space left.")), { once: true }),
      );
  });
  await field.fill("A long text");
  await give(page, "paste", [shot]);
  await expect(preview).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(field).toHaveValue("");
  await field.pressSequentially("and");
  await page.evaluate(() => dispatchEvent(new Event("refuse")));
  await expect(field).toHaveValue("A long text\n\nand");
  await expect(preview).toBeVisible();

  // The words of a picture may go.
  const captioned = log.getByRole("article").filter({ hasText: "The bridge, from" });
  await captioned.getByRole("button", { name: "Edit" }).press("Enter");
  const editor = page.getByRole("textbox", { name: "Message", exact: true });
  await editor.fill("");
  await page.keyboard.press("Enter");
  await expect(editor).toHaveCount(0);
  const edits = gallery.script((host) =>
    host.calls.filter(({ name }) => name === "editInRoom").map(({ input }) => input),
  );
  expect(await edits).toEqual([{ room: "r1", messageId: "m11", text: "" }]);
});

test("what the assistant answers names who has asked; its asker alone stops and deletes it, and sees who writes and who is there", async ({
  gallery,
  page,
}) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await gallery.open("room-answering", { language: "en" });
  const log = page.getByRole("log", { name: "Messages" });
  const answer = log.getByRole("article").filter({ hasText: "In trees, mostly" });
  await expect(answer).toContainText("Pipit");
  await expect(answer).toContainText("asked by zoe");
  await expect(answer.getByRole("button", { name: "Delete" })).toHaveCount(0);
  await expect(page.getByText("zoe and Иван are typing…")).toBeVisible();
  await page.getByRole("button", { name: "Stop", exact: true }).press("Enter");
  await page.getByRole("textbox", { name: "Message to the room" }).pressSequentially("Hi");
  await gallery.script((host) => {
    const { lines } = host.rooms.getState();
    const [last] = lines.slice(-2);
    const reply = { id: "m13", seq: 13, text: "At the bank.", askedBy: "ada", replyTo: "m12" };
    if (last !== undefined) host.rooms.setState({ lines: [...lines, { ...last, ...reply }] });
  });
  const own = log.getByRole("article").filter({ hasText: "At the bank." });
  await expect(own).toContainText("asked by ada");
  await expect(own.getByRole("button", { name: "Edit" })).toHaveCount(0);
  await expect(own.getByRole("button", { name: "Delete" })).toHaveCount(1);
  // Another one's question is being answered still.
  await expect(page.getByText("Pipit is answering…")).toBeVisible();
  await expect(page.getByRole("button", { name: "Stop", exact: true })).toHaveCount(0);
  expect(await axeViolations(page)).toEqual([]);
  await page.getByRole("button", { name: "Members" }).click();
  await expect(page.getByRole("dialog").getByText("Here now")).toHaveCount(2);
  expect(await axeViolations(page)).toEqual([]);
  const asked = await gallery.script((host) => host.calls.map(({ name, input }) => ({ name, input })));
  const live = asked.filter(({ name }) => /stopAnswer|type|askPresence/u.test(name));
  expect(live).toEqual([
    { name: "stopAnswerInRoom", input: { room: "r1", messageId: "m12" } },
    { name: "typeInRoom", input: { room: "r1" } },
    { name: "typeInRoom", input: { room: "r1" } },
    { name: "askPresenceInRoom", input: { room: "r1" } },
  ]);
});

test("[14] rooms stand above the chats; an invitation is answered there, and a new one gets a name", async ({
  gallery,
  page,
}) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await gallery.open("room", { language: "en" });
  await gallery.script((host) => {
    host.answers.createRoom = () => "r2";
  });
  const group = page.getByRole("complementary", { name: "Chats" }).getByRole("region", { name: "Rooms" });
  const rows = group.locator("[data-room-row]");
  await expect(rows).toHaveCount(3);
  await expect(rows.last()).toContainText("You are mentioned");
  await expect(rows.last()).toContainText("3 unread messages");
  await rows.first().focus();
  await page.keyboard.press("ArrowDown");
  await expect(rows.nth(1)).toBeFocused();
  await expect(rows.nth(1)).toHaveAttribute("aria-current", "true");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("window-header").getByRole("heading")).toHaveText("Дача");
  await group.getByRole("button", { name: "Decline" }).click();
  await group.getByRole("button", { name: "New room" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(dialog.getByText("Give it a name.")).toBeVisible();
  await dialog.getByLabel("Name").fill("n".repeat(101));
  await page.keyboard.press("Enter");
  await expect(dialog.getByText("101 characters; the limit is 100.")).toBeVisible();
  expect(await axeViolations(page)).toEqual([]);
  await dialog.getByLabel("Name").fill(" Trees ");
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0);
  const asked = await gallery.script((host) =>
    host.calls.filter(({ name }) => ["createRoom", "leaveRoom"].includes(name)).map(({ input }) => input),
  );
  expect(asked).toEqual([{ room: "r9" }, { name: "Trees" }]);
});
