import type { Accounts } from "#server/domain/accounts/accounts.ts";
import type { PasswordSignIn } from "#server/domain/accounts/password-sign-in.ts";
import type { DeviceCookie } from "../kit/device-cookie.ts";
import type { StartSessionDeps } from "./start-session.ts";

/** What the routes need that sign a browser in by password. */
export interface AccountRouteDeps extends StartSessionDeps {
  readonly accountService: Accounts;
  readonly passwordSignIn: PasswordSignIn;
  readonly deviceCookie: DeviceCookie;
  /** Whether strangers may make accounts (PIPIT_REGISTRATION). */
  readonly registrationOpen: boolean;
}
