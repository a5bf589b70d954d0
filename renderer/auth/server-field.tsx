import { CircleCheck } from "lucide-react";
import { useId, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useApp } from "../bridge/use-bridge.ts";
import { useErrorText } from "../i18n/use-error-text.ts";
import { Button } from "../ui/button.tsx";
import { Spinner } from "../ui/spinner.tsx";
import { AddressField, useAddressProblem } from "./address-field.tsx";
import type { ReadAddress } from "./server-address.ts";
import type { Looked } from "./use-server-look.ts";

interface ServerFieldProps {
  readonly typed: string;
  readonly address: ReadAddress;
  readonly looked: Looked;
  readonly onChange: (typed: string) => void;
  /** Looks once more. */
  readonly again: () => void;
}

/** The server's address, with what stands there, told while it is typed; servers that were used before are offered. */
export function ServerField({ typed, address, looked, onChange, again }: ServerFieldProps) {
  const { t } = useTranslation(["auth", "shell"]);
  const known = useApp((state) => state.settings.servers);
  const listId = useId();
  const problem = useAddressProblem(address);
  const errorText = useErrorText();
  const failed = looked.kind === "failed" ? errorText(looked.error) : undefined;
  return (
    <div className="flex flex-col gap-1">
      <AddressField
        label={t("server.label")}
        size="large"
        list={listId}
        {...(typed === "" ? { "data-initial-focus": "" } : {})}
        hint={<LookLine looked={looked} />}
        error={problem ?? (failed && `${failed.what} ${failed.cure}`)}
        value={typed}
        onChange={(event) => onChange(event.currentTarget.value)}
        onKeyDown={(event) => {
          // There is nothing to send yet, and the look comes by itself.
          if (event.key === "Enter") event.preventDefault();
        }}
      />
      <datalist id={listId}>
        {known.map((url) => (
          <option key={url} value={url} />
        ))}
      </datalist>
      {failed === undefined ? undefined : (
        <Button kind="link" size="small" className="self-start" onClick={again}>
          {t("shell:tryAgain")}
        </Button>
      )}
    </div>
  );
}

function LookLine({ looked }: { readonly looked: Looked }): ReactNode {
  const { t } = useTranslation("auth");
  switch (looked.kind) {
    case "nothing":
      return t("server.hint");
    case "looking":
      return (
        <span className="flex items-center gap-1.5">
          <Spinner /> {t("server.looking")}
        </span>
      );
    case "found":
      return (
        <span role="status" className="flex items-center gap-1.5 text-ink">
          <CircleCheck aria-hidden="true" className="size-4 text-accent" />
          {t("server.found", { version: looked.look.version })}
        </span>
      );
    case "failed":
      return undefined;
  }
}
