import { createHash } from "node:crypto";
import { cp, mkdtempDisposable, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";
import { repositoryRoot } from "#tools/test/command.ts";
import { say, stream } from "#tests/doubles/openai-script.ts";
import { axeViolations } from "../fixtures/axe.ts";
import { watchPages } from "../fixtures/page-watch.ts";
import { startPipitServer } from "../fixtures/pipit-server.ts";
import { test } from "../fixtures/web-test.ts";
import { fits } from "../pages/texts.ts";

test.use({ serviceWorkers: "allow" });

test("the page installs as an app; without its server it opens, and what was read is there; a sign-out leaves nothing", async ({
  chat,
  model,
  page,
  server,
}) => {
  // Its server is killed and started twice: on a machine that is busy that alone takes a minute.
  test.slow();
  const { shell } = chat.texts;
  await page.setViewportSize({ width: 1280, height: 800 });
  model.script(stream(say("A small bird.")));
  await chat.ask("What is a pipit?");
  await expect(chat.endedAnswers).toHaveCount(1);
  // The server may have found another name for the chat than its first question.
  const row = page.locator("[data-chat-row]");
  await expect(row).toBeVisible();
  await keptShell(page);
  await expectInstallable(page);

  await server.kill();
  await page.goto(server.url);
  const asOf = page.getByRole("search").getByText(fits(shell.drawer.asOf));
  await expect(asOf).toBeVisible();
  await row.click();
  await expect(chat.answer("A small bird.")).toBeVisible();
  await expect(page).toHaveURL(/\/c\/[\w-]+$/u);
  await page.reload();
  await expect(chat.answer("A small bird.")).toBeVisible();
  expect(await axeViolations(page)).toEqual([]);
  await chat.ask("And what does it eat?");
  await expect(chat.question("And what does it eat?")).toBeVisible();

  model.script(stream(say("Insects.")));
  await server.start();
  // The button that tries again is gone as soon as the page has found the server by itself.
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await expect(chat.answer("Insects.")).toBeVisible();
  await expect(asOf).toHaveCount(0);
  await page.reload();
  await row.click();
  await expect(chat.answer("Insects.")).toBeVisible();

  await page.setViewportSize({ width: 440, height: 680 });
  await chat.signOut();
  await server.kill();
  await page.goto(server.url);
  await expect(chat.signInToSendButton.or(chat.account).first()).toBeVisible();
  await expect.poll(() => page.evaluate(keptThings)).toEqual({ chats: 0 });
});

async function expectInstallable(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
  // The browser of a test keeps nothing after it.
  const errors = installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito");
  expect(errors).toEqual([]);
  const { errors: faults, manifest } = await devtools.send("Page.getAppManifest");
  expect(faults).toEqual([]);
  expect(manifest).toMatchObject({ id: expect.stringMatching(/\/$/u), display: "kStandalone" });
}

/** Until the browser has the whole shell, and a worker that answers with it. */
async function keptShell(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { serviceWorker } = navigator;
    await serviceWorker.ready;
    if (serviceWorker.controller !== null) return;
    await new Promise((resolve) => serviceWorker.addEventListener("controllerchange", resolve));
  });
}

test("a newer build is told of once and shown by the next load, and a worker that is broken is replaced", async ({
  browser,
  built,
}) => {
  // Each build is one more load of the page, with a worker that is replaced.
  test.slow();
  expect(built).toBeUndefined();
  await using folder = await mkdtempDisposable(join(tmpdir(), "pipit-builds-"));
  const webRoot = join(folder.path, "renderer");
  await cp(join(repositoryRoot, "dist/renderer"), webRoot, { recursive: true });
  await using server = await startPipitServer({}, { webRoot });
  await using context = await browser.newContext({ locale: "en-US" });
  const watch = await watchPages(context, server.url);
  const page = await context.newPage();
  const shown = () => page.locator("meta[name=build]").getAttribute("content");
  const notice = page.getByRole("region", { name: "A new version is ready" });

  await putBuild(webRoot, "first");
  await page.goto(server.url);
  await keptShell(page);
  await putBuild(webRoot, "second");
  await page.reload();
  await expect(notice).toBeVisible();
  expect(await shown()).toBe("first");
  expect(await axeViolations(page)).toEqual([]);
  await notice.getByRole("button", { name: "Reload" }).click();
  await expect(page.locator("meta[name=build]")).toHaveAttribute("content", "second");
  await page.reload();
  await expect(page.getByRole("main")).toBeVisible();
  await expect(notice).toHaveCount(0);
  // Of the builds before the last but one nothing is left.
  await putBuild(webRoot, "third");
  await page.reload();
  await expect(notice).toBeVisible();
  await expect.poll(() => page.evaluate(async () => (await caches.keys()).length)).toBe(2);

  await putBuild(
    webRoot,
    "broken",
    "addEventListener('fetch', (event) => event.respondWith(Response.error()));",
  );
  await page.reload();
  // A worker that has something to answer puts off its look for the next one, and its end: nothing is asked before that has begun.
  const newest = () =>
    page.evaluate(async () => {
      const { installing, waiting } = (await navigator.serviceWorker.getRegistration()) ?? {};
      return installing === null && waiting === null ? (await caches.keys()).at(-1) : "not yet";
    });
  await expect.poll(newest).toBe("pipit-shell-broken");
  const other = await context.newPage();
  const build = other.locator("meta[name=build]");
  const opened = () =>
    other.goto(server.url).then(
      () => build.getAttribute("content"),
      () => "refused",
    );
  await expect.poll(opened).toBe("refused");
  await putBuild(webRoot, "mended");
  await opened();
  await expect.poll(newest).toBe("pipit-shell-mended");
  await expect.poll(opened).toBe("mended");
  watch.assertClean();
});

/** Puts a build in the place of the one before, as another run of `npm run build` does; `extra` goes before the worker. */
async function putBuild(webRoot: string, name: string, extra = ""): Promise<void> {
  const built = join(repositoryRoot, "dist/renderer");
  const before = await readFile(join(built, "web.html"), "utf8");
  const script = /\/assets\/web-[\w-]+\.js/u.exec(before)?.[0] ?? "";
  const ownScript = `/assets/web-${name}.js`;
  await cp(join(built, script), join(webRoot, ownScript));
  const html = before
    .replace(script, ownScript)
    .replace("</title>", `</title><meta name="build" content="${name}" />`);
  const worker = await readFile(join(built, "sw.js"), "utf8");
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const next = worker
    .replace(sha256(before), sha256(html))
    .replace(script, ownScript)
    .replace(/"version":"\w+"/u, `"version":"${name}"`);
  for (const [file, content] of [
    ["sw.js", extra + next],
    // Last: it is by the page that the server sees that there is another build.
    ["web.html", html],
  ] as const) {
    for (const suffix of [".br", ".gz"]) await rm(join(webRoot, file + suffix), { force: true });
    await writeFile(join(webRoot, file), content);
  }
}

/** What the page's database has of chats; runs in the page. */
async function keptThings() {
  const opening = indexedDB.open("pipit");
  const result = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve) => request.addEventListener("success", () => resolve(request.result)));
  const database = await result(opening);
  const transaction = database.transaction(["chats", "values"]);
  const chats = await result(transaction.objectStore("chats").count());
  const kept: unknown = await result(transaction.objectStore("values").get("kept-chats"));
  database.close();
  return { chats, kept };
}
