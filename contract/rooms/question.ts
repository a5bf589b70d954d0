/** By which the assistant signs in rooms. */
export const ASSISTANT_LOGIN = "pipit";

const addressed = /^\s*@pipit(?![\p{L}\p{M}\p{N}_@-]|\.[\p{L}\p{N}])[\s,.:;!?…—-]*/iu;

/** What a message in a room asks the assistant; undefined when it does not begin with its name, or says nothing else. */
export function askedOf(text: string): string | undefined {
  const name = addressed.exec(text)?.[0];
  const asked = name === undefined ? "" : text.slice(name.length).trim();
  return asked === "" ? undefined : asked;
}
