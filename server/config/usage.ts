import type { Setting } from "./setting.ts";
import { allSettings } from "./settings.ts";

/** How the flag is written, e.g. "--http HOST:PORT". */
export function flagOf({ flag, takes }: Setting): string {
  return `--${flag}${takes === undefined ? "" : ` ${takes}`}`;
}

/** What holds when the setting is not set, as Markdown; "" for a switch. */
export function defaultOf(setting: Setting): string {
  if ("otherwise" in setting) return setting.otherwise;
  if (setting.initial === false) return "";
  return setting.initial === "" ? "none" : `\`${setting.initial}\``;
}

/** What `pipit serve --help` prints. */
export function serveUsage(): string {
  const flags = allSettings.filter(({ flag }) => flag !== undefined);
  const others = allSettings.filter(({ flag }) => flag === undefined);
  return [
    "Usage: pipit serve [FLAG...]",
    "",
    ...flags.map((setting) => lineOf(flagOf(setting), setting)),
    "",
    "In the environment:",
    ...others.map((setting) => lineOf(setting.env ?? "", setting)),
    "",
    "Flags win over the environment, the environment over config.toml in PIPIT_HOME, whose keys are in",
    "docs/operations.md.",
    "",
  ].join("\n");
}

function lineOf(name: string, setting: Setting): string {
  const value = defaultOf(setting);
  const text = `${setting.about}${value === "" ? "" : ` (default: ${value})`}`;
  return `  ${name.padEnd(26)} ${text.replaceAll("`", "")}`;
}
