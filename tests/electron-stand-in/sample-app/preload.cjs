const { contextBridge, ipcRenderer } = require("electron");

contextBridge.exposeInMainWorld("sample", {
  echo: (...args) => ipcRenderer.invoke("echo", ...args),
  fail: () => ipcRenderer.invoke("fail"),
  onTick: (listener) => {
    const forward = (_event, value) => listener(value);
    ipcRenderer.on("tick", forward);
    return () => ipcRenderer.removeListener("tick", forward);
  },
  nested: { same: (value) => value, soon: async (value) => value },
  throws: () => {
    throw new RangeError("too far");
  },
  hasNode: () => typeof require("electron") === "object" && typeof globalThis.process,
});
