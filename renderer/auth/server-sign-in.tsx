import { Globe, Smartphone } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { ServerLook, SignInWays } from "#contract/sign-in.ts";
import { useApp, useBridge, useView } from "../bridge/use-bridge.ts";
import { useAction } from "../bridge/use-action.ts";
import { Button } from "../ui/button.tsx";
import { PasswordSignIn } from "./password-sign-in.tsx";
import { RegisterForm } from "./register-form.tsx";
import { SignInError } from "./sign-in-error.tsx";
import { TokenSignIn } from "./token-sign-in.tsx";
import { BrowserWait, DeviceWait } from "./waiting.tsx";

interface ServerSignInProps {
  readonly serverUrl: string;
  /** Undefined while it is not known: a form stands nevertheless. */
  readonly look: ServerLook | undefined;
  readonly onDone: () => void;
}

const passwordOnly: SignInWays = { password: true, registration: false, browser: false, device: false };

/** The ways to sign in that this server has, and no others. */
export function ServerSignIn({ serverUrl, look, onDone }: ServerSignInProps) {
  const { t } = useTranslation("auth");
  const { commands } = useBridge();
  const { mode, setMode, isTitled } = useMode(look);
  const [codeStep, setCodeStep] = useState(false);
  const elsewhere = useElsewhere(serverUrl, onDone);
  const ways = look?.ways ?? passwordOnly;
  const cancel = () => void commands.cancelSignIn();
  if (elsewhere.waiting === "browser") return <BrowserWait onCancel={cancel} />;
  if (elsewhere.waiting === "device") return <DeviceWait onCancel={cancel} />;
  if (mode === "register") {
    return (
      <>
        {isTitled ? undefined : <h3 className="font-semibold">{t("register.title")}</h3>}
        <RegisterForm serverUrl={serverUrl} onDone={onDone} />
        <Switch
          name="sign-in"
          text={t("register.have")}
          action={t("signIn")}
          onClick={() => setMode("sign-in")}
        />
      </>
    );
  }
  return (
    <>
      {ways.password ? (
        <PasswordSignIn
          serverUrl={serverUrl}
          clockAheadMs={look?.clockAheadMs ?? 0}
          onDone={onDone}
          onCodeStep={setCodeStep}
        />
      ) : undefined}
      <div className={codeStep ? "hidden" : "contents"}>
        <ElsewhereButtons ways={ways} elsewhere={elsewhere} />
        {ways.registration ? (
          <Switch
            name="register"
            text={t("register.none")}
            action={t("register.action")}
            onClick={() => setMode("register")}
          />
        ) : undefined}
        <Advanced>
          <TokenSignIn serverUrl={serverUrl} onDone={onDone} />
        </Advanced>
      </div>
    </>
  );
}

/** Signing in at another place than this window, which waits for it. */
function useElsewhere(serverUrl: string, onDone: () => void) {
  const { commands } = useBridge();
  const [waiting, setWaiting] = useState<"browser" | "device">();
  const { error, run } = useAction();
  const go = async (way: "browser" | "device") => {
    setWaiting(way);
    const start = way === "browser" ? commands.signInByBrowser : commands.signInByDevice;
    const worked = await run(() => start({ serverUrl }));
    setWaiting(undefined);
    if (worked) onDone();
  };
  return { waiting, error, go };
}

interface ElsewhereButtonsProps {
  readonly ways: SignInWays;
  readonly elsewhere: ReturnType<typeof useElsewhere>;
}

function ElsewhereButtons({ ways, elsewhere }: ElsewhereButtonsProps) {
  const { t } = useTranslation("auth");
  if (!ways.browser && !ways.device) return;
  return (
    <>
      {ways.password ? <Or /> : undefined}
      <div className="flex flex-col gap-2">
        <SignInError error={elsewhere.error} />
        {ways.browser ? (
          <Button
            size="large"
            kind={ways.password ? "quiet" : "primary"}
            onClick={() => void elsewhere.go("browser")}
          >
            <Globe aria-hidden="true" className="size-4" />
            {t("browser.action")}
          </Button>
        ) : undefined}
        {ways.device ? (
          <Button size="large" onClick={() => void elsewhere.go("device")}>
            <Smartphone aria-hidden="true" className="size-4" />
            {t("device.action")}
          </Button>
        ) : undefined}
      </div>
    </>
  );
}

function Advanced({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation("auth");
  return (
    <details>
      <summary className="mx-auto w-fit cursor-pointer rounded-small text-small text-soft">
        {t("advanced")}
      </summary>
      <div className="pt-3">{children}</div>
    </details>
  );
}

type Mode = "sign-in" | "register";

/**
 * On the page both have addresses of their own; in a dialog it is a change of the form. While it is not known whether the
 * server registers people, the form for it stands already, and keeps what is typed.
 */
function useMode(look: ServerLook | undefined) {
  const { views } = useBridge();
  const page = useApp((state) => state.face === "web");
  const view = useView((state) => state.view);
  const [own, setOwn] = useState<Mode>("sign-in");
  const hasAddress = page && (view === "sign-in" || view === "register");
  const mode = hasAddress ? view : own;
  const setMode = hasAddress ? views.show : setOwn;
  const isClosed = mode === "register" && look?.ways.registration === false;
  useEffect(() => {
    if (isClosed) setMode("sign-in");
  }, [isClosed, setMode]);
  return {
    mode: isClosed ? "sign-in" : mode,
    setMode,
    /** The view says itself which of the two it is. */
    isTitled: hasAddress,
  };
}

function Or() {
  const { t } = useTranslation("auth");
  return (
    <div className="flex items-center gap-3 text-small text-faint">
      <span className="h-px flex-1 bg-hairline" />
      {t("or")}
      <span className="h-px flex-1 bg-hairline" />
    </div>
  );
}

interface SwitchProps {
  readonly name: Mode;
  readonly text: string;
  readonly action: string;
  readonly onClick: () => void;
}

function Switch({ name, text, action, onClick }: SwitchProps) {
  return (
    <p className="flex flex-wrap items-center justify-center gap-x-1.5 text-small text-soft">
      {text}
      <Button kind="link" size="small" name={name} onClick={onClick}>
        {action}
      </Button>
    </p>
  );
}
