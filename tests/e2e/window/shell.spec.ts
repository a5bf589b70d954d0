import { expect } from "@playwright/test";
import { test } from "../fixtures/window-test.ts";

test.describe("header", () => {
  test("names the chat, and Pipit while there is none", async ({ gallery, page }) => {
    await gallery.open("empty");
    const title = page.getByRole("banner").getByRole("heading");
    await expect(title).toHaveText("Pipit");
    await gallery.script((host) => host.chat.setState({ title: "Tax on a bicycle" }));
    await expect(title).toHaveText("Tax on a bicycle");
  });

  test("is what a desktop window is moved by, but its buttons are not", async ({ gallery, page }) => {
    await gallery.open("empty");
    await expect(page.getByRole("banner")).toHaveCSS("app-region", "drag");
    await expect(page.getByRole("navigation", { name: "Window" })).toHaveCSS("app-region", "no-drag");
  });

  test("pins the window, and shows that it did", async ({ gallery, page }) => {
    await gallery.open("empty");
    const pin = page.getByRole("button", { name: "Keep the window open" });
    await expect(pin).toHaveAttribute("aria-pressed", "false");
    await pin.click();
    await expect(pin).toHaveAttribute("aria-pressed", "true");
    await expect.poll(() => gallery.script((host) => host.app.getState().settings.pinned)).toBe(true);
  });

  test("has no window controls in a browser", async ({ gallery, page }) => {
    await gallery.open("page");
    await expect(page.getByRole("button", { name: "Settings" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Keep the window open" })).toHaveCount(0);
    await expect(page.getByRole("banner")).toHaveCSS("app-region", "none");
  });
});

test.describe("keys of the window", () => {
  test("Ctrl+N begins a new chat, also on a Russian layout", async ({ gallery, page }) => {
    await gallery.open("conversation");
    await page.keyboard.press("Control+n");
    await page.evaluate(() =>
      window.dispatchEvent(new KeyboardEvent("keydown", { key: "т", code: "KeyN", ctrlKey: true })),
    );
    await expect
      .poll(() => gallery.script((host) => host.calls.filter(({ name }) => name === "newChat").length))
      .toBe(2);
  });

  test("? lists the keys outside of a text field only, and so does a button of the settings", async ({
    gallery,
    page,
  }) => {
    await gallery.open("settings");
    const list = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
    await expect(list.getByText("Open Pipit")).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(list).toHaveCount(0);
    await page.keyboard.press("?");
    await expect(list).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(list).toHaveCount(0);
    await page.keyboard.press("Escape");
    const composer = page.getByRole("textbox", { name: "Message to Pipit" });
    await expect(composer).toBeFocused();
    await page.keyboard.type("why?");
    await expect(composer).toHaveValue("why?");
    await expect(list).toHaveCount(0);
  });

  test("Ctrl+K opens the chats, Esc closes them, and the focus is where it was", async ({
    gallery,
    page,
  }) => {
    await gallery.open("chats-empty");
    await expect(page.getByRole("searchbox", { name: "Search chats" })).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    const settings = page.getByRole("button", { name: "Settings" });
    await settings.focus();
    await page.keyboard.press("Control+k");
    await expect(page.getByRole("dialog", { name: "Chats" })).toBeVisible();
    await expect(page.getByRole("searchbox", { name: "Search chats" })).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect(settings).toBeFocused();
    expect(await gallery.script((host) => host.calls.some(({ name }) => name === "hideWindow"))).toBe(false);
  });

  test("Ctrl+comma opens the settings, Esc goes back before it hides anything", async ({ gallery, page }) => {
    await gallery.open("conversation");
    await page.keyboard.press("Control+,");
    await expect(page.getByRole("heading", { name: "Settings" })).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("heading", { name: "Settings" })).toHaveCount(0);
    expect(await gallery.script((host) => host.calls.some(({ name }) => name === "hideWindow"))).toBe(false);
  });
});

test.describe("status line", () => {
  test("says who, how, which model, and what waits", async ({ gallery, page }) => {
    await gallery.open("offline");
    const status = page.getByRole("contentinfo", { name: "Status" });
    await expect(status.getByText("This computer")).toBeVisible();
    await expect(status.getByRole("button", { name: /Offline.*2 waiting/u })).toBeVisible();
  });

  test("tries again when asked", async ({ gallery, page }) => {
    await gallery.open("offline");
    await page.getByRole("button", { name: "Try again" }).click();
    await expect.poll(() => gallery.script((host) => host.calls.at(-1)?.name)).toBe("reconnect");
  });

  test("tells by key what is behind it: why there is no connection, and the cure", async ({
    gallery,
    page,
  }) => {
    await gallery.open("unreachable");
    await page.getByRole("button", { name: /No connection/u }).focus();
    await page.keyboard.press("Enter");
    const story = page.getByRole("dialog", { name: "Connection" });
    await expect(story).toContainText("Another program uses the server's port.");
    await expect(story).toContainText("choose another port");
    await story.getByText("Details").click();
    await expect(story).toContainText("Port 8787 is used by another program.");
    await page.keyboard.press("Escape");
    await expect(story).toHaveCount(0);
  });

  test("says where a damaged database went", async ({ gallery, page }) => {
    await gallery.open("built-in");
    await page.getByRole("button", { name: /Ready/u }).click();
    const story = page.getByRole("dialog", { name: "Connection" });
    await expect(story).toContainText("set-aside/pipit-2026-11-21.db");
  });

  test("announces a change of the connection", async ({ gallery, page }) => {
    await gallery.open("empty");
    await gallery.script((host) => host.chat.setState({ connection: "offline" }));
    await expect(page.getByRole("contentinfo").getByRole("status")).toHaveText("Offline");
  });
});

test("F14: the composer says which model answers, offers those of the server, and one where there is none", async ({
  gallery,
  page,
}) => {
  await gallery.open("empty");
  await gallery.script((host) => {
    host.answers.listModels = () => ["llama3.2", "qwen3"];
  });
  await page.getByRole("button", { name: "Model: llama3.2" }).click();
  const story = page.getByRole("dialog", { name: "Model" });
  const models = story.getByLabel("Model");
  await expect(models).toHaveValue("llama3.2");
  await models.selectOption("qwen3");
  await expect(models).toHaveValue("qwen3");
  await expect
    .poll(() => gallery.script((host) => host.calls.at(-1)))
    .toEqual({
      name: "chooseModel",
      input: { model: "qwen3" },
    });
  await page.keyboard.press("Escape");
  await gallery.script((host) => {
    host.answers.listModels = () => [];
    const server = { kind: "ready", httpUrl: "http://127.0.0.1:8787", own: true, model: null } as const;
    host.app.setState({ server });
  });
  await page.getByRole("button", { name: "Model: built-in answers" }).click();
  await expect(story).toContainText("No language model is connected");
  await story.getByRole("button", { name: "Connect a model" }).click();
  await expect(page.getByRole("dialog", { name: "Connect a model" })).toBeVisible();
});

test.describe("chats", () => {
  test("lists them by day, names the open one, and opens another", async ({ gallery, page }) => {
    await gallery.open("chats");
    const drawer = page.getByRole("dialog", { name: "Chats" });
    const lines = drawer.getByRole("listitem");
    await expect(lines.nth(0).getByRole("heading")).toHaveText("Today");
    await expect(lines.nth(1).getByRole("button").first()).toHaveAttribute("aria-current", "true");
    await expect(lines.nth(2).getByRole("heading")).toHaveText("Yesterday");
    await drawer.getByRole("button", { name: "Untitled chat", exact: true }).click();
    await expect(drawer).toHaveCount(0);
    await expect
      .poll(() => gallery.script((host) => host.calls.at(-1)))
      .toEqual({
        name: "openChat",
        input: { chatId: "c4" },
      });
  });

  test("is used by arrow keys alone", async ({ gallery, page }) => {
    await gallery.open("chats");
    const rows = page.getByRole("dialog").locator("[data-chat-row]");
    await expect(rows).toHaveCount(5);
    await page.keyboard.press("ArrowDown");
    await expect(rows.nth(0)).toBeFocused();
    await page.keyboard.press("ArrowDown");
    await expect(rows.nth(1)).toBeFocused();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    await expect(page.getByRole("searchbox")).toBeFocused();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect.poll(() => gallery.script((host) => host.calls.at(-1)?.name)).toBe("openChat");
  });

  test("finds as one types, and Enter opens the first", async ({ gallery, page }) => {
    await gallery.open("chats");
    await page.getByRole("searchbox").fill("борща");
    const drawer = page.getByRole("dialog");
    await expect(drawer.getByRole("list", { name: "Found" }).getByRole("button")).toHaveCount(1);
    await expect(drawer.getByText("we spoke of борща")).toBeVisible();
    await page.keyboard.press("Enter");
    await expect
      .poll(() => gallery.script((host) => host.calls.at(-1)))
      .toEqual({
        name: "openChat",
        input: { chatId: "c3", turnId: "c3-turn" },
      });
  });

  test("an answer that was overtaken by another search is dropped", async ({ gallery, page }) => {
    await gallery.open("chats");
    await gallery.script((host) => {
      const found = (title: string) => [
        { chatId: title, chatTitle: title, createdAtMs: 0, score: 1, headline: "", highlights: [] },
      ];
      host.answers.searchChats = (input) => {
        const { query } = input as { query: string };
        if (query !== "slow") return found("quick one");
        return new Promise((resolve) => {
          (globalThis as { finishSlow?: () => void }).finishSlow = () => resolve(found("slow one"));
        });
      };
    });
    const search = page.getByRole("searchbox");
    await search.fill("slow");
    await expect.poll(() => page.evaluate(() => "finishSlow" in globalThis)).toBe(true);
    await search.fill("quick");
    await expect(page.getByText("quick one")).toBeVisible();
    await page.evaluate(() => (globalThis as { finishSlow?: () => void }).finishSlow?.());
    await expect(page.getByText("quick one")).toBeVisible();
    await expect(page.getByText("slow one")).toHaveCount(0);
  });

  test("says when nothing was found", async ({ gallery, page }) => {
    await gallery.open("chats");
    await page.getByRole("searchbox").fill("zebra");
    await expect(page.getByText("Nothing found for “zebra”")).toBeVisible();
  });

  test("says when there are none", async ({ gallery, page }) => {
    await gallery.open("chats-empty");
    await expect(page.getByText("No chats yet")).toBeVisible();
  });

  test("a failure says what happened, and can be tried again", async ({ gallery, page }) => {
    await gallery.open("chats-failed");
    await expect(page.getByRole("alert")).toContainText("The server cannot be reached.");
    await gallery.script((host) => {
      host.answers.listChats = () => ({ chats: [] });
    });
    await page.getByRole("dialog").getByRole("button", { name: "Try again" }).click();
    await expect(page.getByText("No chats yet")).toBeVisible();
  });
});

test.describe("problems", () => {
  test("are said in the person's language, with the host's words behind, until dismissed", async ({
    gallery,
    page,
  }) => {
    await gallery.open("problem", { language: "ru" });
    const strip = page.getByRole("region", { name: "Проблема" });
    await expect(strip).toContainText("Не хватает места для сохранения.");
    await expect(strip).toContainText("Освободите место");
    await strip.getByText("Подробности").click();
    await expect(strip).toContainText("There are 12 MB left");
    await strip.getByRole("button", { name: "Скрыть" }).click();
    await expect(strip).toHaveCount(0);
  });

  test("a command that fails shows its problem", async ({ gallery, page }) => {
    await gallery.open("conversation");
    await gallery.script((host) => {
      host.answers.newChat = () => Promise.reject(new Error("boom: /home/ada/secret"));
    });
    await page.getByRole("button", { name: "New chat" }).click();
    const strip = page.getByRole("region", { name: "Problem" });
    await expect(strip).toContainText("Something went wrong inside Pipit.");
    await expect(strip).not.toContainText("secret");
    // A Mac's refusal is cured at a place that can be opened.
    await gallery.script((host) => {
      host.app.setState({ platform: "mac" });
      host.intend({ kind: "problem", code: "SCREEN_REFUSED", message: "No." });
    });
    await strip.getByRole("button", { name: "Open System Settings" }).click();
    await expect
      .poll(() => gallery.script((host) => host.calls.map(({ name }) => name)))
      .toContain("openScreenSettings");
  });
});

test("a view that breaks says so, and the rest of the window stays", async ({ gallery, page }) => {
  await gallery.open("conversation");
  // In a task of its own: what a fault throws there no caller catches.
  await gallery.script((host) => {
    setTimeout(() => host.chat.setState({ messages: [undefined] as never }));
  });
  const notice = page.getByRole("alert").filter({ hasText: "This view has stopped" });
  await expect(notice).toContainText("Your chats and your draft are safe");
  await expect(page.getByRole("contentinfo")).toBeVisible();
  const loaded = page.waitForEvent("load");
  await notice.getByRole("button", { name: "Reload" }).click();
  await loaded;
  await expect(page.getByText("What is 18% of 2400?")).toBeVisible();
});

test("something for the composer brings the chat into sight", async ({ gallery, page }) => {
  await gallery.open("settings");
  await expect(page.getByRole("heading", { name: "Settings" })).toBeVisible();
  await gallery.script((host) => host.intend({ kind: "compose", text: "from a link" }));
  await expect(page.getByRole("heading", { name: "Settings" })).toHaveCount(0);
});

test("the language changes everywhere at once", async ({ gallery, page }) => {
  await gallery.open("empty", { language: "en" });
  await gallery.script((host) =>
    host.app.setState(({ settings }) => ({ settings: { ...settings, language: "ru" } })),
  );
  await expect(page.getByRole("button", { name: "Новый чат" })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("lang", "ru");
});

test("nothing is wider than the panel in Russian", async ({ gallery, page }) => {
  for (const scene of ["empty", "settings", "settings-limited", "sign-in", "account", "chats", "first-run"]) {
    await gallery.open(scene, { language: "ru" });
    await expect(page.locator("#root")).not.toBeEmpty();
    const tooWide = await page.evaluate(() =>
      [...document.querySelectorAll("button, p, h1, h2, h3, label, select")]
        .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
        .map((element) => element.textContent),
    );
    expect(tooWide, scene).toEqual([]);
  }
});
