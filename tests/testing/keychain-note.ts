/** A session without one: sign-ins are in a file of the program's home. What the keychain does is what system tests are about. */
export const noKeychain = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere" } as const;

/** What a terminal said, without the note that it waits for the keychain, which a busy machine brings. */
export function withoutKeychainNote(said: string): string {
  return said.replace(/^pipit: Waiting for the system's keychain: [^\n]*\n/gmu, "");
}
