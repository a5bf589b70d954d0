import { useEffect, useRef } from "react";
import { flushSync } from "react-dom";
import { useTranslation } from "react-i18next";
import { TITLE_MAX_CHARS } from "#contract/limits.ts";

interface TitleEditorProps {
  readonly title: string;
  /** Undefined: the title stays. */
  readonly onEnd: (title: string | undefined) => void;
}

/** The title of a chat while it is changed in its place: Enter and leaving it keep what was typed, Esc does not. */
export function TitleEditor({ title, onEnd }: TitleEditorProps) {
  const { t } = useTranslation("shell");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const end = (text: string) => onEnd(text.trim() === "" || text.trim() === title ? undefined : text.trim());
  return (
    <input
      ref={field}
      dir="auto"
      aria-label={t("drawer.title")}
      defaultValue={title}
      maxLength={TITLE_MAX_CHARS}
      autoComplete="off"
      onBlur={({ currentTarget }) => end(currentTarget.value)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key !== "Enter" && event.key !== "Escape") return;
        event.preventDefault();
        const { currentTarget: input } = event;
        const place = input.parentElement;
        if (event.key === "Escape") input.value = title;
        // Its end is told by leaving it, once; the focus goes to what stands there then.
        flushSync(() => input.blur());
        place?.querySelector<HTMLElement>("[data-chat-row], button")?.focus();
      }}
      className="h-9 w-full rounded-control border border-control bg-raised px-2 text-body font-normal"
    />
  );
}
