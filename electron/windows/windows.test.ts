import { EventEmitter } from "node:events";
import type { BrowserWindow } from "electron";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createStore } from "zustand/vanilla";
import { initialChatState } from "#contract/chat-state.ts";
import { noRooms } from "#contract/rooms/rooms.ts";
import { createFakeLogger } from "#engine/testing/fake-logger.ts";
import { Windows } from "./windows.ts";

vi.mock("electron", () => {
  const place = { x: 0, y: 0, width: 1_280, height: 800 };
  const display = { id: 1, workArea: place, size: place };
  return {
    app: { focus: () => undefined, hide: () => undefined },
    screen: {
      getCursorScreenPoint: () => ({ x: 0, y: 0 }),
      getDisplayNearestPoint: () => display,
      getDisplayMatching: () => display,
      on() {
        return this;
      },
      off() {
        return this;
      },
    },
  };
});

/** Electron's window, as far as its visibility and what it was told go. */
class Panel extends EventEmitter {
  readonly told: string[] = [];
  readonly sent: unknown[] = [];
  readonly webContents = Object.assign(new EventEmitter(), {
    id: 1,
    isDevToolsOpened: () => false,
    send: (_channel: string, payload: unknown) => void this.sent.push(payload),
  });
  visible = false;
  focused = false;
  show(): void {
    this.told.push("show");
    this.visible = true;
  }
  hide(): void {
    this.told.push("hide");
    this.visible = false;
  }
  focus(): void {
    this.focused = true;
  }
  /** The system gives the keyboard to another program. */
  leave(): void {
    this.focused = false;
    this.emit("blur");
  }
  setContentProtection(on: boolean): void {
    this.told.push(on ? "protected" : "unprotected");
  }
  isVisible = (): boolean => this.visible;
  isFocused = (): boolean => this.focused;
  isDestroyed = (): boolean => false;
  isMinimized = (): boolean => false;
  setBounds = (): void => undefined;
  getBounds = () => ({ x: 0, y: 0, width: 440, height: 680 });
  isMaximized = (): boolean => false;
  isFullScreen = (): boolean => false;
  setAlwaysOnTop = (): void => undefined;
  setVisibleOnAllWorkspaces = (): void => undefined;
  loadURL = async (): Promise<void> => undefined;
  destroy = (): void => undefined;
}

const system = Object.getOwnPropertyDescriptor(process, "platform") ?? {};
let panel: Panel;
let windows: Windows;
function open(platform: NodeJS.Platform): void {
  Object.defineProperty(process, "platform", { ...system, value: platform });
  panel = new Panel();
  windows = new Windows({
    window: panel as unknown as BrowserWindow,
    places: { get: () => ({}), set: async () => undefined } as never,
    makeFramed: () => panel as never,
    settings: () => ({ pinned: false, compactBar: false }),
    needsRoom: () => false,
    shown: { chat: createStore(() => initialChatState), rooms: createStore(() => noRooms) },
    draft: () => "",
    onShape: () => undefined,
    onVisible: () => undefined,
    logger: createFakeLogger(),
  });
  windows.show();
}
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  windows[Symbol.dispose]();
  Object.defineProperty(process, "platform", system);
  vi.useRealTimers();
});

describe("a window that loses the keyboard", () => {
  test("is hidden, on macOS not for a loss that passes in the second in which the system settles", () => {
    open("darwin");
    panel.leave();
    expect(panel.visible).toBe(true);
    panel.focus();
    vi.advanceTimersByTime(1_000);
    expect(panel.visible).toBe(true);
    panel.leave();
    expect(panel.visible).toBe(false);
  });

  test("is hidden at the end of that second when the loss did not pass", () => {
    open("darwin");
    panel.leave();
    vi.advanceTimersByTime(999);
    expect(panel.visible).toBe(true);
    vi.advanceTimersByTime(1);
    expect(panel.visible).toBe(false);
  });

  test("is hidden at once elsewhere", () => {
    open("linux");
    panel.leave();
    expect(panel.visible).toBe(false);
  });
});

test("while a picture is taken the window is hidden, and kept out of it should it still fade", async () => {
  open("darwin");
  panel.told.length = 0;
  const work = windows.withWindowHidden(async () => void panel.told.push("picture"));
  await vi.advanceTimersByTimeAsync(200);
  await work;
  expect(panel.told).toEqual(["protected", "hide", "picture", "unprotected", "show"]);
});

test("the page is sent bytes without the memory of main around them", () => {
  open("linux");
  windows.pageOf(1)?.loaded();
  panel.sent.length = 0;
  const bytes = new TextEncoder().encode("public secret").subarray(0, 6);
  windows.intend({ kind: "files", files: [{ name: "a.txt", bytes }] });
  const [sent] = panel.sent as [{ files: [{ bytes: Uint8Array }] }];
  expect([sent.files[0].bytes, sent.files[0].bytes.buffer.byteLength]).toEqual([bytes, 6]);
});
