import { useEffect } from "react";
import type { Intent, SelectedFrom } from "#contract/intent.ts";
import { useBridge, type WindowBridge } from "../bridge/use-bridge.ts";

/** Does what the host wants of the window; what goes into the composer may come before the composer is there. */
export function useHostIntents(): void {
  const bridge = useBridge();
  useEffect(() => bridge.onIntent((intent) => route(intent, bridge)), [bridge]);
}

function route(intent: Intent, { views, ui, window: host }: WindowBridge): void {
  switch (intent.kind) {
    case "hand-over":
      void import("./hand-over.ts").then(({ handOver }) => host && handOver(ui, host));
      return;
    case "composer":
      void import("./hand-over.ts").then(({ takeOver }) => takeOver(ui, intent));
      return;
    case "open":
      if (intent.view !== "settings" && intent.view !== "chat") return views.open(intent.view);
      views.closeDialog();
      return views.show(intent.view);
    case "room":
      return views.showRoom(intent.room);
    case "problem":
      return views.report({ code: intent.code, message: intent.message });
    case "focus-composer":
      return ui.focusComposer();
    case "files":
      // Taken by the composer (use-given-files.ts).
      break;
    case "attach":
      ui.attach(intent.image);
      break;
    case "prompt":
      select(intent.selected, ui);
      void import("#contract/prompts.ts").then(({ fillPrompt }) => {
        ui.write(fillPrompt(intent, ui.store.getState().text));
        ui.focusComposer();
      });
      break;
    case "compose": {
      select(intent.selected, ui);
      const { text } = ui.store.getState();
      ui.write(text.trim() === "" ? intent.text : `${text}\n${intent.text}`);
    }
  }
  // What went into the composer must be in sight.
  views.closeDialog();
  views.show("chat");
  ui.focusComposer();
}

/** A program that is always told goes along as a file, which can be seen and taken out. */
function select(selected: SelectedFrom | undefined, ui: WindowBridge["ui"]): void {
  if (selected === undefined) return;
  const { program } = selected;
  if (program?.tell !== "always") return ui.select(selected);
  ui.select({});
  void import("../other-programs/program-file.ts").then(({ programFile }) =>
    ui.addFile(programFile(program)),
  );
}
