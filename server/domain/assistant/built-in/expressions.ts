/** Words of arithmetic and what they mean to the calculator; longer phrases first. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bdivided by\b|(?<!\p{L})(?:раз)?делить на(?!\p{L})/giu, "/"],
  [/\bmultiplied by\b|\btimes\b|(?<!\p{L})умножить на(?!\p{L})/giu, "*"],
  [/\bto the power of\b|(?<!\p{L})в степени(?!\p{L})/giu, "^"],
  [/\bsquared\b|(?<!\p{L})в квадрате(?!\p{L})/giu, "^2"],
  [/\bcubed\b|(?<!\p{L})в кубе(?!\p{L})/giu, "^3"],
  [/\bplus\b|(?<!\p{L})плюс(?!\p{L})/giu, "+"],
  [/\bminus\b|(?<!\p{L})минус(?!\p{L})/giu, "-"],
  [/(?:the )?square root of\s+([\d.,]+)|корень (?:квадратный )?из\s+([\d.,]+)/giu, "sqrt($1$2)"],
  [/\s*(?:percent|per cent)\b|\s*процент\p{L}*/giu, "%"],
  [/(\d)\s*[xх]\s*(?=\d)/giu, "$1*"],
];

const NAMES =
  "sqrt|cbrt|sin|cos|tan|asin|acos|atan|log|log10|log2|ln|exp|abs|round|floor|ceil|factorial|pi|deg|mod|gcd|lcm|max|min|e";
const ARITHMETIC = new RegExp(
  `^(?:%\\s*(?:of|от)\\s+|[\\d\\s.,+\\-*/^%()!×÷·−√π]|(?<![a-z])(?:${NAMES})(?![a-z]))+$`,
  "i",
);
const CONVERSION = /^[\d.,\s]+\s*[a-z°]+(?:\/[a-z]+)?\s+(?:to|in)\s+[a-z°]+(?:\/[a-z]+)?$/i;

/**
 * The expression in a text that consists of nothing else, in the calculator's own notation: "7 times 8" is "7 * 8",
 * "15 percent of 80" is "15% of 80". Undefined: the text is something else.
 */
export function toExpression(text: string): string | undefined {
  const plain = WORDS.reduce((words, [pattern, meaning]) => words.replace(pattern, meaning), text)
    .replace(/[?=!.\s]+$/u, (end) => (end.includes("!") ? "!" : ""))
    .trim();
  const expression = withoutDecimalCommas(plain);
  if (!/\d/.test(expression)) return undefined;
  if (CONVERSION.test(expression)) return expression.replace(/\s+in\s+/i, " to ");
  return ARITHMETIC.test(expression) && hasOperation(expression) ? expression : undefined;
}

/** A bare number or a date such as "2026-11-21" is not a sum. */
function hasOperation(expression: string): boolean {
  if (/^(?:\d{4}-\d{2}-\d{2}|\d{1,2}[/.-]\d{1,2}[/.-]\d{4})$/.test(expression)) return false;
  return /[\d)%!πe]\s*[+\-*/^×÷·−%!]|√|[a-z]+\s*\(/i.test(expression);
}

/** "1,000,000" is a million, "3,5" is three and a half; inside a function's brackets a comma parts arguments. */
function withoutDecimalCommas(text: string): string {
  if (/[a-z]+\s*\([^)]*,/i.test(text)) return text;
  return text
    .replace(/(?<!\d)(\d{1,3}(?:,\d{3})+)(?![\d,])/g, (all) => all.replaceAll(",", ""))
    .replace(/(\d),(\d)/g, "$1.$2");
}
