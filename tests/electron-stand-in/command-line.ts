import { StrictObject } from "./strict.ts";

/** Chromium switches that the app appends; passed on when Chromium starts. */
export class CommandLine extends StrictObject {
  readonly #switches = new Map<string, string>();
  constructor() {
    super("app.commandLine");
  }
  appendSwitch(name: string, value = ""): void {
    this.#switches.set(name, value);
  }
  appendArgument(_value: string): void {}
  hasSwitch(name: string): boolean {
    return (
      this.#switches.has(name) ||
      process.argv.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`))
    );
  }
  getSwitchValue(name: string): string {
    const given = process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
    return this.#switches.get(name) ?? given ?? "";
  }
  removeSwitch(name: string): void {
    this.#switches.delete(name);
  }
  /** For the stand-in's own use: features and the like are Electron's own and mean nothing to this Chromium. */
  forChromium(): string[] {
    const taken = ["autoplay-policy", "lang", "force-device-scale-factor"];
    return [...this.#switches]
      .filter(([name]) => taken.includes(name))
      .map(([name, value]) => `--${name}=${value}`);
  }
}
