import { ArrowLeft } from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useBridge } from "../bridge/use-bridge.ts";
import { IconButton } from "./icon-button.tsx";

/** A view in the chat's place, with the way back. Screen readers begin at its title. */
export function ViewFrame({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const { t } = useTranslation("shell");
  const { views, ui } = useBridge();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
    // Who leaves the view goes on with a question.
    return () => ui.focusComposer();
  }, [ui]);
  return (
    <section aria-label={title} className="mx-auto flex max-w-settings flex-col gap-5 px-4 pt-2 pb-6">
      <header className="-ml-2 flex items-center gap-1">
        <IconButton label={t("back")} onClick={() => views.show("chat")}>
          <ArrowLeft className="size-4" />
        </IconButton>
        <h2 ref={heading} tabIndex={-1} className="text-title font-semibold outline-none">
          {title}
        </h2>
      </header>
      {children}
    </section>
  );
}
