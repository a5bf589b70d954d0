/** Runs in an app's main process before the app (`-r`), and does what the benchmark in the parent process asks. */
const { app, BrowserWindow, globalShortcut } = require("electron");

const register = globalShortcut.register.bind(globalShortcut);
let press;
globalShortcut.register = (accelerator, callback) => {
  press = callback;
  return register(accelerator, callback);
};

/** In the page: resolves once the caret is in a text field of a page that is shown, and a letter has arrived there. */
const typeOne = `new Promise((resolve) => {
  const attempt = () => {
    const field = document.activeElement;
    if (document.visibilityState !== "visible" || field?.tagName !== "TEXTAREA") return setTimeout(attempt, 0);
    document.execCommand("insertText", false, "x");
    const typed = field.value.endsWith("x");
    field.select();
    document.execCommand("delete");
    resolve(typed);
  };
  attempt();
})`;

const window = () => BrowserWindow.getAllWindows()[0];
const commands = {
  loaded: async () => {
    const hasField = () =>
      window()
        ?.webContents.executeJavaScript("document.querySelector('textarea') !== null")
        .catch(() => false);
    while ((await hasField()) !== true) await new Promise((resolve) => setTimeout(resolve, 50));
    return true;
  },
  show: async () => {
    const startedMs = performance.now();
    press();
    const typed = await window().webContents.executeJavaScript(typeOne);
    return { typed, elapsedMs: performance.now() - startedMs };
  },
  hide: async () => window().hide(),
  visibility: () => window().webContents.executeJavaScript("document.visibilityState"),
  timers: async () =>
    process.getActiveResourcesInfo().filter((name) => name === "Timeout" || name === "Immediate").length,
  quit: async () => void setTimeout(() => app.quit(), 0),
};
process.on("message", async ({ id, command }) => {
  try {
    process.send({ id, value: await commands[command]() });
  } catch (error) {
    process.send({ id, error: String(error) });
  }
});
