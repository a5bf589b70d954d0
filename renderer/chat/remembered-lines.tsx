import type { RememberedText } from "#contract/chat-state.ts";
import { useBridge } from "../bridge/use-bridge.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { Button } from "../ui/button.tsx";

/** What was remembered of a question, below its answer, with the way to undo it and the way to change it. */
export function RememberedLines({ memories }: { readonly memories: readonly RememberedText[] }) {
  return memories.map((memory) => <RememberedLine key={memory.id} memory={memory} />);
}

function RememberedLine({ memory: { id: memoryId, text, forgotten } }: { readonly memory: RememberedText }) {
  const { t } = useLazyTexts("memories");
  const { commands, views } = useBridge();
  return (
    <p role="status" className="my-1 flex flex-wrap items-center gap-2 text-small text-soft">
      <bdi className="min-w-0 wrap-anywhere">{forgotten ? t("forgotten") : t("remembered", { text })}</bdi>
      {forgotten ? undefined : (
        <>
          <Button size="small" onClick={() => void views.attempt(commands.forgetMemory({ memoryId }))}>
            {t("undo")}
          </Button>
          <Button size="small" onClick={() => views.show("settings")}>
            {t("edit")}
          </Button>
        </>
      )}
    </p>
  );
}
