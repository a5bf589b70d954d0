import { visible } from "#contract/terminal-text.ts";
import { originOf, type ModelEndpoint } from "./model-endpoint.ts";

/** Longest part of a server's own words that is shown. */
const QUOTE_MAX_CHARS = 300;

/**
 * A server's words for people to read: in one line, with control characters made visible, without the key, and without
 * addresses, since where the operator's network lies is for admins alone. "" when it said nothing.
 */
export function quotedWords(text: string, endpoint: ModelEndpoint): string {
  const words = withoutAddresses(withoutSecrets(text, endpoint.key), endpoint);
  const line = visible(words.replace(/\s+/g, " ").trim());
  return line.length > QUOTE_MAX_CHARS ? `${line.slice(0, QUOTE_MAX_CHARS)}…` : line;
}

/** Keys of the providers behind a gateway, which are not known here. */
const BEARER = /\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi;
const PROVIDER_KEY =
  /\b((sk|pk|gsk|csk|xai|nvapi|hf|pplx|r8|fw|tgp)[-_](?=[\w-]*\d|\w*[A-Z])[\w-]{16,}|AIza[\w-]{30,})/g;
/** Hosts of an inner network, by the words before them or by their last label: those with a port and a dot are plain. */
const HOST_FIELD = /\b(host=)(['"]?)[^'",\s)]+\2/gi;
const NAMED_HOST = /\b(host|to|tcp|upstream|server) [a-z][\w-]*(\.[\w-]+)*:\d{2,5}\b/gi;
const LOOKED_UP = /\b(lookup|ENOTFOUND|EAI_AGAIN) [\w.-]+/g;
/** Names that hold a hyphen, since a word before a number is no host. */
const HOST_AND_PORT = /\b[a-z]\w*(-\w+)+:\d{4,5}\b/gi;
/** Where the operator's files lie, on any system, and what the provider calls its account. */
const FILE = /(?<![\w:/.])(\/(?:[\w.@+-]+\/)+[\w.@+-]*|[a-z]:\\[^\s"'<>|]+|\\\\[\w.-]+\\[^\s"'<>|]+)/gi;
const ACCOUNT = /\b(org|proj|acct|user|team)[-_](?=\w*\d)\w{8,}/gi;
const INNER_NAME = /\b[\w-]+(\.[\w-]+)*\.(local|internal|lan|home|corp|svc)\b/gi;

/** Some servers quote the key they refuse, some errors the whole address; neither secret may reach a log. */
export function withoutSecrets(text: string, key: string | undefined): string {
  const plain = text
    .replace(/\/\/[^\s/@]+@/g, "//***@")
    .replace(/(https?:\/\/[^\s?]+)\?\S*/g, "$1")
    .replace(BEARER, "$1 ***")
    .replace(PROVIDER_KEY, "***");
  return key === undefined || key === "" ? plain : plain.replaceAll(key, "***");
}

/** Links to a provider's public pages stay: they are the cure that its words name. */
function withoutAddresses(text: string, { baseUrl }: ModelEndpoint): string {
  const origin = originOf(baseUrl);
  const host = URL.parse(origin)?.hostname ?? origin;
  return text
    .replace(/\bhttps?:\/\/[^\s"'<>)\]]+/gi, (link) => (isPublicPage(link, host) ? link : "(address)"))
    .replace(/\[[0-9a-f:.]*:[0-9a-f:.]*\](:\d+)?|\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b/gi, "(address)")
    .replace(/\b(localhost|[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,})(:\d{2,5})\b/gi, "(address)")
    .replace(HOST_FIELD, "$1(address)")
    .replace(NAMED_HOST, "$1 (address)")
    .replace(LOOKED_UP, "$1 (address)")
    .replace(INNER_NAME, "(address)")
    .replace(HOST_AND_PORT, "(address)")
    .replace(FILE, "(file)")
    .replace(ACCOUNT, "(account)")
    .replaceAll(host, "(address)");
}

function isPublicPage(link: string, host: string): boolean {
  const url = URL.parse(link);
  return (
    url?.protocol === "https:" &&
    url.port === "" &&
    url.hostname !== host &&
    /\.[a-z]{2,}$/i.test(url.hostname) &&
    !/\.(local|internal|lan|home|corp|svc)$/i.test(url.hostname)
  );
}
