import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { SignedInPlace } from "#contract/own-account.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { useAction, type ActionError } from "../bridge/use-action.ts";
import { clockTime, dateOf } from "../chat/message-time.ts";
import { SettingsSection } from "../settings/settings-section.tsx";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { HiddenStatus } from "../ui/hidden-status.tsx";
import { deviceName } from "./device-name.ts";
import { requestSignal, type Own } from "./own.ts";

/** Programs and browsers in which the account is signed in, and ending that. */
export function Places({ client }: Pick<Own, "client">) {
  const { t } = useTranslation(["profile", "shell"]);
  const { places, error, reload } = usePlaces(client);
  const { busy, error: notEnded, run } = useAction();
  const [ended, setEnded] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  const others = places?.filter(({ current }) => !current) ?? [];
  const end = async (which: readonly SignedInPlace[]): Promise<void> => {
    setEnded(false);
    const worked = await run(() =>
      Promise.all(which.map((place) => client.endPlace(place, requestSignal()))),
    );
    // The button that was pressed is gone with its place.
    list.current?.focus();
    setEnded(worked);
    reload();
  };
  const failure = notEnded ?? error;
  return (
    <SettingsSection title={t("places.title")}>
      <div ref={list} tabIndex={-1} className="outline-none">
        {failure === undefined ? undefined : (
          <div className="py-2.5">
            <ErrorNote error={failure} actions={<Button onClick={reload}>{t("shell:tryAgain")}</Button>} />
          </div>
        )}
        {places === undefined ? (
          <Loading shown={error === undefined} />
        ) : (
          <PlaceList places={places} busy={busy} onEnd={(place) => void end([place])} />
        )}
        {others.length > 1 ? (
          <div className="border-t border-hairline py-2.5">
            <Button kind="danger" busy={busy} onClick={() => void end(others)}>
              {t("places.others")}
            </Button>
          </div>
        ) : undefined}
        <HiddenStatus>{ended ? t("places.ended") : ""}</HiddenStatus>
      </div>
    </SettingsSection>
  );
}

function Loading({ shown }: { readonly shown: boolean }) {
  const { t } = useTranslation("profile");
  return shown ? <p className="animate-appear-late py-2.5 text-soft">{t("places.loading")}</p> : undefined;
}

interface PlaceListProps {
  readonly places: readonly SignedInPlace[];
  readonly busy: boolean;
  readonly onEnd: (place: SignedInPlace) => void;
}

function PlaceList({ places, busy, onEnd }: PlaceListProps) {
  const { t } = useTranslation("profile");
  if (places.length === 0) return <p className="py-2.5 text-soft">{t("places.none")}</p>;
  return (
    <ul className="divide-y divide-hairline">
      {places.map((place) => (
        <Place key={place.id} place={place} busy={busy} onEnd={() => onEnd(place)} />
      ))}
    </ul>
  );
}

interface PlaceProps {
  readonly place: SignedInPlace;
  readonly busy: boolean;
  readonly onEnd: () => void;
}

function Place({ place, busy, onEnd }: PlaceProps) {
  const { t, i18n } = useTranslation("profile");
  const name = usePlaceName(place);
  const [nowMs] = useState(() => Date.now());
  const when = `${dateOf(place.lastUsedAtMs, nowMs, i18n.language)}, ${clockTime(place.lastUsedAtMs, i18n.language)}`;
  const about = [place.address, t("places.used", { when })].filter((part) => part !== undefined);
  return (
    <li className="flex items-center justify-between gap-4 py-2.5">
      <div className="flex min-w-0 flex-col">
        <p className="wrap-anywhere">{name}</p>
        <p className="text-small wrap-anywhere text-soft">{about.join(" · ")}</p>
      </div>
      {place.current ? (
        <span className="shrink-0 text-small font-medium text-accent">{t("places.here")}</span>
      ) : (
        <Button busy={busy} aria-label={t("places.endName", { name })} onClick={onEnd}>
          {t("places.end")}
        </Button>
      )}
    </li>
  );
}

const programs = ["pipit-desktop", "pipit-cli", "pipit-web"] as const;

/** What a program is called, and what a browser says of itself. */
function usePlaceName({ clientId, userAgent }: SignedInPlace): string {
  const { t } = useTranslation("profile");
  const known = programs.find((id) => id === clientId);
  const program = known === undefined ? clientId : t(`places.program.${known}`);
  const device = deviceName(userAgent);
  return device === undefined ? program : `${program} (${device})`;
}

function usePlaces(client: Own["client"]) {
  const [places, setPlaces] = useState<readonly SignedInPlace[]>();
  const [error, setError] = useState<ActionError>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    const leave = new AbortController();
    client.places(leave.signal).then(
      (found) => {
        if (leave.signal.aborted) return;
        setPlaces(found);
        setError(undefined);
      },
      (reason: unknown) => {
        const { code, message, field } = PipitError.from(reason);
        if (!leave.signal.aborted) setError({ code, message, field });
      },
    );
    return () => leave.abort();
  }, [client, round]);
  return { places, error, reload: () => setRound((before) => before + 1) };
}
