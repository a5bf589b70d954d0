import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import type { App } from "electron";
import { beforeEach, describe, expect, test } from "vitest";
import { misspeltSwitch, readConfig } from "./config.ts";
import { takeSingleInstance } from "./single-instance.ts";

describe("[D5] a key of the desktop itself", () => {
  let app: EventEmitter & Pick<App, "requestSingleInstanceLock">;
  let told: string[];
  beforeEach(() => {
    told = [];
    app = Object.assign(new EventEmitter(), { requestSingleInstanceLock: () => true });
    takeSingleInstance(
      app as unknown as App,
      (wish) => told.push(wish),
      (link) => told.push(link),
    );
  });

  test.each([
    [["/opt/Pipit/pipit", "--toggle"], "toggle"],
    [["/opt/Pipit/pipit", "--allow-file-access-from-files", "--show"], "show"],
    [["/opt/Pipit/pipit"], "show"],
    [["/opt/Pipit/pipit", "--toggle", "pipit://show"], "pipit://show"],
  ])("runs %j, which tells the running app: %s", (argv, wish) => {
    app.emit("second-instance", {}, argv, "/");
    expect(told).toEqual([wish]);
  });

  test("a first start hears it too", () => {
    expect(readConfig({}, ["pipit", "--toggle"]).wish).toBe("toggle");
    expect(readConfig({}, ["pipit"]).wish).toBeUndefined();
  });

  test("a click on the icon of the app that runs shows it", () => {
    app.emit("activate", {}, false);
    expect(told).toEqual(["show"]);
  });

  test("the desktop's portal knows the app by the name of its desktop file", () => {
    const { desktopName } = JSON.parse(readFileSync("package.json", "utf8")) as { desktopName?: string };
    expect(desktopName).toBe("pipit.desktop");
    // Electron's switch of old, which it no longer needs.
    expect(readFileSync("electron/main.ts", "utf8")).not.toContain("GlobalShortcutsPortal");
  });
});

test("a misspelt switch of ours is found, and those of Chromium, Electron and the terminal client are left alone", () => {
  const meantBy = (...args: readonly string[]) => misspeltSwitch(["/opt/Pipit/pipit", ...args])?.meant;
  const misspelt = {
    "--togle": "--toggle",
    "--tgoggle": "--toggle",
    "-toggle": "--toggle",
    "--toggle=1": "--toggle",
  };
  for (const [given, meant] of Object.entries({
    ...misspelt,
    "--Show": "--show",
    "--shwo": "--show",
    "--clii": "--cli",
  }))
    expect([given, meantBy("--class=pipit", "main.js", given)]).toEqual([given, meant]);
  const others =
    "--v=1 --abi --cwd=/ --lang=de --type=gpu --host-rules=x --show-icons --inspect=0 -r --no-sandbox -psn_0_1 --kiosk --class=a";
  expect(meantBy(...others.split(" "), "--toggle", "pipit:--togle")).toBeUndefined();
  expect([meantBy("--", "--togle"), meantBy("--cli", "chat", "--sho")]).toEqual([undefined, undefined]);
});
