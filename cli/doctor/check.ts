/** What `pipit doctor` says of one part. */
export interface Check {
  readonly part: string;
  /** `limited`: Pipit works, with less than it could. `broken`: something needed does not work. */
  readonly state: "works" | "limited" | "broken";
  /** What is there, or what is wrong. */
  readonly detail: string;
  /** What to do about it. */
  readonly cure?: string;
}

/** A part that works. */
export function works(part: string, detail: string): Check {
  return { part, state: "works", detail };
}

/** A part that Pipit can do without. */
export function limited(part: string, detail: string, cure?: string): Check {
  return { part, state: "limited", detail, ...(cure === undefined ? {} : { cure }) };
}

/** A part that Pipit needs. */
export function broken(part: string, detail: string): Check {
  return { part, state: "broken", detail };
}
