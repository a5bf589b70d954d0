import type { DocumentAnswer } from "./blocks.ts";
import { differences, matchesText, parseDocumentJson } from "./placeholders.ts";

interface HttpMessage {
  readonly status: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body: string;
}

/** What is different in what a command printed; empty when it is as documented. */
export function compareAnswer(answer: DocumentAnswer, printed: string): readonly string[] {
  return answer.kind === "http"
    ? compareHttp(readMessage(answer.text), readMessage(printed))
    : compareLines(answer.text, printed);
}

/** The headers that are documented must be there; others may be. */
function compareHttp(expected: HttpMessage, actual: HttpMessage): readonly string[] {
  const status =
    expected.status === actual.status ? [] : [`status: documented ${expected.status}, came ${actual.status}`];
  const headers = expected.headers
    .filter(
      ({ name, value }) =>
        !actual.headers.some((other) => other.name === name && matchesText(value, other.value)),
    )
    .map(({ name, value }) => {
      const came = actual.headers.filter((other) => other.name === name).map((other) => other.value);
      return `header ${name}: documented ${value}, came ${JSON.stringify(came)}`;
    });
  return [...status, ...headers, ...compareBody(expected.body, actual)];
}

/** Pages may be left out of a document; what programs read may not. */
function compareBody(expected: string, { headers, body }: HttpMessage): readonly string[] {
  const type = headers.find(({ name }) => name === "content-type")?.value ?? "";
  const isJson = /^application\/(?:\w+\+)?json\b/.test(type);
  if (expected === "") return isJson || type.startsWith("text/plain") ? [`not documented: ${body}`] : [];
  return isJson ? differences(parseDocumentJson(expected), JSON.parse(body)) : compareLines(expected, body);
}

/** Each line must come, in this order; "..." stands for any lines. */
function compareLines(expected: string, actual: string): readonly string[] {
  const lines = actual.split("\n").map((line) => line.trim());
  let from = 0;
  let gap = false;
  for (const wanted of expected
    .trim()
    .split("\n")
    .map((line) => line.trim())) {
    if (wanted === "...") {
      gap = true;
      continue;
    }
    const found = lines.findIndex((line, index) => index >= from && matchesText(wanted, line));
    if (found === -1 || (!gap && found !== from)) return [`line documented, but not there: ${wanted}`];
    from = found + 1;
    gap = false;
  }
  const rest = lines.slice(from).filter((line) => line !== "");
  return gap || rest.length === 0 ? [] : [`lines not documented: ${rest.join(" | ")}`];
}

function readMessage(text: string): HttpMessage {
  const [head = "", ...rest] = text.replaceAll("\r\n", "\n").split("\n\n");
  const [status = "", ...lines] = head.split("\n");
  return {
    status: status.trim(),
    headers: lines.map((line) => {
      const colon = line.indexOf(":");
      return { name: line.slice(0, colon).trim().toLowerCase(), value: line.slice(colon + 1).trim() };
    }),
    body: rest.join("\n\n").trim(),
  };
}
