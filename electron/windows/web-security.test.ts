import { EventEmitter } from "node:events";
import type { App, Session } from "electron";
import { beforeEach, expect, test } from "vitest";
import { denyPermissions, guardContents } from "./web-security.ts";

type OpenHandler = (details: { readonly url: string }) => { readonly action: string };
let contents: EventEmitter;
let openHandler: OpenHandler;
let wanted: string[];
beforeEach(() => {
  const app = new EventEmitter();
  wanted = [];
  guardContents(app as unknown as App, (url) => wanted.push(url));
  contents = Object.assign(new EventEmitter(), {
    setWindowOpenHandler: (handler: OpenHandler) => (openHandler = handler),
  });
  app.emit("web-contents-created", {}, contents);
});

/** Whether the event was prevented. */
function prevented(name: string, url: string): boolean {
  let stopped = false;
  contents.emit(name, { url, preventDefault: () => (stopped = true) });
  return stopped;
}

test.each(["will-navigate", "will-frame-navigate", "will-redirect"])(
  "[5.1-5] %s leads nowhere but to our own pages",
  (name) => {
    expect(prevented(name, "app://pipit/desktop.html")).toBe(false);
    for (const url of [
      "https://example.org/",
      "app://pipit.evil/",
      "app://pipit@evil/",
      "file:///etc/passwd",
      "javascript:alert(1)",
      "data:text/html,x",
      "about:blank",
      "not an address",
    ])
      expect([url, prevented(name, url)]).toEqual([url, true]);
  },
);

test("[5.1-7] no webview is ever attached", () => {
  expect(prevented("will-attach-webview", "app://pipit/desktop.html")).toBe(true);
});

test("[5.1-6] no window is ever opened; what it was for goes to the list of allowed links", () => {
  expect(openHandler({ url: "https://example.org/" })).toEqual({ action: "deny" });
  expect(openHandler({ url: "app://pipit/desktop.html" })).toEqual({ action: "deny" });
  expect(wanted).toEqual(["https://example.org/", "app://pipit/desktop.html"]);
});

test("[5.1-8] every permission is denied, asked for or checked, and every download", () => {
  const handlers: Record<string, (...args: unknown[]) => unknown> = {};
  const keep = (name: string) => (handler: (...args: unknown[]) => unknown) =>
    void (handlers[name] = handler);
  denyPermissions({
    setPermissionRequestHandler: keep("request"),
    setPermissionCheckHandler: keep("check"),
    setDevicePermissionHandler: keep("device"),
    on: (name: string, handler: unknown) => keep(name)(handler as never),
  } as unknown as Session);
  for (const permission of [
    "media",
    "display-capture",
    "geolocation",
    "notifications",
    "openExternal",
    "clipboard-read",
  ]) {
    const answers: unknown[] = [];
    handlers["request"]?.({}, permission, (granted: unknown) => answers.push(granted), {});
    expect([permission, answers, handlers["check"]?.({}, permission, "app://pipit")]).toEqual([
      permission,
      [false],
      false,
    ]);
  }
  expect(handlers["device"]?.({})).toBe(false);
  let kept = true;
  handlers["will-download"]?.({ preventDefault: () => (kept = false) });
  expect(kept).toBe(false);
});
