import { ArrowUp, Camera, Maximize2, Square, SquareSlash, Volume2, VolumeX } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { UnavailableReason } from "#contract/app-state.ts";
import type { CaptureTarget } from "#contract/commands/app.ts";
import { lazily } from "../ui/lazily.tsx";
import { useOpened } from "../ui/use-opened.ts";
import { useApp, useAuth, useBridge, useChat, useChatUiState, useView } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { ModelPill } from "../model/model-pill.tsx";
import { FileButton } from "./files/file-button.tsx";
import { isPreparing } from "./files/pending-file.ts";
import { useComposerFocus } from "./use-composer-focus.ts";
import type { AttachmentIntake } from "./files/use-attachments.ts";

export interface ComposerToolsProps {
  readonly attachments: AttachmentIntake;
  readonly onSend: () => void;
  readonly bar: boolean;
}

/** The row under the text: what can be added at the start, what is done with it at the end. */
export function ComposerTools({ attachments, onSend, bar }: ComposerToolsProps) {
  const { t } = useTranslation("chat");
  return (
    <div className="flex shrink-0 items-center gap-1 px-1 pb-1">
      <ScreenshotButton attachments={attachments} />
      <FileButton label={t("addFile")} onFiles={(files) => void attachments.take(files)} />
      <PromptsButton />
      <SpeakButton />
      <span className="flex-1" />
      {bar ? <GrowButton /> : <ModelPill />}
      <StopButton />
      <SendButton onSend={onSend} />
    </div>
  );
}

const CaptureDialog = lazily(async () => (await import("./picture/capture-dialog.tsx")).CaptureDialog);

const reasons = {
  "browser-cannot": "reasonBrowserCannot",
  "no-display": "reasonNoDisplay",
  "screen-refused": "reasonScreenRefused",
  "no-sound-device": "reasonNoSoundDevice",
  "no-tray": "reasonUnavailable",
  "no-notifications": "reasonUnavailable",
  "not-installed": "reasonUnavailable",
} as const satisfies Record<UnavailableReason, string>;

function ScreenshotButton({ attachments }: { readonly attachments: AttachmentIntake }) {
  const { t } = useTranslation("chat");
  const never = useApp((state) => state.settings.screenshot === "never");
  const feature = useApp((state) => state.features.screenshot);
  const preparing = useChatUiState((state) => state.preparing);
  const page = useApp((state) => state.face === "web");
  const { views } = useBridge();
  const opened = useOpened(useView((state) => state.dialog === "picture"));
  if (never) return undefined;
  // Not `disabled`: then the user could not reach the sentence that says why.
  if (!feature.available) {
    const why = `${t("screenshot")}. ${t(reasons[feature.reason])}`;
    return (
      <IconButton label={why} aria-disabled className="opacity-50">
        <Camera className="size-4" />
      </IconButton>
    );
  }
  const capture = (target: CaptureTarget) => void attachments.capture(target);
  return (
    <>
      <IconButton
        label={t("screenshot")}
        disabled={preparing}
        // A browser asks what to show by itself.
        onClick={() => (page ? capture({ area: "screen" }) : views.open("picture"))}
      >
        <Camera className="size-4" />
      </IconButton>
      {opened ? <CaptureDialog onChoose={capture} /> : undefined}
    </>
  );
}

/** From the bar to everything else. */
function GrowButton() {
  const { t } = useTranslation("chat");
  const { views, window: host } = useBridge();
  return (
    <IconButton
      label={t("showChat")}
      onClick={() => host && void views.attempt(host.shapeWindow({ shape: "panel" }))}
    >
      <Maximize2 className="size-4" />
    </IconButton>
  );
}

function PromptsButton() {
  const { t } = useTranslation("chat");
  const { views } = useBridge();
  return (
    <IconButton label={t("prompts")} onClick={() => views.open("prompts")}>
      <SquareSlash className="size-4" />
    </IconButton>
  );
}

function SpeakButton() {
  const { t } = useTranslation("chat");
  const { commands, views } = useBridge();
  const speak = useApp((state) => state.settings.speak);
  const sound = useApp((state) => state.features.sound);
  if (!sound.available) {
    return (
      <IconButton label={`${t("speakOn")}. ${t(reasons[sound.reason])}`} aria-disabled className="opacity-50">
        <VolumeX className="size-4" />
      </IconButton>
    );
  }
  return (
    <IconButton
      label={t("speakOn")}
      aria-pressed={speak}
      onClick={() => void views.attempt(commands.updateSettings({ speak: !speak }))}
    >
      {speak ? <Volume2 className="size-4" /> : <VolumeX className="size-4" />}
    </IconButton>
  );
}

function StopButton() {
  const { t } = useTranslation("chat");
  const { commands, views } = useBridge();
  const focusComposer = useComposerFocus();
  const answering = useChat((state) => state.activeMessageId !== undefined);
  if (!answering) return undefined;
  const stop = (): void => {
    void views.attempt(commands.cancel());
    focusComposer();
  };
  return (
    <IconButton label={t("stop")} className="rounded-full border border-hairline" onClick={stop}>
      <Square className="size-3 fill-current" />
    </IconButton>
  );
}

function SendButton({ onSend }: { readonly onSend: () => void }) {
  const { t } = useTranslation("chat");
  const { views } = useBridge();
  const { kind } = useAuth();
  const answering = useChat((state) => state.activeMessageId !== undefined);
  const blank = useChatUiState((state) => state.text.trim() === "");
  const busy = useChatUiState((state) => state.sending || isPreparing(state));
  if (kind === "signing-in") return <Button disabled>{t("signingIn")}</Button>;
  if (kind === "signed-out" || kind === "failed") {
    return (
      <Button kind="primary" onClick={() => views.open("sign-in")}>
        {t("signInToSend")}
      </Button>
    );
  }
  // While an answer runs its place belongs to Stop, until there is a next question to send.
  if (answering && blank) return undefined;
  return (
    <IconButton
      label={t("send")}
      tone="accent"
      className="rounded-full"
      disabled={blank || busy}
      onClick={onSend}
    >
      <ArrowUp className="size-4" />
    </IconButton>
  );
}
