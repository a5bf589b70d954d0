import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useBridge } from "../bridge/use-bridge.ts";
import { Button } from "../ui/button.tsx";
import { useState } from "react";

interface RecoveryCodesProps {
  readonly codes: readonly string[];
  readonly onDone: () => void;
}

/** Shown this once. */
export function RecoveryCodes({ codes, onDone }: RecoveryCodesProps) {
  const { t } = useTranslation(["profile", "shell"]);
  const { commands, views } = useBridge();
  const [copied, setCopied] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const text = `${codes.join("\n")}\n`;
  const copy = async (): Promise<void> => setCopied(await views.attempt(commands.copyText({ text })));
  return (
    <div className="flex flex-col gap-3">
      <h4 ref={heading} tabIndex={-1} className="font-medium outline-none">
        {t("factor.codesTitle")}
      </h4>
      <p className="text-small text-soft">{t("factor.codesBody")}</p>
      <ul className="grid grid-cols-2 gap-x-4 gap-y-1 rounded-control bg-sunken p-3 font-mono select-text">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        <Button kind="primary" onClick={onDone}>
          {t("factor.kept")}
        </Button>
        <Button onClick={() => void copy()}>{copied ? t("shell:copied") : t("factor.copyCodes")}</Button>
        <Button onClick={() => saveFile(t("factor.file"), text)}>{t("factor.download")}</Button>
      </div>
    </div>
  );
}

function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
