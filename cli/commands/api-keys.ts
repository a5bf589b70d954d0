import { z } from "zod";
import { languageOfLocale } from "#contract/language.ts";
import type { Client } from "#engine/node/client.ts";
import { askApi, refusalOf } from "../kit/ask-api.ts";
import { exitCodes, type ExitCode } from "../kit/exit-codes.ts";
import type { CommandDeps } from "../kit/open-cli-client.ts";
import { printJson, printLine, printNote } from "../kit/terminal.ts";
import { ToldError } from "../kit/told-error.ts";
import { withClient } from "../kit/with-client.ts";

const PATH = "/v1/api-keys";
const JSON_BODY = { "content-type": "application/json" };

const keySchema = z.object({
  id: z.string(),
  name: z.string(),
  scope: z.string(),
  created_at: z.string(),
  expires_at: z.string(),
  last_used: z.string().nullable(),
});
const listSchema = z.object({ data: z.array(keySchema) });
const madeSchema = keySchema.extend({ key: z.string() });

const english = {
  none: "There are no API keys. 'pipit api-keys create NAME' makes one.",
  line: (scope: string, expires: string, used: string) => `${scope} · until ${expires} · ${used}`,
  used: (day: string) => `last used ${day}`,
  unused: "not used yet",
  once: "This is the only time that it is shown. Whoever has it can do what its scope says.",
  revoked: "Revoked.",
  unknown: "There is no API key of this id; 'pipit api-keys list' shows them.",
  odd: "The server said nothing about API keys. Are client and server of one version?",
};
const russian: typeof english = {
  none: "Ключей API нет. Создать: 'pipit api-keys create ИМЯ'.",
  line: (scope, expires, used) => `${scope} · до ${expires} · ${used}`,
  used: (day) => `использован ${day}`,
  unused: "ещё не использован",
  once: "Больше он показан не будет. С ним можно всё, что разрешено его областью доступа.",
  revoked: "Ключ отозван.",
  unknown: "Ключа API с таким id нет; все ключи: 'pipit api-keys list'.",
  odd: "Сервер не ответил о ключах API. Одной ли версии клиент и сервер?",
};

/** `pipit api-keys list`. */
export function list(flags: { readonly json?: boolean }, deps: CommandDeps): Promise<ExitCode> {
  return withWords(deps, async (client, words, signal) => {
    const { data } = await askApi(client, { method: "GET", path: PATH }, listSchema, words.odd, signal);
    if (flags.json === true) for (const key of data) printJson(deps.terminal, key);
    else if (data.length === 0) printNote(deps.terminal, words.none);
    else for (const key of data) printLine(deps.terminal, `${key.id}  ${key.name}  ${lineOf(key, words)}`);
    return exitCodes.done;
  });
}

/** `pipit api-keys create NAME`: prints the key, and nothing else, to stdout. */
export function create(
  flags: { readonly name: string; readonly scope?: string; readonly days?: number; readonly json?: boolean },
  deps: CommandDeps,
): Promise<ExitCode> {
  return withWords(deps, async (client, words, signal) => {
    const body = JSON.stringify({ name: flags.name, scope: flags.scope, expires_in_days: flags.days });
    const request = { method: "POST", path: PATH, headers: JSON_BODY, body } as const;
    const { key, ...made } = await askApi(client, request, madeSchema, words.odd, signal);
    if (flags.json === true) printJson(deps.terminal, { ...made, key });
    else printLine(deps.terminal, key);
    printNote(deps.terminal, `${made.name}: ${lineOf(made, words)}. ${words.once}`);
    return exitCodes.done;
  });
}

/** `pipit api-keys revoke ID`. */
export function revoke(flags: { readonly id: string }, deps: CommandDeps): Promise<ExitCode> {
  return withWords(deps, async (client, words, signal) => {
    const path = `${PATH}/${encodeURIComponent(flags.id)}`;
    const response = await client.api.request({ method: "DELETE", path }, signal);
    if (response.status === 404) throw new ToldError("USAGE", words.unknown);
    if (response.status !== 204) throw refusalOf(response, words.odd);
    printNote(deps.terminal, words.revoked);
    return exitCodes.done;
  });
}

type Words = typeof english;

function withWords(
  deps: CommandDeps,
  run: (client: Client, words: Words, signal: AbortSignal) => Promise<ExitCode>,
): Promise<ExitCode> {
  const words = languageOfLocale(deps.config.locale) === "ru" ? russian : english;
  return withClient(deps, (client, signal) => run(client, words, signal));
}

function lineOf(key: z.infer<typeof keySchema>, words: Words): string {
  const used = key.last_used === null ? words.unused : words.used(dayOf(key.last_used));
  return words.line(key.scope, dayOf(key.expires_at), used);
}

function dayOf(time: string): string {
  return time.slice(0, 10);
}
