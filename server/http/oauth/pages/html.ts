const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Markup that was made by {@link html}, and by nothing else. */
export interface Html {
  readonly markup: string;
}

type Part = string | number | Html | readonly Html[] | undefined | false;

/**
 * Markup with values in it. Text is escaped, for elements and for quoted attributes alike; markup of this function is
 * taken as it is; undefined and false are nothing.
 *
 * @example html`<p class="${name}">${text}</p>`
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const markup = strings.reduce((before, text, index) => before + render(parts[index - 1]) + text);
  return { markup };
}

/** An attribute that is there or not, e.g. `required`. */
export function flag(name: "required" | "autofocus" | "readonly", on: boolean): Html | false {
  return on && { markup: ` ${name}` };
}

function render(part: Part): string {
  if (part === undefined || part === false) return "";
  if (typeof part === "string") return part.replace(/[&<>"']/g, (char) => escapes[char] ?? "");
  if (typeof part === "number") return String(part);
  return isList(part) ? part.map(({ markup }) => markup).join("") : part.markup;
}

function isList(part: Html | readonly Html[]): part is readonly Html[] {
  return Array.isArray(part);
}
