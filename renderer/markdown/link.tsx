import { useState, type MouseEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useBridge } from "../bridge/use-bridge.ts";
import { plainHttpUrl, safeUrl } from "./safe-url.ts";

export interface LinkProps {
  readonly url: string;
  /** Its bare text. */
  readonly text: string;
  readonly children: ReactNode;
}

/** A link that the person's own browser opens; what must not be followed is only its text. */
export function Link({ url, text, children }: LinkProps) {
  const { t } = useTranslation("markdown");
  const { commands } = useBridge();
  const [failed, setFailed] = useState(false);
  const target = safeUrl(url);
  if (target === undefined) return <DeadLink url={url} text={text} children={children} />;
  const open = (event: MouseEvent): void => {
    // The middle button and Ctrl would make a window of ours.
    if (event.button > 1) return;
    event.preventDefault();
    setFailed(false);
    commands.openExternal({ url: target.url }).catch(() => setFailed(true));
  };
  return (
    <>
      <a
        href={target.url}
        title={t("linkTo", { host: target.host })}
        rel="noopener noreferrer"
        target="_blank"
        onClick={open}
        onAuxClick={open}
      >
        <bdi>{children}</bdi>
      </a>
      {failed && (
        <span role="alert" className="md-link-problem">
          {t("linkFailed")}
        </span>
      )}
    </>
  );
}

/** Text instead of a link; an http address is there to be copied. */
function DeadLink({ url, text, children }: LinkProps) {
  const address = plainHttpUrl(url);
  const behind = address === undefined || text.startsWith("http:") ? "" : ` (${address})`;
  return (
    <>
      <bdi>{children}</bdi>
      <bdi className="md-address">{behind}</bdi>
    </>
  );
}
