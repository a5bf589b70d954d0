import { expect } from "@playwright/test";
import { gate, say, stream } from "#tests/doubles/openai-script.ts";
import { untilKept } from "../fixtures/kept-values.ts";
import { openTab, sharedServerTest, signIn, test } from "../fixtures/web-test.ts";

sharedServerTest(
  "a part of the page that cannot be loaded takes nothing with it, and follows",
  async ({ chat, model, page }) => {
    await page.route("**/formula-*.js", (route) => route.abort());
    const refused = page.waitForEvent("requestfailed", (request) => request.url().includes("formula-"));
    model.script(stream(say("So $$x^2 = 4$$ it is.")));
    await chat.ask("What is it?");
    await refused;
    await expect(chat.answers).toContainText("x^2 = 4");
    await expect(chat.composer).toBeVisible();
    await page.unroute("**/formula-*.js");
    await expect(chat.answers.locator("math")).toBeVisible();
  },
);

sharedServerTest(
  "a browser that refuses everything it could keep gives a page that works, and says what is lost with the tab",
  async ({ page, server, standing }) => {
    await page.addInitScript(() => {
      const refuse = () => {
        throw new DOMException("The operation is insecure.", "SecurityError");
      };
      for (const name of ["indexedDB", "localStorage", "sessionStorage", "BroadcastChannel"])
        Object.defineProperty(globalThis, name, { get: refuse });
      for (const name of ["serviceWorker", "locks"]) Object.defineProperty(navigator, name, { get: refuse });
    });
    const chat = await signIn(page, server, "en", standing.newLogin());
    await expect(page.getByText("This browser keeps nothing for this page.")).toBeVisible();
    await chat.ask("Do you work?");
    await expect(chat.endedAnswers).toHaveCount(1);
    await page.reload();
    await chat.reachComposer();
    await expect(chat.question("Do you work?")).toBeVisible();
  },
);

sharedServerTest(
  "without a network it says so, and goes on by itself when there is one again",
  async ({ chat, context, model }) => {
    await chat.ask("Are you there?");
    await expect(chat.endedAnswers).toHaveCount(1);
    await context.setOffline(true);
    await chat.ask("Through the tunnel");
    await expect(chat.connection).toContainText(chat.texts.shell.status.offline);
    await context.setOffline(false);
    await expect(chat.endedAnswers).toHaveCount(2, { timeout: 40_000 });
    await expect(chat.connection).toContainText(chat.texts.shell.status.online);
    expect(model.requests.filter(({ prompt }) => prompt.includes("Through the tunnel"))).toHaveLength(1);
  },
);

test("a reload keeps the draft, the settings, the prompts and what waits", async ({
  chat,
  model,
  page,
  server,
}) => {
  // Its server is killed and started, and its page is read anew.
  test.slow();
  await chat.ask("Are you there?");
  await expect(chat.endedAnswers).toHaveCount(1);
  await chat.openSettings();
  await page.getByRole("radio", { name: chat.texts.settings.general.themes.dark, exact: true }).check();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await chat.leaveSettings();
  const prompts = await chat.openPrompts();
  await prompts.getByRole("button", { name: "New prompt" }).click();
  await prompts.getByLabel("Name").fill("shorter");
  await prompts.getByLabel("Text").fill("Say it shorter: {input}");
  await prompts.getByRole("button", { name: "Save" }).click();
  await expect(prompts.getByRole("button", { name: /^\/shorter/u })).toBeVisible();
  await page.keyboard.press("Escape");
  await server.kill();
  await chat.ask("Waiting over a reload");
  await expect(chat.question("Waiting over a reload")).toBeVisible();
  await expect(chat.composer).toHaveValue("");
  await chat.composer.fill("A draft");
  await untilKept(page, "A draft");
  // No answer comes before the reload, so what the page that goes away may have asked is broken off.
  const held = gate();
  model.script(stream(held.step, say("Yes.")));
  await server.start();
  await page.reload();
  await chat.reachComposer();
  await expect(chat.composer).toHaveValue("A draft");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await (await chat.openPrompts()).getByRole("button", { name: /^\/shorter/u }).click();
  await expect(chat.composer).toHaveValue("Say it shorter: A draft");
  held.open();
  const ends = () =>
    model.requests.flatMap(({ prompt, over }) => (prompt.includes("Waiting over a reload") ? over : []));
  await expect
    .poll(async () => (await Promise.all(ends())).filter((end) => end === "complete"), { timeout: 40_000 })
    .toHaveLength(1);
});

test("what is asked in two tabs with one queue while the server is away waits, and is sent once when it is back", async ({
  chat,
  context,
  model,
  server,
}) => {
  // Its server is killed and started, and each tab waits until it tries again.
  test.slow();
  await chat.ask("Are you there?");
  // Nothing waits any more, and another tab begins a chat of its own.
  await expect(chat.endedAnswers).toHaveCount(1);
  const other = await openTab(context, server);
  await other.ask("Hello from the other tab");
  await expect(other.endedAnswers).toHaveCount(1);
  await server.kill();
  const texts = ["one", "two", "three"].map((name) => `Question ${name} from the first tab`);
  for (const text of texts) {
    await chat.ask(text);
    await expect(chat.composer).toHaveValue("");
  }
  await expect(chat.questions).toHaveCount(4);
  await expect(chat.question("Question one")).toContainText(chat.texts.chat.queued.split(" ")[0] ?? "");
  await other.ask("Question four from the other tab");
  await server.start();
  await expect(chat.endedAnswers).toHaveCount(4, { timeout: 60_000 });
  await expect(other.endedAnswers).toHaveCount(2, { timeout: 60_000 });
  const sent = model.requests.map(({ prompt }) => prompt).filter((prompt) => prompt.includes("tab"));
  const others = ["Hello from the other tab", "Question four from the other tab"];
  expect(sent.toSorted()).toEqual([...others, ...texts].toSorted());
});

sharedServerTest(
  "CMR-D6: a tab that a newer version has overtaken keeps the text, says why, and holds no chat",
  async ({ chat, model, page }) => {
    await chat.ask("Are you there?");
    await expect(chat.endedAnswers).toHaveCount(1);
    await page.evaluate(async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const opening = indexedDB.open("pipit", 99);
      opening.addEventListener("success", () => resolve(opening.result.close()));
      await promise;
    });
    await chat.ask("From the old tab");
    await expect(page.getByText("reload the page")).toBeVisible();
    await expect(page.getByText("A newer Pipit has been opened")).toBeAttached();
    await expect(chat.composer).toHaveValue("From the old tab");
    const held = await page.evaluate(async () =>
      (await navigator.locks.query()).held?.map(({ name }) => name),
    );
    expect(held?.filter((name) => name?.startsWith("pipit-chat:"))).toEqual([]);
    expect(model.requests.map(({ prompt }) => prompt)).toEqual(["Are you there?"]);
  },
);
