import { useTranslation } from "react-i18next";
import { PROMPT_MAX_CHARS } from "#contract/limits.ts";
import type { ComposerProblem } from "./state/chat-ui.ts";
import { formatBytes } from "./picture/format-bytes.ts";
import { fileMaxBytes } from "./picture/prepare-image.ts";
import { numbers } from "./question-editor.tsx";
import { useChatUiState } from "../bridge/use-bridge.ts";
import { useFailureText } from "../i18n/use-error-text.ts";

/** From here on the composer counts. */
const nearLimitChars = 2_000;

/** Notes about the text and pictures in the composer. */
export function ComposerNotes() {
  const { t } = useTranslation("chat");
  const lengthChars = useChatUiState((state) => state.text.length);
  const problem = useChatUiState((state) => state.problem);
  const tookFirst = useChatUiState((state) => state.tookFirst);
  const problemText = useProblemText();
  const left = PROMPT_MAX_CHARS - lengthChars;
  const shown = left < 0 ? ({ kind: "too-long", lengthChars } as const) : problem;
  return (
    <div className="flex flex-col px-3 text-small empty:hidden">
      {shown !== undefined && (
        <p role="alert" className="pt-2 wrap-anywhere text-danger">
          {problemText(shown)}
        </p>
      )}
      {tookFirst && <p className="pt-2 text-soft">{t("onePicture")}</p>}
      {left >= 0 && left <= nearLimitChars && (
        <p className="pt-2 text-faint">{t("charsLeft", { count: left })}</p>
      )}
    </div>
  );
}

function useProblemText(): (problem: ComposerProblem) => string {
  const { t, i18n } = useTranslation("chat");
  const failureText = useFailureText();
  const refusalText = useRefusalText();
  return (problem) => {
    switch (problem.kind) {
      case "too-long":
        return t("tooLong", numbers(problem.lengthChars, i18n.language));
      case "empty":
        return t("empty");
      case "failed":
        return failureText(problem);
      case "picture":
        return refusalText(problem);
      default:
        return problem satisfies never;
    }
  };
}

function useRefusalText(): (problem: ComposerProblem & { readonly kind: "picture" }) => string {
  const { t, i18n } = useTranslation("chat");
  const size = (bytes: number) => formatBytes(bytes, i18n.language, t);
  return ({ name, refusal }) => {
    switch (refusal.kind) {
      case "too-heavy":
        return t("pictureTooHeavy", { name, size: size(refusal.sizeBytes), limit: size(fileMaxBytes) });
      case "too-many-pixels":
        return t("pictureTooManyPixels", { name, width: refusal.widthPx, height: refusal.heightPx });
      case "wrong-type":
        return refusal.type === undefined
          ? t("pictureTypeUnknown", { name })
          : t("pictureType", { name, type: refusal.type });
      case "unreadable":
        return t("pictureUnreadable", { name });
      default:
        return refusal satisfies never;
    }
  };
}
