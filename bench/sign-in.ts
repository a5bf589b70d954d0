import type { Browser, BrowserContext } from "@playwright/test";
import { createPasswordHasher } from "#server/domain/accounts/password-hasher.ts";
import { ChatWindow } from "#tests/e2e/pages/chat-window.ts";
import { createFormBrowser } from "#tests/testing/auth/form-browser.ts";
import { buildParts } from "#tools/build/build-part.ts";
import { windowPart } from "#tools/build/pipit-parts.ts";
import { repositoryRoot } from "#tools/test/command.ts";
import { launchBrowser } from "./lib/browser.ts";
import { startPipitMain, type PipitMain } from "./lib/pipit-main.ts";
import { toResult, type BenchResult, type Goal } from "./lib/result.ts";
import { openPerson, PASSWORD } from "./lib/sign-in-stage.ts";
import { interleave, median, quantile, type Contender } from "./lib/statistics.ts";

const rounds = { warmups: 3, measured: 40 };
const LOGIN = "bench";
const GOAL_PASSWORD_MS = 400;
const GOAL_BROWSER_MS = 150;
/** Requests of a sign-in by browser: discovery, authorize, its page, the answer, back to authorize, and the token. */
const BROWSER_REQUESTS = 6;

/**
 * From the last key of a password to a window in which something can be asked: the real page in Chromium, and the
 * client of the terminal up to its first own answer; over the time that the hash alone takes, which is measured in turns
 * with them. The way by the browser has no browser in it, and no person: a program follows the redirects and presses the
 * button, so all of it is ours.
 */
export async function run(signal: AbortSignal): Promise<readonly BenchResult[]> {
  await buildParts([windowPart(repositoryRoot)], { root: repositoryRoot, say: console.error }, signal);
  await using server = await startPipitMain({ OLLAMA_HOST: "http://127.0.0.1:9" }, signal);
  await using cleanup = new AsyncDisposableStack();
  const browser = await launchBrowser();
  cleanup.defer(() => browser.close());
  await using person = await openPerson(server);
  await person.session.register({ login: LOGIN, password: PASSWORD, displayName: "" }, signal);
  await person.logout(signal);
  const contenders: Contender[] = [
    { name: "hash", measure: await hashAlone() },
    { name: "page", measure: () => signInAtPage(browser, server) },
    { name: "client", measure: () => signInWithClient(server, signal) },
    { name: "browser", measure: await signInByBrowser(server, signal) },
    { name: "empty", measure: () => askNothing(server, signal) },
  ];
  const samples = await interleave(contenders, rounds, signal);
  const of = (name: string): readonly number[] => samples.get(name) ?? [];
  const hash = { baselineName: "the hash alone", taken: median(of("hash")) };
  const empty = { baselineName: `GET /health ${BROWSER_REQUESTS} times`, taken: median(of("empty")) };
  return [
    ...figures("sign-in.page-to-usable", of("page"), hash, GOAL_PASSWORD_MS + hash.taken),
    ...figures("sign-in.client-to-answer", of("client"), hash, GOAL_PASSWORD_MS + hash.taken),
    ...figures("sign-in.by-browser", of("browser"), empty, GOAL_BROWSER_MS),
  ];
}

function figures(
  name: string,
  samplesMs: readonly number[],
  { baselineName, taken: baseline }: { readonly baselineName: string; readonly taken: number },
  atMost: number,
): readonly BenchResult[] {
  const goal: Goal = { of: "value", atMost: Math.round(atMost) };
  return [
    toResult({ name: `${name}.p50`, unit: "ms", value: median(samplesMs), baseline, baselineName }),
    toResult({
      name: `${name}.p95`,
      unit: "ms",
      value: quantile(samplesMs, 0.95),
      baseline,
      baselineName,
      goal,
    }),
  ];
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

async function hashAlone(): Promise<() => Promise<number>> {
  const hasher = createPasswordHasher();
  const stored = await hasher.hash(PASSWORD);
  return () => timeOf(() => hasher.verify(stored, PASSWORD));
}

/** The address and the form are there already: what a person waits for after Enter. */
async function signInAtPage(browser: Browser, server: PipitMain): Promise<number> {
  const context: BrowserContext = await browser.newContext({
    viewport: { width: 440, height: 680 },
    locale: "en-US",
  });
  try {
    const page = await context.newPage();
    const chat = new ChatWindow(page);
    const { login, password } = chat.texts.auth;
    await page.goto(`${server.httpUrl}/login`);
    await page.getByLabel(login, { exact: true }).fill(LOGIN);
    const field = page.getByLabel(password, { exact: true });
    await field.fill(PASSWORD);
    return await timeOf(async () => {
      await field.press("Enter");
      await chat.composer.or(chat.skipFirstRunButton).first().waitFor();
    });
  } finally {
    await context.close();
  }
}

/** Up to the list of the chats, which is what a window asks for first. */
async function signInWithClient(server: PipitMain, signal: AbortSignal): Promise<number> {
  await using person = await openPerson(server);
  const given = { login: LOGIN, password: PASSWORD };
  const elapsedMs = await timeOf(async () => {
    await person.signInBy((session) => session.signInWithPassword(given, signal));
    const { status } = await person.api.request({ method: "GET", path: "/v1/chats" }, signal);
    if (status !== 200) throw new Error(`No chats: ${status}`);
  });
  await person.logout(signal);
  return elapsedMs;
}

/** In a browser that is signed in, so that no password is hashed: what remains for the person is one button. */
async function signInByBrowser(server: PipitMain, signal: AbortSignal): Promise<() => Promise<number>> {
  const browser = createFormBrowser(server.httpUrl);
  let signedIn = false;
  return async () => {
    await using person = await openPerson(server);
    await person.session.ways(signal);
    const elapsedMs = await timeOf(() =>
      person.signInBy((session) =>
        session.signInByBrowser(async (address) => {
          const page = await browser.open(address);
          const left = signedIn
            ? await browser.send(page, {}, ["decision", "allow"])
            : await browser.send(page, { login: LOGIN, password: PASSWORD });
          signedIn = true;
          const { ok } = await fetch(browser.leftTo(left), { headers: { connection: "close" }, signal });
          if (!ok) throw new Error("The sign-in was refused.");
        }, signal),
      ),
    );
    await person.logout(signal);
    return elapsedMs;
  };
}

function askNothing(server: PipitMain, signal: AbortSignal): Promise<number> {
  return timeOf(async () => {
    for (let request = 0; request < BROWSER_REQUESTS; request += 1)
      await (await fetch(`${server.httpUrl}/health`, { headers: { connection: "close" }, signal })).text();
  });
}
