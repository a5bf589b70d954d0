import { useState, type KeyboardEvent, type MouseEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useBridge } from "../bridge/use-bridge.ts";
import { opensUnasked, plainHttpUrl, safeUrl } from "./safe-url.ts";

export interface LinkProps {
  readonly url: string;
  /** Its bare text. */
  readonly text: string;
  readonly children: ReactNode;
}

/** A link that the person's own browser opens; what must not be followed is only its text. */
export function Link({ url, text, children }: LinkProps) {
  const { t } = useTranslation("markdown");
  const { commands, views } = useBridge();
  const [failed, setFailed] = useState(false);
  const target = safeUrl(url);
  if (target === undefined) return <DeadLink url={url} text={text} children={children} />;
  const unasked = opensUnasked(target, text);
  const follow = (): void => {
    setFailed(false);
    if (unasked) commands.openExternal({ url: target.url }).catch(() => setFailed(true));
    else views.askToOpen(target.url);
  };
  const onClick = (event: MouseEvent): void => {
    // The middle button and Ctrl would make a window of ours.
    if (event.button > 1) return;
    event.preventDefault();
    follow();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter") return;
    // Else the same press would answer the question.
    event.preventDefault();
    follow();
  };
  // Without an address there is nothing that the browser's own menu, a drag or a search for links could open unasked.
  const way = unasked ? { href: target.url, rel: "noopener noreferrer", target: "_blank" } : {};
  return (
    <>
      <a
        role="link"
        tabIndex={0}
        title={t("linkTo", { host: target.host })}
        onClick={onClick}
        onAuxClick={onClick}
        onKeyDown={onKeyDown}
        {...way}
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
