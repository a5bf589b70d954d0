import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./button.tsx";

interface InPlaceEditorProps {
  /** As it stands. */
  readonly text: string;
  readonly label: string;
  /** Of the button that keeps the new text. */
  readonly action: string;
  readonly busy: boolean;
  /** Longer than this cannot be kept, and `notes` says so. */
  readonly maxChars: number;
  /** Whether nothing at all may be kept. */
  readonly mayBeEmpty?: boolean;
  /** What stands under the text, for what is written there now. */
  readonly notes: (text: string) => ReactNode;
  readonly onKeep: (text: string) => void;
  readonly onEnd: () => void;
}

/** A text of one's own being changed in its place: Enter keeps it, Esc leaves it as it was. */
export function InPlaceEditor(props: InPlaceEditorProps) {
  const { label, action, busy, maxChars, mayBeEmpty = false, notes, onKeep, onEnd } = props;
  const { t } = useTranslation("shell");
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(props.text);
  const endChars = props.text.length;
  useEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(endChars, endChars);
  }, [endChars]);
  const isTooLong = text.length > maxChars;
  const cannot = isTooLong || (!mayBeEmpty && text.trim() === "");
  const keep = () => {
    if (!busy && !cannot) onKeep(text);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") onEnd();
    else if (event.key === "Enter" && !event.shiftKey) keep();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="my-2 flex flex-col gap-2 rounded-card border border-control bg-raised p-2">
      <textarea
        ref={field}
        dir="auto"
        aria-label={label}
        aria-invalid={isTooLong}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        className="field-sizing-content max-h-60 resize-none bg-transparent px-1 text-reading outline-none"
      />
      {notes(text)}
      <div className="flex justify-end gap-2">
        <Button onClick={onEnd}>{t("cancel")}</Button>
        <Button kind="primary" busy={busy} disabled={cannot} onClick={keep}>
          {action}
        </Button>
      </div>
    </div>
  );
}
