import type { PageLanguage } from "#tests/e2e/pages/texts.ts";

/** What is asked in the pictures, and what the double of a language model says to it. */
export interface SampleConversation {
  readonly question: string;
  readonly answer: string;
  /** Asked while the server is away. */
  readonly waiting: string;
}

export const sampleConversations: Readonly<Record<PageLanguage, SampleConversation>> = {
  en: {
    question: "How long until savings double at 4% a year?",
    answer: `About **17.7 years**. Savings double when $1.04^t = 2$, so

$$t = \\frac{\\ln 2}{\\ln 1.04} \\approx 17.67$$

| Interest | Years |
| -------: | ----: |
|      2 % |  35.0 |
|      4 % |  17.7 |
|      6 % |  11.9 |

To try other rates:

\`\`\`python
from math import log

def years(rate):
    return log(2) / log(1 + rate)
\`\`\`
`,
    waiting: "And if I add 100 every month?",
  },
  ru: {
    question: "За сколько лет вклад удвоится под 4 % годовых?",
    answer: `Примерно за **17,7 года**. Вклад удвоится, когда $1{,}04^t = 2$, то есть

$$t = \\frac{\\ln 2}{\\ln 1{,}04} \\approx 17{,}67$$

| Ставка |  Лет |
| -----: | ---: |
|    2 % | 35,0 |
|    4 % | 17,7 |
|    6 % | 11,9 |

Для других ставок:

\`\`\`python
from math import log

def years(rate):
    return log(2) / log(1 + rate)
\`\`\`
`,
    waiting: "А если добавлять по 100 каждый месяц?",
  },
};
