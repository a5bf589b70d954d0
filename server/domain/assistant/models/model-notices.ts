import type { AnswerPart } from "../ports.ts";
import { languageOfLocale } from "#contract/language.ts";

/** Said when a picture was sent to a model that takes none. */
export function imageNotSeen(locale: string, model: string): AnswerPart {
  return notice("IMAGE_NOT_SEEN", locale, [
    `The model ${model} cannot look at pictures, so it answers the text only.`,
    `Модель ${model} не умеет смотреть на картинки, поэтому она отвечает только на текст.`,
  ]);
}

/** Said when this picture was not taken: too large, say, or flagged. */
export function imageNotTaken(locale: string): AnswerPart {
  return notice("IMAGE_NOT_SEEN", locale, [
    "The model server did not take this picture, so the answer is to the text only.",
    "Сервер модели не принял эту картинку, поэтому ответ — только на текст.",
  ]);
}

/** Said when the chat was longer than the model holds. */
export function contextTrimmed(locale: string, model: string): AnswerPart {
  return notice("CONTEXT_TRIMMED", locale, [
    `This chat is longer than the model ${model} holds, so the oldest messages were left out.`,
    `Этот чат длиннее, чем помещается в модель ${model}, поэтому самые старые сообщения пропущены.`,
  ]);
}

/** Said behind an answer that the model server ended before its end. */
export function answerCut(locale: string): AnswerPart {
  return notice("ANSWER_CUT", locale, [
    "The answer was cut here: it reached the model's limit of length.",
    "Ответ здесь оборван: он достиг предела длины у модели.",
  ]);
}

/** Said behind an answer that a filter of the model server ended. */
export function answerFiltered(locale: string): AnswerPart {
  return notice("ANSWER_FILTERED", locale, [
    "The answer was stopped here by the content filter of the model server.",
    "Ответ здесь остановлен фильтром содержимого на сервере модели.",
  ]);
}

function notice(code: string, locale: string, [english, russian]: readonly [string, string]): AnswerPart {
  return { type: "notice", code, text: languageOfLocale(locale) === "ru" ? russian : english };
}
