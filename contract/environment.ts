/** The environment as a program was started with it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder of everything that Pipit keeps, for all its programs: PIPIT_HOME, or `.pipit` in the user's own folder. It
 * may be relative to where the program was started.
 */
export function homeOf(env: Environment, userFolder: string): string {
  return env["PIPIT_HOME"] || `${userFolder}/.pipit`;
}

/** BCP 47, from LC_ALL, LC_MESSAGES or LANG: "ru_RU.UTF-8" -> "ru-RU"; "C" and "POSIX" mean English. */
export function localeOf(env: Environment): string {
  const value = env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"];
  const tag = value?.split(".")[0]?.split("@")[0]?.replace("_", "-");
  if (!tag || tag === "C" || tag === "POSIX") return "en";
  try {
    return new Intl.Locale(tag).toString();
  } catch {
    return "en";
  }
}
