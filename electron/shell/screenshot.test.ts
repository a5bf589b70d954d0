import { beforeEach, describe, expect, test } from "vitest";
import { PipitError } from "#contract/pipit-error.ts";
import type { Intent } from "#contract/intent.ts";
import type { Settings } from "#contract/settings.ts";
import { createScreenshots, type ScreenPermission, type Screenshots } from "./screenshot.ts";
import { createHotkeyToggle } from "../windows/hotkey-toggle.ts";

const image = { bytes: new Uint8Array([1]), widthPx: 1, heightPx: 1 };
const never = new AbortController().signal;
let setting: Settings["screenshot"];
let permission: ScreenPermission;
/** What happened, in order. */
let steps: string[];
let takePicture: () => Promise<typeof image>;
let screenshots: Screenshots;
beforeEach(() => {
  setting = "ask";
  permission = "granted";
  steps = [];
  takePicture = async () => image;
  screenshots = createScreenshots({
    screen: {
      capture: () => {
        steps.push("picture");
        return takePicture();
      },
    },
    region: {
      choose: async () => {
        steps.push("choice");
        return image;
      },
    },
    windows: { list: async () => [], capture: async (id) => (steps.push(id), image) },
    permission: () => permission,
    responsibleApp: "the terminal",
    setting: () => setting,
    async withWindowHidden(work) {
      steps.push("hidden");
      try {
        return await work();
      } finally {
        steps.push("back");
      }
    },
  });
});

describe("by the window's button", () => {
  test("the window is out of the picture", async () => {
    expect(await screenshots.capture({ area: "screen" }, never)).toBe(image);
    expect(steps).toEqual(["hidden", "picture", "back"]);
  });

  test("the window comes back when it fails", async () => {
    takePicture = () => Promise.reject(new PipitError("NO_DISPLAY", "none"));
    await expect(screenshots.capture({ area: "screen" }, never)).rejects.toMatchObject({
      code: "NO_DISPLAY",
    });
    expect(steps.at(-1)).toBe("back");
  });
});

describe("without the system's permission", () => {
  test("the first try makes the system ask, and its picture is not used", async () => {
    permission = "denied";
    await expect(screenshots.capture({ area: "screen" }, never)).rejects.toMatchObject({
      code: "SCREEN_REFUSED",
      message: expect.stringContaining("Allow the terminal in System Settings"),
    });
    expect(steps).toEqual(["hidden", "picture", "back"]);
  });

  test("once refused, it is not tried again", async () => {
    permission = "denied";
    await screenshots.capture({ area: "screen" }, never).catch(() => undefined);
    steps = [];
    await expect(screenshots.capture({ area: "screen" }, never)).rejects.toMatchObject({
      code: "SCREEN_REFUSED",
    });
    expect(steps).not.toContain("picture");
  });

  test("a permission that was given meanwhile counts at once", async () => {
    permission = "not-determined";
    takePicture = async () => {
      permission = "granted";
      return image;
    };
    expect(await screenshots.capture({ area: "screen" }, never)).toBe(image);
  });
});

describe("by the hotkey", () => {
  let visible: boolean;
  let intents: Intent[];
  let toggleFromHotkey: () => Promise<void>;
  beforeEach(() => {
    visible = false;
    intents = [];
    const show = () => {
      visible = true;
      steps.push("show");
    };
    toggleFromHotkey = createHotkeyToggle(
      {
        isVisible: () => visible,
        show,
        toggle: () => {
          if (visible) visible = false;
          else show();
        },
        intend: (intent) => intents.push(intent),
      },
      screenshots,
      never,
    );
  });

  test("always: the picture is taken before the window appears, and handed to the composer", async () => {
    setting = "always";
    await toggleFromHotkey();
    expect(steps).toEqual(["picture", "show"]);
    expect(intents).toEqual([{ kind: "attach", image }]);
  });

  test.each(["ask", "never"] as const)("%s: the window appears and no picture is taken", async (choice) => {
    setting = choice;
    await toggleFromHotkey();
    expect([steps, intents]).toEqual([["show"], []]);
  });

  test("a picture that fails keeps nobody from the window, which says why", async () => {
    setting = "always";
    takePicture = () => Promise.reject(new PipitError("NO_DISPLAY", "No screen."));
    await toggleFromHotkey();
    expect(visible).toBe(true);
    expect(intents).toEqual([{ kind: "problem", code: "NO_DISPLAY", message: "No screen." }]);
  });

  test("an impatient second press takes no second picture", async () => {
    setting = "always";
    await Promise.all([toggleFromHotkey(), toggleFromHotkey()]);
    expect(steps).toEqual(["picture", "show"]);
  });

  test("a visible window is hidden, not photographed", async () => {
    setting = "always";
    visible = true;
    await toggleFromHotkey();
    expect([visible, steps]).toEqual([false, []]);
  });
});
