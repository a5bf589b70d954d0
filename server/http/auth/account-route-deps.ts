import type { Accounts } from "#server/domain/accounts/accounts.ts";
import type { SignIn } from "#server/domain/sign-in/sign-in.ts";
import type { DeviceCookie } from "../kit/device-cookie.ts";
import type { BrowserSessionDeps } from "./browser-session.ts";

/** What the routes need that sign a browser in by password. */
export interface AccountRouteDeps extends BrowserSessionDeps {
  readonly accountService: Accounts;
  readonly signIn: SignIn;
  readonly deviceCookie: DeviceCookie;
  /** Whether strangers may make accounts (PIPIT_REGISTRATION). */
  readonly registrationOpen: boolean;
}
