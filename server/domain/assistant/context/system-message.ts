import type { Clock } from "#contract/clock.ts";
import type { Account, AccountStore } from "../../accounts/ports.ts";
import type { Summary } from "../../chats/summary-port.ts";
import { LOCAL_DISPLAY_NAME } from "../../accounts/local-account.ts";
import { markFor } from "./fence-mark.ts";
import type { ModelMessage } from "../ports.ts";
import { systemPrompt, wording } from "./wording.ts";

interface SystemMessageDeps {
  readonly accounts: Pick<AccountStore, "findById">;
  readonly clock: Clock;
}

/** Tells the model who Pipit is, whom it talks to, and what was said in the summarised part of the chat. */
export async function systemMessage(
  { accounts, clock }: SystemMessageDeps,
  userId: string,
  locale: string,
  summary: Summary | undefined,
): Promise<ModelMessage> {
  const account = await accounts.findById(userId);
  const parts = [
    systemPrompt(locale, clock.nowMs()),
    account && aboutPerson(account, locale),
    summary && earlierPart(summary, locale),
  ];
  return { role: "system", text: parts.filter((part) => part !== undefined).join("\n\n") };
}

function earlierPart({ text, turnId }: Summary, locale: string): string {
  const mark = markFor("chat", [text], turnId);
  return [wording(locale).summaryBegins(mark), `<${mark}>`, text, `</${mark}>`].join("\n");
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
