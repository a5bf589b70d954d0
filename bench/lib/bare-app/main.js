import { app, BrowserWindow, globalShortcut, protocol } from "electron";

/** The least that an app with a hidden window and a hotkey can be: what Pipit's window is compared with. */
protocol.registerSchemesAsPrivileged([{ scheme: "app", privileges: { standard: true, secure: true } }]);
app.on("window-all-closed", () => undefined);
app.whenReady().then(() => {
  const headers = { "content-type": "text/html; charset=utf-8" };
  protocol.handle("app", () => new Response("<!doctype html><textarea autofocus></textarea>", { headers }));
  const window = new BrowserWindow({ width: 440, height: 680, show: false });
  window.loadURL("app://bare/");
  globalShortcut.register("CommandOrControl+Shift+Space", () => {
    window.show();
    window.focus();
  });
});
