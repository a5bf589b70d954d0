import { useTranslation } from "react-i18next";
import type { ChatImport, ImportReport } from "#contract/imports/chat-import.ts";
import { importFailure } from "#contract/imports/import-failures.ts";
import { languageOfLocale } from "#contract/language.ts";
import { useBridge } from "../bridge/use-bridge.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { Button } from "../ui/button.tsx";
import { ErrorDetail } from "../ui/error-detail.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { Note } from "../ui/note.tsx";

/** How far an import is, and what came of it. */
export function ImportState({ state }: { readonly state: ChatImport }) {
  const { t } = useLazyTexts("chatFiles");
  if (state.kind === "running") return <Running state={state} />;
  return (
    <div role="status" className="flex flex-col gap-2 py-2.5 text-small">
      {state.kind === "done" ? <Report report={state.report} /> : undefined}
      {state.kind === "stopped" ? <p>{t("stopped", { chats: state.chats })}</p> : undefined}
      {state.kind === "failed" ? <Failure state={state} /> : undefined}
    </div>
  );
}

function Running({ state }: { readonly state: Extract<ChatImport, { readonly kind: "running" }> }) {
  const { t } = useLazyTexts("chatFiles");
  const { commands } = useBridge();
  const { step, share, chats } = state;
  const text = t(step, { percent: Math.floor(share * 100), chats });
  return (
    <div className="flex items-center gap-4 py-2.5">
      <div className="flex min-w-0 flex-1 flex-col gap-1.5">
        <p className="text-small text-soft">{text}</p>
        <progress aria-label={text} value={share} max={1} className="h-1.5 w-full accent-accent" />
      </div>
      <Button onClick={() => void commands.stopImport()}>{t("stop")}</Button>
    </div>
  );
}

function Failure({ state }: { readonly state: Extract<ChatImport, { readonly kind: "failed" }> }) {
  const { i18n } = useTranslation();
  const told = importFailure(languageOfLocale(i18n.language), state.code);
  if (told === undefined) return <ErrorNote error={state} />;
  return (
    <Note tone="danger" title={told.what}>
      <p>{told.cure}</p>
      <ErrorDetail detail={state.message} />
    </Note>
  );
}

function Report({ report }: { readonly report: ImportReport }) {
  const { t } = useLazyTexts("chatFiles");
  const { skipped, skippedChats, leftOut, problem } = report;
  const counts = [
    ...(["made", "extended", "unchanged", "turns"] as const).map((name) => [name, report[name]] as const),
    ...(["pictures", "files", "cut"] as const).map((name) => [name, leftOut[name]] as const),
  ].filter(([name, count]) => name === "made" || count > 0);
  return (
    <>
      <p className="font-medium">{t("done")}</p>
      <ul className="flex flex-col gap-1">
        {counts.map(([name, count]) => (
          <li key={name}>{t(name, { count })}</li>
        ))}
        {Object.entries(skipped).map(([reason, count]) => (
          <li key={reason}>
            {t("skipped", { reason: t(`reasons.${reason as "damaged"}`, { defaultValue: reason }), count })}
            <ul className="max-h-40 overflow-y-auto ps-4 text-soft" tabIndex={-1}>
              {skippedChats
                .filter((chat) => chat.reason === reason)
                .map((chat, place) => (
                  <li key={place} className="truncate">
                    <bdi>{chat.title}</bdi>
                  </li>
                ))}
            </ul>
          </li>
        ))}
      </ul>
      {problem === undefined ? undefined : (
        <p className="text-danger">{t(`problems.${problem as "damaged"}`, { defaultValue: problem })}</p>
      )}
    </>
  );
}
