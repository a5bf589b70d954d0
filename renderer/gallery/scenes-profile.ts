import { PipitError } from "#contract/pipit-error.ts";
import { ada, scriptedAccount } from "./scripted-account.ts";
import { asPage } from "./scenes-shell.ts";
import type { ScriptedBridge } from "./scripted-bridge.ts";

type Scene = (bridge: ScriptedBridge) => void;

/** States of the profile, which only the page has. */
export const profileScenes: Readonly<Record<string, Scene>> = {
  profile: openProfile,
  "profile-factor": (bridge) => {
    openProfile(bridge);
    bridge.ownAccount = {
      ...scriptedAccount,
      read: async () => ({ ...ada, secondFactor: true, recoveryCodesLeft: 7 }),
      disableSecondFactor: () => fail("OTP_INVALID", "The code is wrong."),
      close: () => fail("CREDENTIALS_INVALID", "Login or password is wrong."),
    };
  },
  "profile-refused": (bridge) => {
    openProfile(bridge);
    const tooMany = () => fail("RATE_LIMITED", "Too many attempts.");
    bridge.ownAccount = {
      ...scriptedAccount,
      changeProfile: () => fail("INVALID_REQUEST", "email is taken.", "email"),
      changePassword: () => fail("CREDENTIALS_INVALID", "Login or password is wrong."),
      beginSecondFactor: tooMany,
      places: tooMany,
    };
  },
  "profile-local": (bridge) => {
    openProfile(bridge);
    const local = { ...ada, login: "local", displayName: "Ada", about: "", email: "", local: true };
    bridge.ownAccount = { ...scriptedAccount, read: async () => local, places: async () => [] };
  },
  "profile-failed": (bridge) => {
    openProfile(bridge);
    bridge.ownAccount = {
      ...scriptedAccount,
      read: () => fail("SERVER_UNREACHABLE", "https://pipit.example.org does not answer."),
    };
  },
};

function openProfile(bridge: ScriptedBridge): void {
  asPage(bridge);
  bridge.view = "profile";
}

function fail(
  code: ConstructorParameters<typeof PipitError>[0],
  message: string,
  field?: string,
): Promise<never> {
  return Promise.reject(new PipitError(code, message, field === undefined ? {} : { field }));
}
