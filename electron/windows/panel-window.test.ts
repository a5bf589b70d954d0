import { EventEmitter } from "node:events";
import type { NativeTheme } from "electron";
import { expect, test } from "vitest";
import { followTheme, panelOptions } from "./panel-window.ts";

function follow(platform: NodeJS.Platform): readonly string[] {
  const theme = Object.assign(new EventEmitter(), { shouldUseDarkColors: false });
  const colours: string[] = [];
  followTheme(
    { setBackgroundColor: (colour: string) => void colours.push(colour), once: () => undefined } as never,
    theme as unknown as NativeTheme,
    platform,
  );
  theme.shouldUseDarkColors = true;
  theme.emit("updated");
  return colours;
}

test("the window's ground follows a switch of the theme, where the system does not paint it", () => {
  const dark = panelOptions({ platform: "linux", dark: true, preload: "/p.cjs" }).backgroundColor;
  expect([follow("linux"), follow("win32"), follow("darwin")]).toEqual([[dark], [dark], []]);
});
