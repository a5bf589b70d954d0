import { editDistance } from "#contract/names/edit-distance.ts";

/**
 * A name with one slip of the hand in it, each in turn: a letter that is another, left out, typed twice, or in the place of its
 * neighbour. The first letters stay.
 */
export function misspellings(name: string): readonly string[] {
  const last = name.length - 1;
  // Two letters that are alike change nothing by changing places.
  const pair = name[last - 1] === name[last] ? last - 2 : last - 1;
  const [before, letter, after] = [name.slice(0, last - 1), name[last - 1] ?? "", name.slice(last)];
  return [
    `${before}x${after}`,
    before + after,
    before + letter + letter + after,
    `${name.slice(0, pair)}${name[pair + 1] ?? ""}${name[pair] ?? ""}${name.slice(pair + 2)}`,
  ];
}

/** A config.toml that sets this `key` or `table.key` in its third line. */
export function tomlOf(key: string): string {
  const [table = "", own] = key.split(".");
  return own === undefined
    ? `# One.\n# Two.\n${table} = "hunter2"\n`
    : `[${table}]\n# Two.\n${own} = "hunter2"\n`;
}

/** Whether a refusal guesses what was meant, or a name that is as near. */
export function hasGuess(told: string, misspelt: string, meant: string): boolean {
  const [, guesses = ""] = /Did you mean (?:one of )?([^?]*)\?/.exec(told) ?? [];
  const slips = (name: string): number => editDistance(misspelt, name, misspelt.length);
  return guesses.split(", ").some((guess) => guess !== "" && slips(guess) <= slips(meant));
}
