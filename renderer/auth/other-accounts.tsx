import { CircleUser, LogOut } from "lucide-react";
import { useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { SignedInAccount } from "#contract/auth-state.ts";
import { useApp, useBridge } from "../bridge/use-bridge.ts";
import { useAction } from "../bridge/use-action.ts";
import { ErrorNote } from "../ui/error-note.tsx";
import { HiddenStatus } from "../ui/hidden-status.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { useAccountName } from "./use-account-name.ts";

/** The accounts that are signed in beside the one in use: a click goes on as one of them, another signs it out. */
export function OtherAccounts({ onDone }: { readonly onDone: () => void }) {
  const { t } = useTranslation("auth");
  const { commands } = useBridge();
  const others = useOtherAccounts();
  const { busy, error, run } = useAction();
  const [gone, setGone] = useState("");
  const section = useRef<HTMLDivElement>(null);
  const heading = useId();
  const switchTo = async (account: SignedInAccount) => {
    if (await run(() => commands.switchAccount(keyOf(account)))) onDone();
  };
  const signOut = async (account: SignedInAccount, name: string) => {
    if (!(await run(() => commands.signOutAccount(keyOf(account))))) return;
    setGone(t("account.gone", { name }));
    // The button that was pressed is gone with its account.
    section.current?.focus();
  };
  if (others.length === 0 && gone === "") return;
  return (
    <div ref={section} tabIndex={-1} aria-busy={busy} className="flex flex-col gap-1 outline-none">
      {error === undefined ? undefined : <ErrorNote error={error} />}
      {others.length === 0 ? undefined : (
        <>
          <p id={heading} className="text-small font-medium text-soft">
            {t("account.switchTo")}
          </p>
          <ul aria-labelledby={heading} className="flex flex-col">
            {others.map((account) => (
              <OtherAccount
                key={JSON.stringify(keyOf(account))}
                account={account}
                onSwitch={() => void switchTo(account)}
                onSignOut={(name) => void signOut(account, name)}
              />
            ))}
          </ul>
        </>
      )}
      <HiddenStatus>{gone}</HiddenStatus>
    </div>
  );
}

export function useOtherAccounts(): readonly SignedInAccount[] {
  return useApp((state) => state.accounts)?.filter(({ active }) => !active) ?? [];
}

interface OtherAccountProps {
  readonly account: SignedInAccount;
  readonly onSwitch: () => void;
  readonly onSignOut: (name: string) => void;
}

function OtherAccount({ account, onSwitch, onSignOut }: OtherAccountProps) {
  const { t } = useTranslation("auth");
  const { serverUrl, local } = account;
  const name = useAccountName({ kind: "signed-in", ...account });
  const address = serverUrl === "" ? t("local.label") : serverUrl.replace(/^https:\/\//u, "");
  const place = local ? t("account.local") : address;
  return (
    <li className="-mx-2 flex items-center gap-1">
      <button
        type="button"
        title={`${name}\n${place}`}
        onClick={onSwitch}
        className="flex min-w-0 flex-1 items-center gap-3 rounded-control px-2 py-1.5 text-left transition-colors hover:bg-hover active:bg-press"
      >
        <CircleUser aria-hidden="true" className="size-8 shrink-0 text-soft" />
        <span className="flex min-w-0 flex-col">
          <span className="truncate font-medium">{name}</span>
          <span className="truncate text-small text-soft">{place}</span>
        </span>
      </button>
      <IconButton label={t("account.signOutOf", { name })} onClick={() => onSignOut(name)}>
        <LogOut className="size-4" />
      </IconButton>
    </li>
  );
}

function keyOf({ serverUrl, accountId }: SignedInAccount) {
  return { serverUrl, accountId };
}
