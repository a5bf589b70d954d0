import { Calculator, CircleQuestionMark, Clock, Luggage, Mail, Sparkles, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { ModelPlace, useWithoutModel } from "../model/model-place.tsx";
import { newChat } from "../bridge/go-to-chat.ts";
import { useApp, useAuth, useBridge, useChat } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { Kbd } from "../ui/kbd.tsx";
import { useProjectName } from "../projects/use-projects.ts";
import { PipitMark } from "../ui/pipit-mark.tsx";
import { formatAccelerator } from "../settings/accelerator.ts";
import { useKeyStyle } from "../settings/use-key-style.ts";

const examples = [
  ["example1", TriangleAlert],
  ["example2", Mail],
  ["example3", Calculator],
  ["example4", Luggage],
] as const;
/** What the built-in responder can do; anything else would begin with a refusal. */
const builtInExamples = [
  ["builtIn1", Calculator],
  ["builtIn2", Clock],
  ["builtIn3", Sparkles],
  ["builtIn4", CircleQuestionMark],
] as const;

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
    <div className="scroll-area flex min-h-0 flex-1 flex-col">
      <div className="m-auto flex w-full max-w-page flex-col items-center gap-6 px-6 py-8">
        <div className="flex flex-col items-center gap-3">
          <PipitMark className="size-10 text-accent" />
          <h2 className="text-center text-display font-semibold wrap-anywhere">
            <bdi>{greeting}</bdi>
          </h2>
          <HotkeyHint />
          <ChatKind />
        </div>
        <div className="w-full max-w-panel empty:hidden">
          <ModelPlace />
        </div>
        <ul aria-label={t("examples")} className="grid w-full max-w-panel grid-cols-2 gap-2">
          {(withoutModel ? builtInExamples : examples).map(([example, Icon]) => (
            <li key={example}>
              <button
                type="button"
                onClick={() => use(t(example))}
                className="flex size-full flex-col gap-2 rounded-card border border-hairline p-3 text-start text-soft transition-colors hover:bg-hover hover:text-ink active:bg-press"
              >
                <Icon aria-hidden="true" className="size-4 shrink-0 text-accent" />
                {t(example)}
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

/** What is special about the chat that begins here, or the way to a temporary one. */
function ChatKind() {
  const projectName = useProjectName(useChat((state) => state.projectId));
  const signedIn = useAuth().kind === "signed-in";
  if (!signedIn) return undefined;
  return projectName === undefined ? <TemporaryChoice /> : <InProject name={projectName} />;
}

function InProject({ name }: { readonly name: string }) {
  const { t } = useTranslation("shell");
  return (
    <p className="max-w-panel text-center text-small wrap-anywhere text-soft">
      {t("projects.here", { name })}
    </p>
  );
}

/** What a temporary chat is, or the way to one. */
function TemporaryChoice() {
  const { t } = useTranslation("shell");
  const bridge = useBridge();
  const temporary = useChat((state) => state.temporary === true);
  return (
    <>
      {temporary ? (
        <p className="max-w-panel text-center text-small text-soft">{t("temporary.about")}</p>
      ) : undefined}
      <Button
        kind="link"
        size="small"
        onClick={() => void newChat(bridge, temporary ? undefined : "temporary")}
      >
        {t(temporary ? "temporary.end" : "temporary.begin")}
      </Button>
    </>
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
