import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useApp, useAuth, useBridge } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { CircleCheck } from "lucide-react";
import type { SignInFormProps } from "../auth/sign-in-form.tsx";
import { lazily } from "../ui/lazily.tsx";

// Not on the way of who comes with a one-time address: they are signed in before they could read it.
const SignInForm = lazily(async () => (await import("../auth/sign-in-form.tsx")).SignInForm);
// Of the later steps.
const HotkeySetting = lazily(async () => (await import("../settings/hotkey-setting.tsx")).HotkeySetting);
const ScreenshotSetting = lazily(
  async () => (await import("../settings/senses-settings.tsx")).ScreenshotSetting,
);
const SpeakSetting = lazily(async () => (await import("../settings/senses-settings.tsx")).SpeakSetting);

/** What each step asks for; `onDone` when it is done. */
const bodies = { signIn: SignInStep, hotkey: HotkeyStep, senses: SensesStep } as const;
type StepName = keyof typeof bodies;

/** Three short steps before the first chat. Each can be skipped; what was set so far is already kept. */
export function FirstRun() {
  const { t } = useTranslation("firstRun");
  const { commands, views } = useBridge();
  const hotkeys = useApp((state) => state.features.globalHotkey.available);
  const desktop = useApp((state) => state.face === "desktop");
  const [index, setIndex] = useState(0);
  const steps: readonly StepName[] = hotkeys ? ["signIn", "hotkey", "senses"] : ["signIn", "senses"];
  const step = steps[Math.min(index, steps.length - 1)];
  const finish = () => void views.attempt(commands.updateSettings({ firstRunDone: true }));
  const next = () => (index + 1 < steps.length ? setIndex(index + 1) : finish());
  const heading = useRef<HTMLHeadingElement>(null);
  // So that a screen reader begins at the heading of each next step.
  useEffect(() => heading.current?.focus(), [index]);
  if (step === undefined) return;
  const Body = bodies[step];
  return (
    <section aria-label={t("label")} className="mx-auto flex h-full max-w-settings flex-col">
      <header
        className={`flex h-11 shrink-0 items-center justify-between gap-2 px-4 text-small text-soft ${desktop ? "drag-region" : ""}`}
      >
        <p>{t("step", { step: index + 1, count: steps.length })}</p>
        <Button kind="link" size="small" className="no-drag" onClick={finish}>
          {t("skipAll")}
        </Button>
      </header>
      <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto px-8 pt-8 pb-4">
        <h1 ref={heading} tabIndex={-1} className="text-display font-semibold outline-none">
          {t(`${step}.title`)}
        </h1>
        <p className="text-soft">{t(`${step}.body`)}</p>
        <Body key={step} onDone={next} />
      </div>
      <footer className="flex shrink-0 items-center justify-between px-8 pt-2 pb-6">
        {index > 0 ? <Button onClick={() => setIndex(index - 1)}>{t("back")}</Button> : <span />}
        <NextButton last={index + 1 === steps.length} step={step} onNext={next} />
      </footer>
    </section>
  );
}

interface NextButtonProps {
  readonly step: StepName;
  readonly last: boolean;
  readonly onNext: () => void;
}

/** "Next" where the step is done or has nothing to be done, "Skip" where something is left out. */
function NextButton({ step, last, onNext }: NextButtonProps) {
  const { t } = useTranslation("firstRun");
  const signedIn = useAuth().kind === "signed-in";
  const hotkeyWorks = useApp((state) => state.hotkey.kind === "confirmed");
  const done = step === "signIn" ? signedIn : hotkeyWorks;
  const label = last ? t("done") : done ? t("next") : t("skip");
  return (
    <Button kind={last || done ? "primary" : "quiet"} onClick={onNext}>
      {label}
    </Button>
  );
}

/** The hotkey: its own setting says whether it works once it was pressed, and the cure if it does not. */
function HotkeyStep() {
  return (
    <div className="rounded-card border border-hairline bg-raised px-3">
      <HotkeySetting />
    </div>
  );
}

/** What Pipit may say and see. */
function SensesStep() {
  return (
    <div className="flex flex-col divide-y divide-hairline rounded-card border border-hairline bg-raised px-3">
      <SpeakSetting />
      <ScreenshotSetting />
    </div>
  );
}

/** Signing in; a person who is signed in already (a page opened by its one-time address) is only told so. */
function SignInStep({ onDone }: SignInFormProps) {
  const { t } = useTranslation("firstRun");
  const auth = useAuth();
  const [asked, setAsked] = useState(false);
  if (!asked && (auth.kind === "signed-out" || auth.kind === "failed")) setAsked(true);
  if (auth.kind !== "signed-in") {
    if (!asked) return;
    return (
      <>
        <p className="text-soft">{t("signIn.first")}</p>
        <SignInForm onDone={onDone} />
      </>
    );
  }
  return (
    <p role="status" className="flex items-center gap-2 font-medium">
      <CircleCheck aria-hidden="true" className="size-5 shrink-0 text-accent" />
      {auth.local ? t("signIn.doneLocal") : t("signIn.doneAs", { name: auth.accountName })}
    </p>
  );
}
