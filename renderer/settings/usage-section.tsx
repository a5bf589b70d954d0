import { useEffect, useState } from "react";
import type { TokenLimit, UsedBy, UsedTokens } from "#contract/commands/usage.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { useBridge } from "../bridge/use-bridge.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { SegmentedRow } from "./setting-row.tsx";
import { SettingsSection } from "./settings-section.tsx";
import { UnreadSection } from "./unread-section.tsx";

const kinds = ["day", "model", "chat"] as const satisfies readonly UsedBy[];
/** Rows that stand there until the others are asked for. */
const FIRST_ROWS = 7;

/** The tokens of the last 30 days, and what the account may use. */
export function UsageSection() {
  const { t, i18n } = useLazyTexts("usage");
  const { commands } = useBridge();
  const [by, setBy] = useState<UsedBy>("day");
  const [read, setRead] = useState<{ readonly by: UsedBy; readonly used: UsedTokens }>();
  const [error, setError] = useState<PipitError>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let isOld = false;
    const tell = (used: UsedTokens | undefined, failure?: PipitError): void => {
      if (isOld) return;
      if (used !== undefined) setRead({ by, used });
      setError(failure);
    };
    commands.usedTokens({ by }).then(tell, (reason: unknown) => tell(undefined, PipitError.from(reason)));
    return () => {
      isOld = true;
    };
  }, [commands, by, attempt]);
  if (read === undefined)
    return (
      <UnreadSection title={t("title")} error={error} onRetry={() => setAttempt((count) => count + 1)} />
    );
  const { day, month } = read.used;
  const moment = new Intl.DateTimeFormat(i18n.language, { dateStyle: "medium", timeStyle: "short" });
  const limitText = (name: "day" | "month", { limit, used, freeAtMs }: TokenLimit): string =>
    t(name, { used, limit, time: moment.format(freeAtMs) });
  return (
    <SettingsSection title={t("title")}>
      <SegmentedRow
        label={t("by")}
        hint={t("hint")}
        value={by}
        options={kinds.map((kind) => ({ value: kind, label: t(`kind.${kind}`) }))}
        onChange={setBy}
      />
      <div className="flex flex-col gap-2 py-2.5">
        {error === undefined ? undefined : <ErrorNote error={error} />}
        <UsedTable key={read.by} by={read.by} used={read.used} />
        {day === undefined ? undefined : <p className="text-small">{limitText("day", day)}</p>}
        {month === undefined ? undefined : <p className="text-small">{limitText("month", month)}</p>}
      </div>
    </SettingsSection>
  );
}

function UsedTable({ by, used }: { readonly by: UsedBy; readonly used: UsedTokens }) {
  const { t, i18n } = useLazyTexts("usage");
  const [all, setAll] = useState(false);
  if (used.sums.length === 0) return <p className="text-small text-soft">{t("none")}</p>;
  const number = new Intl.NumberFormat(i18n.language);
  const dayFormat = new Intl.DateTimeFormat(i18n.language, { dateStyle: "medium", timeZone: "UTC" });
  const nameOf = (name: string): string =>
    by === "day" ? dayFormat.format(Date.parse(name)) : name || t("noChat");
  const sums = by === "day" ? used.sums.toReversed() : used.sums;
  const rows = all ? sums : sums.slice(0, FIRST_ROWS);
  return (
    <>
      <table className="w-full text-small [&_td]:ps-4 [&_td]:text-end [&_td]:tabular-nums [&_th]:py-0.5 [&_th]:font-normal [&_thead_th]:ps-4 [&_thead_th]:text-end">
        <thead className="text-soft">
          <tr>
            <td />
            <th scope="col">{t("input")}</th>
            <th scope="col">{t("output")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, inputTokens, outputTokens }, index) => (
            // Chats may share a title.
            <tr key={index}>
              <th scope="row" className="w-full max-w-0 truncate text-start">
                <bdi>{nameOf(name)}</bdi>
              </th>
              <td>{number.format(inputTokens)}</td>
              <td>{number.format(outputTokens)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot className="[&_td]:font-medium [&_th]:font-medium">
          <tr>
            <th scope="row" className="text-start">
              {t("total")}
            </th>
            <td>{number.format(used.total.inputTokens)}</td>
            <td>{number.format(used.total.outputTokens)}</td>
          </tr>
        </tfoot>
      </table>
      {rows.length === sums.length ? undefined : (
        <Button size="small" className="self-start" onClick={() => setAll(true)}>
          {t("all", { count: sums.length })}
        </Button>
      )}
    </>
  );
}
