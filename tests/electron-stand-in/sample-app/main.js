import {
  app,
  BrowserWindow,
  globalShortcut,
  ipcMain,
  Menu,
  protocol,
  session,
  Tray,
  utilityProcess,
} from "electron";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** A small app whose only purpose is that the stand-in's semantics can be asked through it. */
const log = [];
globalThis.sampleLog = log;
protocol.registerSchemesAsPrivileged([
  { scheme: "app", privileges: { standard: true, secure: true, supportFetchAPI: true } },
]);

const page = `<!doctype html><meta charset="utf-8"><title>Sample</title>
<script src="/page.js"></script><script>document.title = "inline ran"</script>
<textarea aria-label="Text"></textarea><a href="https://example.invalid/out">out</a> <a href="/second">in</a>
<a href="https://example.invalid/new" target="_blank">new</a>`;
const policy =
  "default-src 'none'; script-src 'self'; connect-src 'self'; worker-src 'self'; font-src 'self'; frame-ancestors 'none'";
const scripts = {
  "/page.js": "window.external1 = true;",
  "/worker.js": "import { said } from './said.js'; postMessage(said);",
  "/said.js": "export const said = 'a module worker';",
};
const font = readFileSync(
  createRequire(import.meta.url).resolve("katex/dist/fonts/KaTeX_Size2-Regular.woff2"),
);

if (!app.requestSingleInstanceLock({ sample: true })) app.quit();
for (const name of ["before-quit", "will-quit", "quit", "window-all-closed"])
  app.on(name, () => log.push(name));
app.on("second-instance", (_event, argv, cwd, data) => log.push({ argv, cwd, data }));
app.on("web-contents-created", (_event, contents) => {
  contents.on("will-navigate", (event, url) => {
    log.push(`will-navigate ${url}`);
    if (!url.startsWith("app://sample/")) event.preventDefault();
  });
  contents.setWindowOpenHandler(({ url }) => {
    log.push(`open ${url}`);
    return { action: "deny" };
  });
  contents.on("render-process-gone", (_gone, details) => {
    log.push(`gone ${details.reason}`);
    contents.reload();
  });
});
ipcMain.handle("echo", (event, ...args) => ({
  args,
  origin: event.senderFrame?.origin,
  url: event.senderFrame?.url,
  top: event.senderFrame?.parent === null,
}));
ipcMain.handle("fail", () => {
  throw new TypeError("no such thing");
});

app.whenReady().then(() => {
  session.defaultSession.setPermissionRequestHandler((_contents, permission, callback) => {
    log.push(`permission ${permission}`);
    callback(false);
  });
  session.defaultSession.setPermissionCheckHandler(
    (_contents, permission) => permission === "clipboard-read",
  );
  protocol.handle("app", (request) => {
    const { pathname } = new URL(request.url);
    const script = scripts[pathname];
    if (script !== undefined) return new Response(script, { headers: { "content-type": "text/javascript" } });
    if (pathname === "/font.woff2") return new Response(font, { headers: { "content-type": "font/woff2" } });
    if (pathname === "/data") return new Response(`{"url":"${request.url}"}`, { status: 418 });
    return new Response(page, {
      headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": policy },
    });
  });
  const window = new BrowserWindow({
    width: 440,
    height: 680,
    show: false,
    webPreferences: { preload: join(import.meta.dirname, "preload.cjs") },
  });
  window.loadURL("app://sample/index.html");
  globalShortcut.register("CommandOrControl+Shift+Space", () => window.show());
  globalThis.sampleTools = { Tray, Menu, utilityProcess };
});
