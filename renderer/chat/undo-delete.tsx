import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { RESTORE_MS } from "#contract/limits.ts";
import { useBridge, useChatUiState } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";

/** "Deleted. Undo", above the composer, as long as it can be undone. */
export function UndoDelete() {
  const { t } = useTranslation("chat");
  const { commands, views, ui } = useBridge();
  const deletions = useChatUiState((state) => state.deletions);
  const offered = useChatUiState((state) => state.offersUndo);
  useEffect(() => {
    if (!offered) return undefined;
    const timer = setTimeout(() => ui.withdrawUndo(), RESTORE_MS);
    return () => clearTimeout(timer);
  }, [ui, offered, deletions]);
  const undo = async () => {
    ui.withdrawUndo();
    ui.focusComposer();
    await views.attempt(commands.undoDelete());
  };
  return (
    <div role="status" className="pointer-events-none flex justify-center px-3">
      {offered && (
        <p className="pointer-events-auto mb-2 flex items-center gap-3 rounded-control border border-control-soft bg-raised px-3 py-1 text-small shadow-raised">
          {t("deleted")}
          <Button kind="link" size="small" className="pointer-coarse:h-11" onClick={() => void undo()}>
            {t("undo")}
          </Button>
        </p>
      )}
    </div>
  );
}
