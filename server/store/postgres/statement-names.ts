/** Texts that have a name; each costs a plan per connection, some ten kilobytes of the database server's memory. */
const MAX_NAMES = 200;

/** Names of prepared statements, the same on all connections of a pool. */
export interface StatementNames {
  /** Undefined when there are as many as there may be: then the text is parsed each time. */
  of(text: string): string | undefined;
  /** Gives the text another name the next time, because its plans are out of date. */
  forget(text: string): void;
}

export function createStatementNames(): StatementNames {
  const names = new Map<string, string>();
  let given = 0;
  return {
    of(text) {
      const known = names.get(text);
      if (known !== undefined || names.size === MAX_NAMES) return known;
      const name = `pipit_${++given}`;
      names.set(text, name);
      return name;
    },
    forget: (text) => void names.delete(text),
  };
}
