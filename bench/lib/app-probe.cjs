/** Runs in an app's main process before the app (`-r`), and does what the benchmark in the parent process asks. */
const { app, BrowserWindow, globalShortcut, Tray } = require("electron");

/** How long each timer of this process waits, ms: its own, and those of its packages. */
const waiting = new Map();
const timers = require("node:timers");
for (const name of ["setTimeout", "setInterval"]) {
  const original = timers[name];
  const watched = (callback, ms, ...args) => {
    const once = name === "setTimeout";
    const timer = original(
      (...given) => {
        if (once) waiting.delete(timer);
        callback(...given);
      },
      ms,
      ...args,
    );
    waiting.set(timer, ms ?? 1);
    return timer;
  };
  // What `promisify` makes of it, and `timers/promises`, stay as they are.
  timers[name] = globalThis[name] = Object.assign(watched, original);
}
for (const name of ["clearTimeout", "clearInterval"]) {
  const original = timers[name];
  timers[name] = globalThis[name] = (timer) => {
    waiting.delete(timer);
    original(timer);
  };
}
require("node:module").syncBuiltinESMExports();

const trayIsUp = Promise.withResolvers();
const { setContextMenu } = Tray.prototype;
Tray.prototype.setContextMenu = function tellOfTray(menu) {
  trayIsUp.resolve(true);
  return setContextMenu.call(this, menu);
};

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

/** In the page: sends one question and resolves once its answer has come. */
const askOne = `(async () => {
  const ask = async (name, input) => {
    const reply = await pipit[name](input);
    if (!reply.ok) throw new Error(reply.error.message);
    return reply.value;
  };
  const before = (await ask("snapshot")).chat.state.messages.length;
  await ask("send", { text: "What did we say about the house?" });
  for (;;) {
    const { messages, activeMessageId } = (await ask("snapshot")).chat.state;
    if (messages.length >= before + 2 && activeMessageId === undefined) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
})()`;

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
  /** One question, seen to be answered by a window that is hidden then. */
  question: async () => {
    press();
    await window().webContents.executeJavaScript(askOne);
    window().hide();
    return true;
  },
  tray: () => trayIsUp.promise,
  hide: async () => window().hide(),
  visibility: () => window().webContents.executeJavaScript("document.visibilityState"),
  /** Those that wake the process within a minute, ms. */
  timers: async () => [...waiting.values()].filter((ms) => ms < 60_000),
  quit: async () => void setTimeout(() => app.quit(), 0),
};
process.on("message", async ({ id, command }) => {
  try {
    process.send({ id, value: await commands[command]() });
  } catch (error) {
    process.send({ id, error: String(error) });
  }
});
