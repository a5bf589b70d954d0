import type { AnswerPart } from "../ports.ts";
import { languageOfLocale } from "#contract/language.ts";

/** Said when a picture was sent to a model that takes none. */
export function imageNotSeen(locale: string, model: string): AnswerPart {
  const text =
    languageOfLocale(locale) === "ru"
      ? `Модель ${model} не умеет смотреть на картинки, поэтому она отвечает только на текст.`
      : `The model ${model} cannot look at pictures, so it answers the text only.`;
  return { type: "notice", code: "IMAGE_NOT_SEEN", text };
}
