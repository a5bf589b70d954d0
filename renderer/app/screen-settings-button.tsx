import { useTranslation } from "react-i18next";
import { useApp, useBridge } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";

/** Where a refusal of the screen is cured: on macOS, whose settings can be opened at the very place. */
export function ScreenSettingsButton({ code }: { readonly code: string }) {
  const { t } = useTranslation("shell");
  const { commands, views } = useBridge();
  const platform = useApp((state) => state.platform);
  if (code !== "SCREEN_REFUSED" || platform !== "mac") return;
  return (
    <Button size="small" onClick={() => void views.attempt(commands.openScreenSettings())}>
      {t("problem.openScreenSettings")}
    </Button>
  );
}
