import type { NamedProgram } from "#contract/intent.ts";
import type { Settings } from "#contract/settings.ts";
import type { FrontProgram } from "./front-program.ts";

/** Programs that keep secrets are never told: the titles of their windows name what they keep. */
const SECRET_KEEPERS =
  /1password|bitwarden|keepass|lastpass|dashlane|enpass|nordpass|proton ?pass|roboform|keeper|keychain|^passwords$|kwallet|seahorse|^secrets$/iu;

/** What the window may be told of a program: nothing, unless the settings let programs be told and the person did not say never. */
export function namedProgram(
  program: FrontProgram | undefined,
  { tellPrograms, programs }: Pick<Settings, "tellPrograms" | "programs">,
): NamedProgram | undefined {
  if (!tellPrograms || program === undefined || program.name === "" || SECRET_KEEPERS.test(program.name))
    return undefined;
  const { name, title } = program;
  const said = programs.find((known) => known.name === name)?.tell;
  return said === false ? undefined : { name, title, tell: said === true ? "always" : "ask" };
}
