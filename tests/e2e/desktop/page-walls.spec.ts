import { expect } from "@playwright/test";
import { CONTENT_POLICY } from "#contract/content-policy.ts";
import { test } from "../fixtures/desktop-test.ts";

/** The page's side, in the words of evaluate. */
interface PageScope {
  readonly pipit: Readonly<
    Record<string, (...args: unknown[]) => Promise<{ ok: boolean; error?: { code: string } }>>
  >;
  inlineRan?: boolean;
}

test("[5.1-1] every web contents is isolated, sandboxed, without Node, with web security", async ({
  standing: { desktop },
}) => {
  const seen = await desktop.electron.evaluate(({ webContents }) =>
    webContents
      .getAllWebContents()
      .map((contents) =>
        (contents as unknown as { getLastWebPreferences(): Record<string, unknown> }).getLastWebPreferences(),
      ),
  );
  expect(seen).toHaveLength(1);
  for (const preferences of seen) {
    expect(preferences).toMatchObject({
      contextIsolation: true,
      nodeIntegration: false,
      sandbox: true,
      webSecurity: true,
    });
  }
  const inPage = await desktop.window.evaluate(() => {
    const scope = globalThis as unknown as Record<string, unknown>;
    return ["require", "process", "module", "Buffer", "electron"].filter((name) => scope[name] !== undefined);
  });
  expect(inPage).toEqual([]);
});

test("[5.1-3] the window's page comes from app://, and no spelling of a walk upwards leaves its folder", async ({
  standing: { desktop },
}) => {
  const address = await desktop.electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.getURL(),
  );
  expect(address).toMatch(/^app:\/\/pipit\//);
  const statuses = await desktop.window.evaluate(
    async (paths) => {
      const answers: number[] = [];
      for (const path of paths) answers.push((await fetch(path)).status);
      return answers;
    },
    ["/..%2f..%2fpackage.json", "/%2e%2e%2fpackage.json", "/assets/..%5c..%5cx", "/%00", "/%252e%252e/x"],
  );
  expect(statuses).toEqual([400, 400, 400, 400, 400]);
  const otherHost = await desktop.electron.evaluate(
    async ({ net }) => (await net.fetch("app://evil/desktop.html")).status,
  );
  expect(otherHost).toBe(400);
});

test("[5.1-4] the content policy is a header, and Chromium obeys it: inline script and eval do not run", async ({
  standing: { desktop },
}) => {
  const seen = await desktop.window.evaluate(async () => {
    const scope = globalThis as unknown as PageScope;
    const policy = (await fetch("/desktop.html")).headers.get("content-security-policy");
    const violated = new Promise<string>((resolve) => {
      addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective), {
        once: true,
      });
    });
    const script = document.createElement("script");
    script.textContent = "globalThis.inlineRan = true";
    document.body.append(script);
    const directive = await violated;
    const foreign = await fetch("https://example.invalid/").then(
      () => "sent",
      (error: Error) => error.name,
    );
    return { policy, directive, ran: scope.inlineRan === true, foreign };
  });
  expect(seen).toEqual({
    policy: CONTENT_POLICY,
    directive: "script-src-elem",
    ran: false,
    foreign: "TypeError",
  });
});

test("[5.1-5] the page cannot be led away, not even to an address that begins like ours", async ({
  shared: { desktop },
}) => {
  const address = () =>
    desktop.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getURL());
  const before = await address();
  for (const target of ["https://example.invalid/", "http://pipit.evil.invalid/", "http://127.0.0.1:9/"]) {
    await desktop.window.evaluate((url) => {
      location.href = url;
    }, target);
    await expect(desktop.chat.composer).toBeVisible();
    expect(await address()).toBe(before);
  }
  await desktop.chat.ask("still here?");
  await expect(desktop.chat.answer("Hello from Pipit.")).toBeVisible();
});

test("[5.1-6] no page opens a window; only https and mailto links reach the system", async ({
  standing: { desktop },
}) => {
  const links = [
    "https://example.org/page",
    "mailto:me@example.org",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "smb://host/share",
    "ms-settings:privacy",
    "http://example.org/",
  ];
  const allowed = ["https://example.org/page", "mailto:me@example.org"];
  const replies = await desktop.window.evaluate(async (urls) => {
    const { pipit } = globalThis as unknown as PageScope;
    const answers: (string | undefined)[] = [];
    for (const url of urls) answers.push((await pipit["openExternal"]?.({ url }))?.error?.code);
    return answers;
  }, links);
  expect(replies).toEqual([undefined, undefined, ...Array<string>(5).fill("NOT_ALLOWED")]);
  await desktop.window.evaluate(() => void window.open("https://example.org/opened"));
  await expect.poll(() => desktop.openedLinks()).toEqual([...allowed, "https://example.org/opened"]);
  await desktop.window.evaluate(() => void window.open("about:blank"));
  await expect.poll(() => desktop.electron.windows().length).toBe(1);
  expect(await desktop.openedLinks()).toHaveLength(3);
});

test("[5.1-7] a webview element is only an element: nothing is attached", async ({
  standing: { desktop },
}) => {
  await desktop.window.evaluate(() => {
    const view = document.createElement("webview");
    view.setAttribute("src", "https://example.invalid/");
    document.body.append(view);
  });
  await expect(desktop.chat.composer).toBeVisible();
  expect(await desktop.electron.evaluate(({ webContents }) => webContents.getAllWebContents().length)).toBe(
    1,
  );
});

test("[5.1-8] every permission is refused, by request and by check", async ({ standing: { desktop } }) => {
  const seen = await desktop.window.evaluate(async () => {
    const refused = (work: Promise<unknown>) =>
      work.then(
        () => "granted",
        (error: Error) => error.name,
      );
    const states: string[] = [];
    for (const name of ["microphone", "camera", "geolocation", "notifications"] as const) {
      states.push((await navigator.permissions.query({ name: name as PermissionName })).state);
    }
    return {
      microphone: await refused(navigator.mediaDevices.getUserMedia({ audio: true })),
      screen: await refused(navigator.mediaDevices.getDisplayMedia()),
      notifications: await Notification.requestPermission(),
      states,
    };
  });
  expect(seen).toEqual({
    microphone: "NotAllowedError",
    screen: expect.stringMatching(/NotAllowedError|InvalidStateError/),
    notifications: "denied",
    states: ["denied", "denied", "denied", "denied"],
  });
});
