import { useTranslation } from "react-i18next";
import { ModelPlace, useWithoutModel } from "../model/model-place.tsx";
import { useApp, useAuth, useBridge } from "../bridge/use-bridge.ts";
import { Kbd } from "../ui/kbd.tsx";
import { PipitMark } from "../ui/pipit-mark.tsx";
import { formatAccelerator } from "../settings/accelerator.ts";
import { useKeyStyle } from "../settings/use-key-style.ts";

const examples = ["example1", "example2", "example3", "example4"] as const;
/** What the built-in responder can do; anything else would begin with a refusal. */
const builtInExamples = ["builtIn1", "builtIn2", "builtIn3", "builtIn4"] as const;

/** Before the first question. The examples fill the composer; nothing is sent by them. */
export function EmptyChat() {
  const { t } = useTranslation("chat");
  const auth = useAuth();
  const { ui } = useBridge();
  const withoutModel = useWithoutModel();
  const greeting =
    auth.kind === "signed-in" && !auth.local ? t("greetingName", { name: auth.accountName }) : t("greeting");
  const use = (text: string) => {
    ui.write(text);
    ui.focusComposer();
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-y-auto">
      <div className="m-auto flex w-full max-w-page flex-col items-center gap-6 px-6 py-8">
        <div className="flex flex-col items-center gap-3">
          <PipitMark className="size-10 text-accent" />
          <h2 className="text-center text-display font-semibold wrap-anywhere">
            <bdi>{greeting}</bdi>
          </h2>
          <HotkeyHint />
        </div>
        <div className="w-full max-w-panel empty:hidden">
          <ModelPlace />
        </div>
        <ul aria-label={t("examples")} className="flex w-full max-w-panel flex-col gap-2">
          {(withoutModel ? builtInExamples : examples).map((example) => (
            <li key={example}>
              <button
                type="button"
                onClick={() => use(t(example))}
                className="w-full rounded-control border border-hairline px-3 py-2 text-start text-soft transition-colors hover:bg-hover hover:text-ink active:bg-press"
              >
                {t(example)}
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function HotkeyHint() {
  const { t } = useTranslation("chat");
  const hotkey = useApp((state) => state.hotkey);
  const style = useKeyStyle();
  // Claimed only when the system took it; whether it works shows when it is pressed.
  if (hotkey.kind !== "confirmed" && hotkey.kind !== "registered") return undefined;
  const [before, after] = t("hotkeyHint", { keys: "\n" }).split("\n");
  return (
    <p className="flex flex-wrap items-center justify-center gap-1 text-small text-faint">
      {before}
      <Kbd keys={formatAccelerator(hotkey.accelerator, style)} />
      {after}
    </p>
  );
}
