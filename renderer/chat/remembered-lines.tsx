import { useState } from "react";
import type { Memory } from "#contract/chat-state.ts";
import { useBridge } from "../bridge/use-bridge.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { Button } from "../ui/button.tsx";

/** What was remembered of a question, below its answer, with the way to undo it and the way to change it. */
export function RememberedLines({ memories }: { readonly memories: readonly Memory[] }) {
  return memories.map((memory) => <RememberedLine key={memory.id} memory={memory} />);
}

function RememberedLine({ memory: { id: memoryId, text } }: { readonly memory: Memory }) {
  const { t } = useLazyTexts("memories");
  const { commands, views } = useBridge();
  const [forgotten, setForgotten] = useState(false);
  const forget = async () => setForgotten(await views.attempt(commands.forgetMemory({ memoryId })));
  return (
    <p role="status" className="my-1 flex flex-wrap items-center gap-2 text-small text-soft">
      <bdi className="min-w-0 wrap-anywhere">{forgotten ? t("forgotten") : t("remembered", { text })}</bdi>
      {forgotten ? undefined : (
        <>
          <Button size="small" onClick={() => void forget()}>
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
