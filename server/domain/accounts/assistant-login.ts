import { loginKeyOf } from "#contract/account-rules.ts";
import { ASSISTANT_LOGIN } from "#contract/rooms/question.ts";

/** Letters of other scripts, and digits, that are read as one of the name. */
const lookalikes: Readonly<Record<string, string>> = {
  р: "p",
  ρ: "p",
  і: "i",
  ӏ: "i",
  ι: "i",
  ı: "i",
  l: "i",
  "1": "i",
  т: "t",
  τ: "t",
};

/** What a person could take for the assistant's name, which nobody can register. */
export function looksLikeAssistant(login: string): boolean {
  const letters = loginKeyOf(login)
    .normalize("NFD")
    .replace(/[\p{M}_.@-]/gu, "");
  return [...letters].map((letter) => lookalikes[letter] ?? letter).join("") === ASSISTANT_LOGIN;
}
