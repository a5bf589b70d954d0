import { platform } from "./platform.ts";
import { checkOptions } from "./strict.ts";

type LoginItemStatus = "not-registered" | "enabled" | "requires-approval" | "not-found";
interface LoginItemRequest {
  readonly openAtLogin?: boolean;
  readonly type?: string;
  readonly serviceName?: string;
  readonly path?: string;
  readonly args?: readonly string[];
  readonly enabled?: boolean;
  readonly name?: string;
}
interface LoginItemState {
  readonly openAtLogin: boolean;
  readonly wasOpenedAtLogin: boolean;
  readonly status?: LoginItemStatus;
  readonly executableWillLaunchAtLogin?: boolean;
}

/**
 * What starts with the session; on Linux Electron does nothing. STAND_IN_LOGIN_ITEM=requires-approval is a Mac whose person has switched the app off in
 * System Settings: it can ask, and stays off.
 */
export class LoginItems {
  #wanted = false;

  set(request: LoginItemRequest): void {
    const known = ["openAtLogin", "type", "serviceName", "path", "args", "enabled", "name"];
    checkOptions("app.setLoginItemSettings", request, known);
    this.#wanted = platform !== "linux" && request.openAtLogin === true;
  }

  get(): LoginItemState {
    if (platform === "win32")
      return {
        openAtLogin: this.#wanted,
        wasOpenedAtLogin: false,
        executableWillLaunchAtLogin: this.#wanted,
      };
    const status = this.#status();
    return { openAtLogin: status === "enabled", wasOpenedAtLogin: false, status };
  }

  #status(): LoginItemStatus {
    if (!this.#wanted) return "not-registered";
    return process.env["STAND_IN_LOGIN_ITEM"] === "requires-approval" ? "requires-approval" : "enabled";
  }
}
