import { rememberProgram } from "#contract/settings.ts";
import type { NamedProgram } from "#contract/intent.ts";
import { useApp, useBridge } from "../bridge/use-bridge.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { Button } from "../ui/button.tsx";
import { programFile } from "./program-file.ts";

/** Asks whether the question says which program its text is from. Nothing is told before the person says so. */
export function ProgramChoice({ program }: { readonly program: NamedProgram }) {
  const { t } = useLazyTexts("otherPrograms");
  const { commands, views, ui } = useBridge();
  const settings = useApp((state) => state.settings);
  const { name } = program;
  const answer = (tell: boolean, always: boolean) => {
    ui.select({});
    if (tell) ui.addFile(programFile(program));
    if (always)
      void views.attempt(commands.updateSettings({ programs: [...rememberProgram(settings, name, tell)] }));
    ui.focusComposer();
  };
  return (
    <div
      role="group"
      aria-label={t("question", { name })}
      className="flex flex-wrap items-center gap-2 px-3 pt-2 text-small"
    >
      <span className="min-w-0 wrap-anywhere text-soft">{t("question", { name })}</span>
      <Button size="small" onClick={() => answer(true, true)}>
        {t("always")}
      </Button>
      <Button size="small" onClick={() => answer(true, false)}>
        {t("once")}
      </Button>
      <Button size="small" onClick={() => answer(false, true)}>
        {t("never")}
      </Button>
    </div>
  );
}
