import { useEffect } from "react";
import type { Intent } from "#contract/intent.ts";
import { useBridge } from "../bridge/use-bridge.tsx";
import { useViews } from "../bridge/use-view.tsx";
import type { ViewStore } from "../bridge/view-store.ts";

/** Does what the host wants of the window as a whole; the composer listens for itself. */
export function useHostIntents(): void {
  const bridge = useBridge();
  const views = useViews();
  useEffect(() => bridge.onIntent((intent) => route(intent, views)), [bridge, views]);
}

function route(intent: Intent, views: ViewStore): void {
  switch (intent.kind) {
    case "open":
      if (intent.view === "settings") {
        views.closeDialog();
        views.show("settings");
      } else {
        views.open(intent.view);
      }
      return;
    case "problem":
      views.report({ code: intent.code, message: intent.message });
      return;
    case "attach":
    case "compose":
      // They go into the composer, so it must be in sight.
      views.closeDialog();
      views.show("chat");
      return;
    case "focus-composer":
      return;
  }
}
