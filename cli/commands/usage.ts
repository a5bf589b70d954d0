import type { TokenLimit, TokenSum, UsedBy } from "#contract/commands/usage.ts";
import { languageOfLocale } from "#contract/language.ts";
import { exitCodes, type ExitCode } from "../kit/exit-codes.ts";
import type { CommandDeps } from "../kit/open-cli-client.ts";
import { paint, printJson, printLine, printNote } from "../kit/terminal.ts";
import { withClient } from "../kit/with-client.ts";

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
};
const russian: typeof english = {
  none: (from, to) => `С ${from} по ${to} токены не расходовались.`,
  total: "всего",
  noChat: "(вне чатов)",
  tokens: (input, output, answers) => `вопросы ${input}  ответы ${output}  число ответов ${answers}`,
  estimated: (count) => `Ответов, токены которых оценены приблизительно: ${count}.`,
  day: (used, limit, free) => `Сегодня: ${used} из ${limit}; новые — ${free} (UTC).`,
  month: (used, limit, free) => `В этом месяце: ${used} из ${limit}; новые — ${free} (UTC).`,
};

/** Flags of `pipit usage` as commander gives them. */
interface UsageFlags {
  readonly by?: UsedBy;
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

/** `pipit usage`: the tokens that the account in use has used, and what it may. */
export function usage({ json, ...asked }: UsageFlags, deps: CommandDeps): Promise<ExitCode> {
  const { terminal, config } = deps;
  const words = languageOfLocale(config.locale) === "ru" ? russian : english;
  const { format } = new Intl.NumberFormat(config.locale);
  const told = ({ inputTokens, outputTokens, answers }: TokenSum): string =>
    words.tokens(format(inputTokens), format(outputTokens), format(answers));
  const limit = (one: TokenLimit | undefined, text: typeof words.day): void => {
    if (one === undefined) return;
    const day = new Date(one.freeAtMs).toISOString().slice(0, 10);
    printNote(terminal, text(format(one.used), format(one.limit), day));
  };
  return withClient(deps, async ({ history }, signal) => {
    const used = await history.usedTokens(asked, signal);
    const { sums, total } = used;
    if (json === true) {
      printJson(terminal, used);
      return exitCodes.done;
    }
    for (const sum of sums) printLine(terminal, `${sum.name || words.noChat}  `, paint("dim", told(sum)));
    if (sums.length === 0) printNote(terminal, words.none(used.from, used.to));
    else printLine(terminal, paint("bold", `${words.total}  ${told(total)}`));
    if (total.estimated > 0) printNote(terminal, words.estimated(format(total.estimated)));
    limit(used.day, words.day);
    limit(used.month, words.month);
    return exitCodes.done;
  });
}
