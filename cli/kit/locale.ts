import type { Environment } from "#contract/environment.ts";

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
