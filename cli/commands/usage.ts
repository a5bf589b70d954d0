import { z } from "zod";
import { languageOfLocale } from "#contract/language.ts";
import { askApi } from "../kit/ask-api.ts";
import { exitCodes, type ExitCode } from "../kit/exit-codes.ts";
import { openSignedInClient, type CommandDeps } from "../kit/open-cli-client.ts";
import { paint, printJson, printLine, printNote } from "../kit/terminal.ts";

const TIMEOUT_MS = 30_000;

const tokens = {
  input_tokens: z.number(),
  output_tokens: z.number(),
  answers: z.number(),
  estimated: z.number(),
};
const limitSchema = z.object({ limit: z.number(), used: z.number(), free_at: z.string() }).nullable();
const usageSchema = z.object({
  from: z.string(),
  to: z.string(),
  data: z.array(
    z.object({
      day: z.string().optional(),
      model: z.string().optional(),
      chat_id: z.string().nullish(),
      title: z.string().nullish(),
      ...tokens,
    }),
  ),
  total: z.object(tokens),
  limits: z.object({ day: limitSchema, month: limitSchema }),
});
type Sum = z.infer<typeof usageSchema>["data"][number];
type Limit = z.infer<typeof limitSchema>;

const english = {
  none: (from: string, to: string) => `No tokens were used from ${from} to ${to}.`,
  total: "total",
  noChat: "(no chat)",
  tokens: (input: string, output: string, answers: string) =>
    `${input} in  ${output} out  ${answers} answers`,
  estimated: (count: string) => `The tokens of ${count} answers are estimated.`,
  day: (used: string, limit: string, free: string) => `Today: ${used} of ${limit}; more on ${free} (UTC).`,
  month: (used: string, limit: string, free: string) =>
    `This month: ${used} of ${limit}; more on ${free} (UTC).`,
  odd: "The server said nothing about tokens. Are client and server of one version?",
};
const russian: typeof english = {
  none: (from, to) => `С ${from} по ${to} токены не расходовались.`,
  total: "всего",
  noChat: "(вне чатов)",
  tokens: (input, output, answers) => `вопросы ${input}  ответы ${output}  число ответов ${answers}`,
  estimated: (count) => `Ответов, токены которых оценены приблизительно: ${count}.`,
  day: (used, limit, free) => `Сегодня: ${used} из ${limit}; новые — ${free} (UTC).`,
  month: (used, limit, free) => `В этом месяце: ${used} из ${limit}; новые — ${free} (UTC).`,
  odd: "Сервер не ответил о токенах. Одной ли версии клиент и сервер?",
};

/** `pipit usage`: the tokens that the account in use has used, and what it may. */
export async function usage(
  flags: { readonly by?: string; readonly from?: string; readonly to?: string; readonly json?: boolean },
  deps: CommandDeps,
): Promise<ExitCode> {
  const { terminal, config } = deps;
  const words = languageOfLocale(config.locale) === "ru" ? russian : english;
  const { json, ...query } = flags;
  const path = `/v1/usage?${new URLSearchParams(query).toString()}`;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  await using client = await openSignedInClient(deps, signal);
  const used = await askApi(client, { method: "GET", path }, usageSchema, words.odd, signal);
  if (json === true) {
    printJson(terminal, used);
    return exitCodes.done;
  }
  const { data, total, limits } = used;
  const number = new Intl.NumberFormat(config.locale);
  const told = (sum: z.infer<typeof usageSchema>["total"]): string =>
    words.tokens(
      number.format(sum.input_tokens),
      number.format(sum.output_tokens),
      number.format(sum.answers),
    );
  for (const sum of data) printLine(terminal, `${nameOf(sum, words.noChat)}  `, paint("dim", told(sum)));
  if (data.length === 0) printNote(terminal, words.none(used.from, used.to));
  else printLine(terminal, paint("bold", `${words.total}  ${told(total)}`));
  if (total.estimated > 0) printNote(terminal, words.estimated(number.format(total.estimated)));
  const limit = (one: Limit, text: typeof words.day): void => {
    if (one === null) return;
    printNote(terminal, text(number.format(one.used), number.format(one.limit), one.free_at.slice(0, 10)));
  };
  limit(limits.day, words.day);
  limit(limits.month, words.month);
  return exitCodes.done;
}

function nameOf({ day, model, title }: Sum, noChat: string): string {
  return day ?? model ?? title ?? noChat;
}
