import { EventEmitter } from "node:events";
import type { BrowserWindow } from "electron";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { createRecovery, type Recovery } from "./recovery.ts";

let contents: EventEmitter & { forcefullyCrashRenderer: () => void };
let window: EventEmitter;
let reloads: number;
let crashes: number;
let recovery: Recovery;
beforeEach(() => {
  vi.useFakeTimers();
  reloads = 0;
  crashes = 0;
  contents = Object.assign(new EventEmitter(), { forcefullyCrashRenderer: () => void (crashes += 1) });
  window = Object.assign(new EventEmitter(), { webContents: contents, isDestroyed: () => false });
  recovery = createRecovery(window as unknown as BrowserWindow, () => (reloads += 1), createFakeLogger());
});
afterEach(() => vi.useRealTimers());

const crash = (reason = "crashed") => contents.emit("render-process-gone", {}, { reason, exitCode: 1 });

test("a crashed page is loaded again at once", () => {
  crash();
  vi.advanceTimersByTime(0);
  expect(reloads).toBe(1);
});

test("one that crashes again and again is loaded ever more slowly", () => {
  crash();
  vi.advanceTimersByTime(0);
  crash();
  vi.advanceTimersByTime(999);
  expect(reloads).toBe(1);
  vi.advanceTimersByTime(1);
  expect(reloads).toBe(2);
  crash();
  vi.advanceTimersByTime(4_999);
  expect(reloads).toBe(2);
});

test("a page that worked in between starts from the beginning", () => {
  crash();
  vi.advanceTimersByTime(0);
  recovery.loaded();
  crash();
  vi.advanceTimersByTime(0);
  expect(reloads).toBe(2);
});

test("a page that could not be loaded is tried again, one that another load replaced is not", () => {
  contents.emit("did-fail-load", {}, -3, "ERR_ABORTED", "app://pipit/", true);
  contents.emit("did-fail-load", {}, -6, "ERR_FILE_NOT_FOUND", "app://pipit/x.png", false);
  vi.runAllTimers();
  expect(reloads).toBe(0);
  contents.emit("did-fail-load", {}, -2, "ERR_FAILED", "app://pipit/", true);
  vi.runAllTimers();
  expect(reloads).toBe(1);
});

test("a page that hangs for ten seconds is ended, one that recovers is left alone", () => {
  window.emit("unresponsive");
  vi.advanceTimersByTime(9_000);
  window.emit("responsive");
  vi.advanceTimersByTime(60_000);
  expect(crashes).toBe(0);
  window.emit("unresponsive");
  vi.advanceTimersByTime(10_000);
  expect(crashes).toBe(1);
});

test("after the end nothing is loaded and no timer is left", () => {
  crash();
  recovery[Symbol.dispose]();
  window.emit("unresponsive");
  crash();
  vi.advanceTimersByTime(60_000);
  expect([reloads, crashes]).toEqual([0, 0]);
});
