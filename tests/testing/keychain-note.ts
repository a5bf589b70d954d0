/** What a terminal said, without the note that it waits for the keychain, which a busy machine brings. */
export function withoutKeychainNote(said: string): string {
  return said.replace(/^pipit: Waiting for the system's keychain: [^\n]*\n/gmu, "");
}
