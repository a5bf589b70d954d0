import { PipitError } from "#contract/pipit-error.ts";
import type { Clock } from "#contract/clock.ts";
import type { AnswerModel, AnswerPart, AnswerRequest } from "../ports.ts";
import { describeTime, knownLocale } from "../tools/current-time.ts";
import type { Language } from "#contract/language.ts";
import { languageOfText } from "../tools/language.ts";
import { isRecord } from "../models/wire/json.ts";
import { runTool, startSummary, type ToolOutcome } from "../tools/run-tool.ts";
import type { ChatSearchResult } from "#server/domain/chats/search-chats.ts";
import type { SearchChatOutput } from "../tools/search-chat-history.ts";
import { contentWords, holdsAll } from "./content-words.ts";
import { recognize, type Intent } from "./intents.ts";
import { timeZoneOf } from "./places.ts";
import { repliesIn, type Replies } from "./replies.ts";

/** Its name as a model. */
export const BUILT_IN_MODEL = "built-in";
/** Hits that are read out; more would be a list that the user did not ask for. */
const SHOWN_HITS = 5;
const SHOWN_HITS_UNASKED = 2;
const TOOL_TIMEOUT_MS = 20_000;

/** One answer in the making. */
interface Talk {
  readonly request: AnswerRequest;
  readonly text: string;
  readonly language: Language;
  readonly replies: Replies;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Answers without a language model, and says so: plain rules (intents.ts) over the same tools that a model would use.
 * English and Russian, by the script of the question.
 */
export function createBuiltInModel(deps: { readonly clock: Clock }): AnswerModel {
  return {
    name: BUILT_IN_MODEL,
    async *answer(request, signal) {
      const question = request.messages.findLast((message) => message.role === "user");
      const text = question?.text ?? "";
      const language = languageOfText(text, request.locale);
      const talk: Talk = { request, text, language, replies: repliesIn(language), clock: deps.clock, signal };
      const intent = recognize(text);
      const { images, files } = question ?? {};
      if (images !== undefined) yield* say(talk, `${talk.replies.noPictures} `);
      if (files !== undefined) yield* say(talk, `${talk.replies.noFiles} `);
      const isUnseen = images !== undefined || files !== undefined;
      if (isUnseen && intent.kind === "unknown") return yield* say(talk, talk.replies.connect);
      yield* reply(talk, intent);
    },
  };
}

function reply(talk: Talk, intent: Intent): AsyncGenerator<AnswerPart> | Generator<AnswerPart> {
  switch (intent.kind) {
    case "search":
      return searchFor(talk, intent.query);
    case "calculate":
      return calculate(talk, intent.expression);
    case "time":
      return tellTime(talk, intent.place);
    case "date":
      return tellTime(talk, undefined);
    case "connect":
    case "help":
    case "greeting":
    case "thanks":
      return say(talk, talk.replies[intent.kind]);
    case "unknown":
      return searchUnasked(talk);
  }
}

async function* tellTime(talk: Talk, place: string | undefined): AsyncGenerator<AnswerPart> {
  const timezone = place === undefined ? undefined : timeZoneOf(place);
  if (place !== undefined && timezone === undefined)
    return yield* say(talk, talk.replies.unknownPlace(place));
  const outcome = yield* useTool(talk, "current_time", timezone === undefined ? {} : { timezone });
  const zone = zoneIn(outcome) ?? timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const locale = talk.language === "ru" ? "ru" : englishOf(talk.request.locale);
  yield* say(talk, talk.replies.time(describeTime(talk.clock.nowMs(), zone, locale)));
}

async function* calculate(talk: Talk, expression: string): AsyncGenerator<AnswerPart> {
  const outcome = yield* useTool(talk, "calculator", { expression });
  const value = outcome?.value;
  const result = isRecord(value) && typeof value["result"] === "string" ? value["result"] : undefined;
  const why = typeof value === "string" ? value.replace(/^Error: /, "") : "?";
  yield* say(
    talk,
    result === undefined ? talk.replies.noResult(expression, why) : talk.replies.result(expression, result),
  );
}

async function* searchFor(talk: Talk, query: string): AsyncGenerator<AnswerPart> {
  const outcome = yield* useTool(talk, "search_chat_history", { query, scope: "all", limit: SHOWN_HITS });
  const found = foundIn(outcome);
  if (found === undefined) return yield* say(talk, talk.replies.searchFailed);
  const { results, scope } = found;
  // The person's own setting may have narrowed the search to this chat.
  if (results.length === 0) return yield* say(talk, talk.replies.foundNothing(query, scope === "all"));
  yield* say(talk, `${talk.replies.found(query, results.length)}\n${listOf(talk, results)}`);
}

/** For what no rule knows: perhaps the person's own words already hold the answer. */
async function* searchUnasked(talk: Talk): AsyncGenerator<AnswerPart> {
  const words = contentWords(talk.text.slice(0, 500));
  const events: AnswerPart[] = [];
  const search = useTool(talk, "search_chat_history", {
    query: words.join(" "),
    scope: "all",
    limit: SHOWN_HITS,
  });
  const outcome = words.length === 0 ? undefined : await collect(search, events);
  // The search is glad of any word; an answer must be about all of them.
  const hits = (foundIn(outcome)?.results ?? [])
    .filter((hit) => holdsAll(`${hit.session_title} ${hit.headline}`, words))
    .slice(0, SHOWN_HITS_UNASKED);
  // The user asked for no search, so one that found nothing is not worth a word.
  if (hits.length === 0) return yield* say(talk, talk.replies.unknown);
  yield* events;
  yield* say(talk, `${talk.replies.unknownWithHits}\n${listOf(talk, hits)}`);
}

function listOf(talk: Talk, hits: readonly ChatSearchResult[]): string {
  const locale = talk.language === "ru" ? "ru" : englishOf(talk.request.locale);
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
  return hits
    .map((hit) => {
      const title = hit.session_title === "" ? talk.replies.untitled : hit.session_title;
      const headline = hit.headline.replace(/\s+/g, " ").trim();
      const date = day.format(Date.parse(hit.hit_created_at));
      // A chat is named after its first words: a hit there would say them twice.
      return headline.startsWith(title.replace(/…$/, ""))
        ? `- ${date}: ${headline}`
        : `- ${title}, ${date}: ${headline}`;
    })
    .join("\n");
}

async function collect<T>(parts: AsyncGenerator<AnswerPart, T>, into: AnswerPart[]): Promise<T> {
  for (;;) {
    const next = await parts.next();
    if (next.done === true) return next.value;
    into.push(next.value);
  }
}

/** Runs a tool of the request and tells of it; undefined when this question has no such tool. */
async function* useTool(
  talk: Talk,
  name: string,
  input: Readonly<Record<string, unknown>>,
): AsyncGenerator<AnswerPart, ToolOutcome | undefined> {
  const tool = talk.request.tools.find((candidate) => candidate.name === name);
  if (tool === undefined) return undefined;
  const callId = `built-in-${name}`;
  yield { type: "tool", callId, name, state: "started", summary: startSummary(name, input) };
  const outcome = await runTool(tool, input, TOOL_TIMEOUT_MS, talk.signal).catch((error: unknown) => {
    throw talk.signal.aborted ? cancelled() : error;
  });
  yield { type: "tool", callId, name, state: outcome.state, summary: outcome.summary };
  return outcome;
}

/** Text in word pieces, so that it streams like any other answer. */
function* say(talk: Talk, text: string): Generator<AnswerPart> {
  for (const [piece] of text.matchAll(/\s*\S+|\s+$/gu)) {
    if (talk.signal.aborted) throw cancelled();
    yield { type: "text", text: piece };
  }
}

function cancelled(): PipitError {
  return new PipitError("CANCELLED", "Cancelled.");
}

function foundIn(outcome: ToolOutcome | undefined): SearchChatOutput | undefined {
  return outcome?.state === "done" ? (outcome.value as SearchChatOutput) : undefined;
}

function zoneIn(outcome: ToolOutcome | undefined): string | undefined {
  const value = outcome?.value;
  return isRecord(value) && typeof value["timezone"] === "string" ? value["timezone"] : undefined;
}

function englishOf(locale: string): string {
  return /^en\b/i.test(locale) ? knownLocale(locale) : "en-GB";
}
