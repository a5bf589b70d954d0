import {
  PROMPT_NAME_MAX_CHARS,
  PROMPT_TEXT_MAX_CHARS,
  PROMPTS_MAX,
  type PromptFault,
} from "#contract/prompts.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";

/** Says what is wrong with prompts, with the limit. */
export function useFaultText(): (fault: PromptFault) => string {
  const { t, i18n } = useLazyTexts("prompts");
  const shown = (limit: number) => limit.toLocaleString(i18n.language);
  return ({ reason }) =>
    t(`fault.${reason}`, {
      many: shown(PROMPTS_MAX),
      name: shown(PROMPT_NAME_MAX_CHARS),
      text: shown(PROMPT_TEXT_MAX_CHARS),
    });
}
