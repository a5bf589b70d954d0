import { useEffect } from "react";
import { Globe } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { DevicePrompt } from "#contract/sign-in.ts";
import { useApp, useBridge } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { CommandText } from "../ui/command-text.tsx";
import { lazily } from "../ui/lazily.tsx";
import { Spinner } from "../ui/spinner.tsx";
import { clockText, useCountdown } from "../ui/use-countdown.ts";

const QrCode = lazily(async () => (await import("./qr-code.tsx")).QrCode);

/** Esc gives up what waits, before it means anything to what is around it. */
function useEscape(onEscape: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      onEscape();
    };
    addEventListener("keydown", onKey, { capture: true });
    return () => removeEventListener("keydown", onKey, { capture: true });
  }, [onEscape]);
}

/** While the system's browser is at the server's page. */
export function BrowserWait({ onCancel }: { readonly onCancel: () => void }) {
  const { t } = useTranslation(["auth", "shell"]);
  useEscape(onCancel);
  return (
    <div className="flex flex-col items-center gap-4 py-4 text-center">
      <Globe aria-hidden="true" className="size-10 text-accent" />
      <div role="status" className="flex flex-col gap-1">
        <p className="text-title font-semibold">{t("browser.title")}</p>
        <p className="text-soft">{t("browser.body")}</p>
      </div>
      <Spinner />
      <Button data-initial-focus="" onClick={onCancel}>
        {t("shell:cancel")}
      </Button>
    </div>
  );
}

/** What to do at another device, until that is done. */
export function DeviceWait({ onCancel }: { readonly onCancel: () => void }) {
  const { t } = useTranslation(["auth", "shell"]);
  const prompt = useApp((state) => state.devicePrompt);
  useEscape(onCancel);
  return (
    <div className="flex flex-col items-center gap-4 py-2 text-center">
      {prompt === undefined ? (
        <p role="status" className="flex items-center gap-2 text-soft">
          <Spinner /> {t("device.asking")}
        </p>
      ) : (
        <Prompt prompt={prompt} />
      )}
      <Button onClick={onCancel}>{t("shell:cancel")}</Button>
    </div>
  );
}

function Prompt({ prompt }: { readonly prompt: DevicePrompt }) {
  const { t } = useTranslation("auth");
  const { commands, views } = useBridge();
  const left = useCountdown(prompt.expiresAtMs);
  const { userCode, verificationUri, verificationUriComplete } = prompt;
  return (
    <>
      <div role="status" className="flex flex-col items-center gap-3">
        <p className="text-soft">{t("device.body")}</p>
        <p className="font-mono text-display font-semibold tracking-widest select-all">{userCode}</p>
      </div>
      <QrCode
        text={verificationUriComplete ?? verificationUri}
        label={t("device.qr")}
        fallback={<span className="size-44" />}
      />
      <CommandText command={verificationUri} />
      <p className="flex items-center gap-2 text-small text-soft">
        <Spinner />
        <span aria-hidden="true" className="tabular-nums">
          {t("device.left", { clock: clockText(left) })}
        </span>
      </p>
      {verificationUri.startsWith("https:") ? (
        <Button
          kind="link"
          size="small"
          onClick={() => void views.attempt(commands.openExternal({ url: verificationUri, asked: true }))}
        >
          {t("device.here")}
        </Button>
      ) : undefined}
    </>
  );
}
