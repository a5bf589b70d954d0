import { createKeychain, type KeychainOptions } from "./keychain.ts";

/** A program that keeps sign-ins. */
export type KeychainHolder = "desktop" | "terminal";

const services: Readonly<Record<KeychainHolder, string>> = {
  desktop: "pipit-desktop",
  terminal: "pipit-terminal",
};
/** Of versions in which both programs had one item. */
const SHARED_SERVICE = "pipit";

/** How the items of a keychain are reached; see {@link KeychainOptions}. */
export type KeychainAccess = Omit<KeychainOptions, "account" | "service">;

/**
 * The items that may hold the key of one scope. Each program has one of its own: macOS lets a program read without asking
 * the person only what that very program has made, so that of the other is read when there is no way around it.
 */
export function keychainItems(holder: KeychainHolder, account: string, access: KeychainAccess | undefined) {
  const item = (service: string) => createKeychain({ ...access, service, account });
  const other = holder === "desktop" ? "terminal" : "desktop";
  return { own: item(services[holder]), others: [item(SHARED_SERVICE), item(services[other])] };
}
