import type { ReactNode } from "react";
import type { Problem } from "#contract/texts/error-text.ts";
import { useErrorText } from "../i18n/use-error-text.ts";
import { ErrorDetail } from "./error-detail.tsx";
import { Note } from "./note.tsx";

interface ErrorNoteProps {
  readonly error: Problem;
  readonly actions?: ReactNode;
  readonly onDismiss?: () => void;
}

/** What failed, the cure, and what the host said of it. */
export function ErrorNote({ error, actions, onDismiss }: ErrorNoteProps) {
  const { what, cure, detail } = useErrorText()(error);
  return (
    <Note tone="danger" title={what} actions={actions} {...(onDismiss === undefined ? {} : { onDismiss })}>
      <p>{cure}</p>
      <ErrorDetail detail={detail} />
    </Note>
  );
}
