/** The environment as a program was started with it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder of everything that Pipit keeps, for all its programs: PIPIT_HOME, or `.pipit` in the user's own folder. It
 * may be relative to where the program was started.
 */
export function homeOf(env: Environment, userFolder: string): string {
  return env["PIPIT_HOME"] || `${userFolder}/.pipit`;
}
