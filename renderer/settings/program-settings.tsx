import { X } from "lucide-react";
import { SwitchSetting } from "./setting-row.tsx";
import { useSetting } from "./use-setting.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { IconButton } from "../ui/icon-button.tsx";

/** Whether questions say which program their text is from, and what was said of each program. */
export function ProgramSettings() {
  const { t } = useLazyTexts("otherPrograms");
  const { value: programs, save } = useSetting("programs");
  return (
    <>
      <SwitchSetting name="tellPrograms" label={t("tell")} hint={t("tellHint")} />
      {programs.length === 0 ? undefined : (
        <ul aria-label={t("said")} className="flex flex-col gap-1 pb-2 text-small">
          {programs.map(({ name, tell }) => (
            <li key={name} className="flex items-center gap-2">
              <bdi className="min-w-0 truncate">{name}</bdi>
              <span className="text-soft">{t(tell ? "always" : "never")}</span>
              <IconButton
                size="small"
                label={t("forget", { name })}
                onClick={() => void save(programs.filter((known) => known.name !== name))}
              >
                <X className="size-4" />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
