import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useApp, useAuth, useBridge } from "../bridge/use-bridge.ts";
import { useFaceHas } from "../settings/use-face-has.ts";
import { Button } from "../ui/button.tsx";
import { lazily } from "../ui/lazily.tsx";
import { PipitMark } from "../ui/pipit-mark.tsx";

// Not on the way of who comes with a one-time address: they are signed in before they could read it.
const SignInForm = lazily(async () => (await import("../auth/sign-in-form.tsx")).SignInForm);
// Of the later steps.
const HotkeySetting = lazily(async () => (await import("../settings/hotkey-setting.tsx")).HotkeySetting);
const ScreenshotSetting = lazily(
  async () => (await import("../settings/senses-settings.tsx")).ScreenshotSetting,
);
const SpeakSetting = lazily(async () => (await import("../settings/senses-settings.tsx")).SpeakSetting);

type StepName = "signIn" | "hotkey" | "senses" | "voice";

/** What of this there is to set up: a user who is signed in is not asked to, and what a face cannot do is not offered. */
function useSteps() {
  const { kind } = useAuth();
  const [asked, setAsked] = useState(false);
  const hotkeys = useApp(({ features }) => features.globalHotkey.available);
  const sees = useFaceHas("screenshot");
  const [index, setIndex] = useState(0);
  if (!asked && (kind === "signed-out" || kind === "failed")) setAsked(true);
  const settings: readonly StepName[] = [
    ...(hotkeys ? (["hotkey"] as const) : []),
    sees ? "senses" : "voice",
  ];
  const signIn = kind !== "signed-in";
  return {
    step: signIn ? "signIn" : (settings[Math.min(index, settings.length - 1)] ?? "voice"),
    /** Known to be signed out, so that a form belongs there. */
    asked,
    number: signIn ? 1 : index + (asked ? 2 : 1),
    count: settings.length + (asked ? 1 : 0),
    isFirst: index === 0,
    isLast: !signIn && index >= settings.length - 1,
    go: (by: -1 | 1) => setIndex(index + by),
  };
}

/** A few short steps before the first chat, on a card. All of it can be skipped; what was set so far is already kept. */
export function FirstRun() {
  const { t } = useTranslation("firstRun");
  const { commands, views } = useBridge();
  const desktop = useApp((state) => state.face === "desktop");
  const { step, asked, number, count, isFirst, isLast, go } = useSteps();
  const finish = () => void views.attempt(commands.updateSettings({ firstRunDone: true }));
  const heading = useRef<HTMLHeadingElement>(null);
  // So that a screen reader begins at the heading of each next step.
  useEffect(() => heading.current?.focus(), [step]);
  const greets = number === 1 && step !== "signIn";
  return (
    <section aria-label={t("label")} className="absolute inset-0 flex flex-col scroll-area">
      {desktop ? <div className="h-11 shrink-0 drag-region" /> : undefined}
      <div className="m-auto flex w-full max-w-panel flex-col items-center gap-4 px-8 py-8 sm:rounded-panel sm:border sm:border-hairline sm:bg-raised sm:shadow-raised">
        <PipitMark className="size-14 text-accent" />
        {greets ? <p className="-mb-3 text-soft">{t("signIn.title")}</p> : undefined}
        <h1 ref={heading} tabIndex={-1} className="text-center text-display font-semibold outline-none">
          {t(`${step}.title`)}
        </h1>
        <p className="text-center text-soft text-balance">{t(`${step}.body`)}</p>
        <div className="w-full">{step === "signIn" && !asked ? undefined : <StepBody step={step} />}</div>
        <footer className="flex w-full items-center justify-between gap-2 pt-2">
          {isLast ? (
            <span />
          ) : (
            <Button kind="link" size="small" onClick={finish}>
              {t("skipAll")}
            </Button>
          )}
          <div className="flex items-center gap-3">
            {count > 1 ? (
              <p className="text-small text-soft">{t("step", { step: number, count })}</p>
            ) : undefined}
            {isFirst ? undefined : <Button onClick={() => go(-1)}>{t("back")}</Button>}
            {step === "signIn" ? undefined : (
              <Button kind="primary" onClick={isLast ? finish : () => go(1)}>
                {t(isLast ? "done" : "next")}
              </Button>
            )}
          </div>
        </footer>
      </div>
    </section>
  );
}

function StepBody({ step }: { readonly step: StepName }) {
  // The next step comes by itself once a user is signed in.
  if (step === "signIn") return <SignInForm onDone={() => undefined} />;
  return (
    <div className="flex w-full flex-col divide-y divide-hairline rounded-card border border-hairline px-3">
      {step === "hotkey" ? <HotkeySetting /> : <SpeakSetting />}
      {step === "senses" ? <ScreenshotSetting /> : undefined}
    </div>
  );
}
