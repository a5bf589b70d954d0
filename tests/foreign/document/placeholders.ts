/** What stands in a document for values that are different every time. */
const kinds: Readonly<Record<string, string>> = {
  uuid: "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
  jwt: String.raw`eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+`,
  token: String.raw`[\w-]{20,}`,
  number: String.raw`\d+`,
  date: String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`,
  "http-date": String.raw`\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT`,
  code: "[A-Z0-9]{4,}(?:-[A-Z0-9]{4,})*",
  "recovery-code": "[A-Za-z0-9]{4,}(?:-[A-Za-z0-9]{4,})+",
  base32: "[A-Z2-7]{16,}",
  base64url: String.raw`[\w-]+`,
  svg: String.raw`<svg [\s\S]*</svg>\n?`,
  text: String.raw`[\s\S]+`,
  version: String.raw`\d+\.\d+\.\d+`,
};
const placeholder = new RegExp(`<(${Object.keys(kinds).join("|")})>`, "g");

/** Kinds that stand in JSON for what is no text: a bare `<number>`, without quotes. */
const bare = new Set(["number"]);
/** Marks such a one once the document is parsed. */
const BARE = "\u0000bare ";

/** Whether a text is what the document says, placeholders matched by their kind. */
export function matchesText(expected: string, actual: string): boolean {
  const parts = expected.split(placeholder);
  // Odd ones are names of placeholders.
  const pattern = parts
    .map((part, index) => (index % 2 === 1 ? `(?:${kinds[part]})` : escape(part)))
    .join("");
  return new RegExp(`^${pattern}$`).test(actual);
}

/** JSON of a document, in which a bare `<number>` may stand. */
export function parseDocumentJson(text: string): unknown {
  const quoted = text.replace(/([:[,]\s*)<([\w-]+)>/g, (all, before: string, kind: string) =>
    bare.has(kind) ? `${before}${JSON.stringify(BARE + kind)}` : all,
  );
  return JSON.parse(quoted);
}

/** Where JSON differs from what the document says, one text for each place; empty when it does not. */
export function differences(expected: unknown, actual: unknown, path = "$"): readonly string[] {
  if (typeof expected === "string") return differentText(expected, actual, path);
  if (Array.isArray(expected)) return differentLists(expected, actual, path);
  if (isObject(expected)) return differentObjects(expected, actual, path);
  return expected === actual ? [] : [difference(path, expected, actual)];
}

function differentText(expected: string, actual: unknown, path: string): readonly string[] {
  const matches = expected.startsWith(BARE)
    ? typeof actual === "number" && matchesText(`<${expected.slice(BARE.length)}>`, String(actual))
    : typeof actual === "string" && matchesText(expected, actual);
  return matches ? [] : [difference(path, expected.replace(BARE, "bare "), actual)];
}

/** A last element "..." stands for any number of what is before it. */
function differentLists(expected: readonly unknown[], actual: unknown, path: string): readonly string[] {
  if (!Array.isArray(actual)) return [difference(path, expected, actual)];
  const open = expected.at(-1) === "...";
  const shown = open ? expected.slice(0, -1) : expected;
  if (open ? actual.length < shown.length : actual.length !== shown.length) {
    return [difference(`${path}.length`, shown.length, actual.length)];
  }
  return actual.flatMap((element: unknown, index) =>
    differences(shown[Math.min(index, shown.length - 1)], element, `${path}[${index}]`),
  );
}

function differentObjects(
  expected: Readonly<Record<string, unknown>>,
  actual: unknown,
  path: string,
): readonly string[] {
  if (!isObject(actual)) return [difference(path, expected, actual)];
  return [...new Set([...Object.keys(expected), ...Object.keys(actual)])].flatMap((key) => {
    if (!Object.hasOwn(actual, key)) return [`${path}.${key} is documented and does not come`];
    if (!Object.hasOwn(expected, key)) {
      return [`${path}.${key} comes and is not documented: ${JSON.stringify(actual[key])}`];
    }
    return differences(expected[key], actual[key], `${path}.${key}`);
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function difference(path: string, expected: unknown, actual: unknown): string {
  return `${path}: documented ${JSON.stringify(expected)}, came ${JSON.stringify(actual)}`;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}
