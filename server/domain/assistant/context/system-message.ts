import type { Clock } from "#contract/clock.ts";
import type { Account, AccountStore } from "../../accounts/ports.ts";
import type { Summary } from "../../chats/summary-port.ts";
import { LOCAL_DISPLAY_NAME } from "../../accounts/local-account.ts";
import type { Memory } from "../../memories/ports.ts";
import type { Project } from "../../projects/ports.ts";
import { estimateTokens } from "../models/token-estimate.ts";
import { markFor } from "./fence-mark.ts";
import type { ModelMessage } from "../ports.ts";
import { systemPrompt, wording } from "./wording.ts";

/** Of memories, the newest first; the others are not told. */
const MEMORIES_BUDGET_TOKENS = 1_500;

interface SystemMessageDeps {
  readonly accounts: Pick<AccountStore, "findById">;
  readonly clock: Clock;
}

/** What a model may know that was not said in the chat. */
export interface Known {
  /** What the person wants remembered, newest first. */
  readonly memories: readonly Memory[];
  /** To which the chat belongs. */
  readonly project: Project | undefined;
}

/**
 * Tells the model who Pipit is, whom it talks to, what they want in this project and remembered, and what was said in the
 * summarised part of the chat.
 */
export async function systemMessage(
  { accounts, clock }: SystemMessageDeps,
  userId: string,
  locale: string,
  { memories, project, summary }: Known & { readonly summary: Summary | undefined },
): Promise<ModelMessage> {
  const account = await accounts.findById(userId);
  const parts = [
    systemPrompt(locale, clock.nowMs()),
    account && aboutPerson(account, locale),
    project && projectPart(project, locale),
    memoriesPart(memories, userId, locale),
    summary && earlierPart(summary, locale),
  ];
  return { role: "system", text: parts.filter((part) => part !== undefined).join("\n\n") };
}

/** Undefined when its owner wants nothing. */
function projectPart({ id, instructions }: Project, locale: string): string | undefined {
  if (instructions === "") return undefined;
  const mark = markFor("project", [instructions], id);
  return [wording(locale).projectBegins(mark), `<${mark}>`, instructions, `</${mark}>`].join("\n");
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

/** What the person wants remembered, fenced as their profile is, as much as fits. Undefined when there is nothing. */
function memoriesPart(memories: readonly Memory[], userId: string, locale: string): string | undefined {
  let left = MEMORIES_BUDGET_TOKENS;
  const lines: string[] = [];
  for (const { text } of memories) {
    const line = `- ${text}`;
    left -= estimateTokens(line, MEMORIES_BUDGET_TOKENS);
    if (left < 0) break;
    lines.push(line);
  }
  if (lines.length === 0) return undefined;
  const mark = markFor("memories", lines, userId);
  return [wording(locale).memoriesBegin(mark), `<${mark}>`, ...lines, `</${mark}>`].join("\n");
}
