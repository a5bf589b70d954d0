import type { Clock } from "#contract/clock.ts";
import type { Account, AccountStore } from "../accounts/ports.ts";
import { LOCAL_DISPLAY_NAME } from "../accounts/local-account.ts";
import { markFor } from "./fence-mark.ts";
import type { ModelMessage } from "./ports.ts";
import { systemPrompt, wording } from "./wording.ts";

interface SystemMessageDeps {
  readonly accounts: Pick<AccountStore, "findById">;
  readonly clock: Clock;
}

/** Tells the model who Pipit is, and whom it talks to. */
export async function systemMessage(
  { accounts, clock }: SystemMessageDeps,
  userId: string,
  locale: string,
): Promise<ModelMessage> {
  const prompt = systemPrompt(locale, clock.nowMs());
  const account = await accounts.findById(userId);
  const person = account && aboutPerson(account, locale);
  return { role: "system", text: person === undefined ? prompt : `${prompt}\n\n${person}` };
}

/**
 * What a person has written about themselves, for the model: their name and what stands in their profile, fenced as data. Its
 * length has the limits of a profile. Undefined when there is nothing.
 */
function aboutPerson(account: Account, locale: string): string | undefined {
  const { id, about, local, displayName } = account;
  const name = local && displayName === LOCAL_DISPLAY_NAME ? undefined : displayName;
  if (name === undefined && about === undefined) return undefined;
  const lines = [
    ...(name === undefined ? [] : [`name: ${JSON.stringify(name)}`]),
    ...(about === undefined ? [] : [about]),
  ];
  const mark = markFor("person", lines, id);
  return [wording(locale).personBegins(mark), `<${mark}>`, ...lines, `</${mark}>`].join("\n");
}
