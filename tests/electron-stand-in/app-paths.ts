import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { NotInStandInError } from "./strict.ts";

/** The folders of an app, by Electron's names for them. Linux's, on every platform: they are this machine's. */
export class AppPaths {
  readonly #set = new Map<string, string>();
  readonly #userData: (appData: string) => string;

  /** @param userData where state lies when nothing else was said */
  constructor(userData: (appData: string) => string) {
    this.#userData = userData;
  }

  set(name: string, path: string): void {
    this.#set.set(name, path);
  }

  get(name: string): string {
    const set = this.#set.get(name);
    if (set !== undefined) return set;
    const appData = process.env["XDG_CONFIG_HOME"] ?? join(homedir(), ".config");
    switch (name) {
      case "home":
        return homedir();
      case "temp":
        return tmpdir();
      case "appData":
        return appData;
      case "userData":
        return this.#userData(appData);
      case "sessionData":
      case "crashDumps":
        return this.get("userData");
      case "logs":
        return join(this.get("userData"), "logs");
      case "exe":
      case "module":
        return process.execPath;
      default:
        throw new NotInStandInError(`app.getPath("${name}")`);
    }
  }
}
