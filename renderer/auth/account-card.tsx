import { CircleUser, UserPlus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { AuthState } from "#contract/auth-state.ts";
import { useApp, useBridge, useChat } from "../bridge/use-bridge.ts";
import { useAction } from "../bridge/use-action.ts";
import { Button } from "../ui/button.tsx";
import { ErrorDetail } from "../ui/error-detail.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { Note } from "../ui/note.tsx";
import { OtherAccounts, useOtherAccounts } from "./other-accounts.tsx";
import { useAccountName } from "./use-account-name.ts";

interface AccountCardProps {
  readonly account: Extract<AuthState, { kind: "signed-in" }>;
  readonly onDone: () => void;
  /** Signs in as one more; absent on a page, which has one account. */
  readonly onAdd: (() => void) | undefined;
}

/** Who is signed in, here and beside, where the sign-in is kept, and signing out, which asks once more while messages wait. */
export function AccountCard({ account, onDone, onAdd }: AccountCardProps) {
  const { t } = useTranslation("auth");
  const name = useAccountName(account);
  const server = useApp((state) => state.server);
  const hasOthers = useOtherAccounts().length > 0;
  const address = server.kind === "ready" ? server.httpUrl : "";
  const here = account.local || address === "";
  return (
    <div className="flex flex-col gap-4">
      <div className="flex items-center gap-3">
        <CircleUser aria-hidden="true" className="size-8 shrink-0 text-soft" />
        <div className="flex min-w-0 flex-1 flex-col">
          <p className="truncate font-medium" title={name}>
            {name}
          </p>
          <p className={`text-small text-soft ${here ? "" : "truncate"}`}>
            {here ? t("account.local") : t("account.remote", { address })}
          </p>
        </div>
        {hasOthers ? (
          <span className="shrink-0 text-small font-medium text-accent">{t("account.inUse")}</span>
        ) : undefined}
      </div>
      <OtherAccounts onDone={onDone} />
      <TokenPlaceText />
      {onAdd === undefined ? undefined : (
        <Button onClick={onAdd}>
          <UserPlus aria-hidden="true" className="size-4" />
          {t("account.add")}
        </Button>
      )}
      <SignOut onDone={onDone} />
    </div>
  );
}

function TokenPlaceText() {
  const { t } = useTranslation("auth");
  const place = useApp((state) => state.tokenPlace);
  if (place === undefined) return;
  return (
    <div className="flex flex-col gap-1 text-small text-soft">
      <p>{t(`account.place.${place.kind}`)}</p>
      <ErrorDetail detail={place.fallbackReason} />
    </div>
  );
}

function SignOut({ onDone }: Pick<AccountCardProps, "onDone">) {
  const { t } = useTranslation(["auth", "shell"]);
  const { commands } = useBridge();
  const waiting = useChat((state) => state.queuedCount);
  const [asking, setAsking] = useState<"leave" | "drop">();
  const { busy, error, run } = useAction();
  const signOut = async (first?: () => Promise<void>) => {
    const leave = async () => {
      await first?.();
      await commands.signOut();
    };
    if (await run(leave)) onDone();
  };
  const failed = error === undefined ? undefined : <ErrorNote error={error} />;
  if (asking === undefined || waiting === 0) {
    return (
      <>
        {failed}
        <Button busy={busy} onClick={() => (waiting > 0 ? setAsking("leave") : void signOut())}>
          {t("signOut")}
        </Button>
      </>
    );
  }
  const drops = asking === "drop";
  return (
    <>
      {failed}
      <Note
        tone="warning"
        title={t(drops ? "account.drop.ask" : "account.waiting", { count: waiting })}
        actions={
          <>
            <Button
              busy={busy}
              kind="danger"
              onClick={() => void signOut(drops ? commands.discardWaiting : undefined)}
            >
              {t(drops ? "account.drop.confirm" : "account.confirm")}
            </Button>
            <Button onClick={() => setAsking(undefined)}>{t("shell:cancel")}</Button>
            {drops ? undefined : (
              <Button kind="link" onClick={() => setAsking("drop")}>
                {t("account.drop.offer", { count: waiting })}
              </Button>
            )}
          </>
        }
      />
    </>
  );
}
