import { beforeEach, expect, test } from "vitest";
import { createHotkeys, type Hotkeys } from "./hotkeys.ts";

let registered: Map<string, () => void>;
let presses: number;
let hotkeys: Hotkeys;
beforeEach(() => {
  registered = new Map();
  presses = 0;
  hotkeys = createHotkeys(
    {
      register(accelerator, callback) {
        if (accelerator === "nonsense") throw new TypeError("conversion failure");
        if (accelerator === "Alt+Taken") return false;
        registered.set(accelerator, callback);
        return true;
      },
      unregister: (accelerator) => void registered.delete(accelerator),
    },
    () => (presses += 1),
  );
});

const press = (accelerator: string) => registered.get(accelerator)?.();

test("a hotkey that was taken counts as working only after it fired", () => {
  expect(hotkeys.set("Alt+A")).toBe(true);
  expect(hotkeys.status.getState()).toEqual({ kind: "registered", accelerator: "Alt+A" });
  press("Alt+A");
  expect(hotkeys.status.getState()).toEqual({ kind: "confirmed", accelerator: "Alt+A" });
  expect(presses).toBe(1);
});

test("another hotkey takes the place of the old one, and is unconfirmed again", () => {
  hotkeys.set("Alt+A");
  press("Alt+A");
  hotkeys.set("Alt+B");
  expect([...registered.keys()]).toEqual(["Alt+B"]);
  expect(hotkeys.status.getState()).toEqual({ kind: "registered", accelerator: "Alt+B" });
});

test.each([
  ["Alt+Taken", "taken"],
  ["nonsense", "invalid"],
] as const)("when %s is refused, the status says why and the old one stays", (accelerator, reason) => {
  hotkeys.set("Alt+A");
  expect(hotkeys.set(accelerator)).toBe(false);
  expect(hotkeys.status.getState()).toEqual({ kind: "refused", accelerator, reason });
  expect([...registered.keys()]).toEqual(["Alt+A"]);
  press("Alt+A");
  expect(presses).toBe(1);
  expect(hotkeys.status.getState()).toEqual({ kind: "confirmed", accelerator: "Alt+A" });
});

test("setting the one that is there takes a refusal back", () => {
  hotkeys.set("Alt+A");
  hotkeys.set("Alt+Taken");
  expect(hotkeys.set("Alt+A")).toBe(true);
  expect(hotkeys.status.getState()).toEqual({ kind: "registered", accelerator: "Alt+A" });
});

test("none, and the end of the app, leave nothing registered", () => {
  hotkeys.set("Alt+A");
  hotkeys.set("");
  expect([hotkeys.status.getState(), registered.size]).toEqual([{ kind: "off" }, 0]);
  hotkeys.set("Alt+B");
  hotkeys[Symbol.dispose]();
  expect(registered.size).toBe(0);
});
