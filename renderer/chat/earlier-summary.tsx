import { ScrollText } from "lucide-react";
import { useState } from "react";
import { useAction } from "../bridge/use-action.ts";
import { useBridge } from "../bridge/use-bridge.ts";
import { ErrorNote } from "../ui/error-note.tsx";

interface EarlierSummaryProps {
  readonly title: string;
  readonly turnId: string;
}

/** The line that says that the beginning of the chat is summed up: it opens what the model was told instead. */
export function EarlierSummary({ title, turnId }: EarlierSummaryProps) {
  const { commands } = useBridge();
  const { error, run } = useAction();
  const [summary, setSummary] = useState<string>();
  const read = (open: boolean): void => {
    if (open && summary === undefined)
      void run(async () => setSummary(await commands.earlierSummary({ turnId })));
  };
  return (
    <details onToggle={(event) => read(event.currentTarget.open)} className="my-1 text-small text-soft">
      <summary className="flex w-fit cursor-default items-start gap-2 rounded-control select-none hover:text-ink">
        <ScrollText aria-hidden="true" className="size-4 shrink-0" />
        <bdi>{title}</bdi>
      </summary>
      {error === undefined ? undefined : <ErrorNote error={error} />}
      {summary === undefined ? undefined : (
        <p className="mt-1 border-s-2 border-hairline ps-3 break-words whitespace-pre-wrap">
          <bdi>{summary}</bdi>
        </p>
      )}
    </details>
  );
}
