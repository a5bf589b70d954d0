const MAX_HEADLINE_CHARS = 240;
/** How much of the text before the match the headline shows. */
const HEADLINE_LEAD_CHARS = 80;

/** At most 240 characters of a text, on one line, around the place where the match begins. */
export function headlineAt(text: string, at: number): string {
  let from = Math.max(0, at - HEADLINE_LEAD_CHARS);
  if (from > 0) {
    const space = text.slice(from, at).search(/\s/);
    if (space !== -1) from += space + 1;
  }
  // Not between the two halves of one character.
  if (/[\uDC00-\uDFFF]/.test(text.charAt(from))) from += 1;
  const before = from > 0 ? "…" : "";
  const rest = text.slice(from, from + 4 * MAX_HEADLINE_CHARS).replace(/\s+/g, " ");
  const room = MAX_HEADLINE_CHARS - before.length;
  if (rest.length <= room && from + 4 * MAX_HEADLINE_CHARS >= text.length)
    return (before + rest.trim()).toWellFormed();
  const cut = rest.slice(0, room - 1);
  const lastSpace = cut.lastIndexOf(" ");
  const whole = lastSpace > room / 2 ? cut.slice(0, lastSpace) : cut.replace(/[\uD800-\uDBFF]$/, "");
  return `${before}${whole.trim()}…`.toWellFormed();
}
