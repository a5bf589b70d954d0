import { useTranslation } from "react-i18next";
import { SignInEnded } from "../auth/sign-in-ended.tsx";
import { useApp, useBridge, useView } from "../bridge/use-bridge.ts";
import { ChatView } from "../chat/chat-view.tsx";
import { useSidebar } from "../chats/use-sidebar.ts";
import { FirstRun } from "../first-run/first-run.tsx";
import { Button } from "../ui/button.tsx";
import { lazily } from "../ui/lazily.tsx";
import { isDoor } from "../bridge/address.ts";
import { CrashNotice } from "./crash-notice.tsx";
import { Dialogs } from "./dialogs.tsx";
import { ErrorBoundary } from "./error-boundary.tsx";
import { Header } from "./header.tsx";
import { ProblemStrip } from "./problem-strip.tsx";
import { StatusLine } from "./status-line.tsx";
import { useBar } from "./use-bar.ts";
import { usePageTitle } from "./use-page-title.ts";
import { useHostIntents } from "./use-host-intents.ts";
import { useWindowShortcuts } from "./use-window-shortcuts.ts";

// What a first visit does not show is loaded when it is opened.
const SettingsView = lazily(async () => (await import("../settings/settings-view.tsx")).SettingsView);
const ProfileView = lazily(async () => (await import("../profile/profile-view.tsx")).ProfileView);
const RoomScreen = lazily(async () => (await import("../rooms/room-screen.tsx")).RoomScreen);
const Sidebar = lazily(async () => (await import("../chats/sidebar.tsx")).Sidebar);
const ProtectOffer = lazily(async () => (await import("./protect-offer.tsx")).ProtectOffer);
const NewVersion = lazily(async () => (await import("./new-version.tsx")).NewVersion);
const SignInPage = lazily(async () => (await import("../auth/sign-in-page.tsx")).SignInPage);

/** The window's frame: header, what is shown, status line. */
export function Panel() {
  useHostIntents();
  useWindowShortcuts();
  usePageTitle();
  const view = useView((state) => state.view);
  const firstRunDone = useApp((state) => state.settings.firstRunDone);
  const door = isDoor(view);
  const firstRun = !firstRunDone && !door && view !== "profile";
  const bare = firstRun || door;
  const { bar, content } = useBar();
  const framed = !bare && !bar;
  return (
    <div ref={content} className={`flex bg-window ${bar ? "" : "h-full"}`}>
      {framed ? <Chats /> : undefined}
      <div className="flex min-w-0 flex-1 flex-col">
        {framed ? <Header /> : undefined}
        <ProblemStrip />
        {framed ? <SignedOutStrip /> : undefined}
        <Protection />
        <Reload />
        <main className="relative min-h-0 flex-1">
          <ErrorBoundary fallback={<CrashNotice />}>
            {door ? <SignInPage /> : firstRun ? <FirstRun /> : <Content bar={bar} />}
          </ErrorBoundary>
        </main>
        {framed ? <StatusLine /> : undefined}
      </div>
      <ErrorBoundary fallback={undefined}>
        <Dialogs />
      </ErrorBoundary>
    </div>
  );
}

function Protection() {
  return useView((state) => state.protectionOffered) ? <ProtectOffer /> : undefined;
}

function Reload() {
  return useView((state) => state.reloadOffered) ? <NewVersion /> : undefined;
}

/** The list of chats, where there is room for it. */
function Chats() {
  const { shown } = useSidebar();
  if (!shown) return undefined;
  return (
    <ErrorBoundary fallback={undefined}>
      <Sidebar fallback={<div className="w-sidebar shrink-0 border-e border-hairline bg-sunken" />} />
    </ErrorBoundary>
  );
}

/** At once, wherever the user is: why nothing goes out any more, and the way back. */
function SignedOutStrip() {
  const { t } = useTranslation("auth");
  const { views } = useBridge();
  const signIn = (
    <Button size="small" onClick={() => views.open("sign-in")}>
      {t("signIn")}
    </Button>
  );
  return (
    <div className="gutter">
      <div className="mx-auto w-full max-w-page px-4 py-2 empty:hidden">
        <SignInEnded actions={signIn} />
      </div>
    </div>
  );
}

/** The chat stays as it is behind what covers it: its place, its draft and its pictures are there when that closes. */
function Content({ bar }: { readonly bar: boolean }) {
  const { t } = useTranslation("shell");
  const view = useView((state) => state.view);
  const covered = view === "settings" || view === "profile" || view === "room";
  return (
    <>
      <div
        inert={covered}
        className={`flex flex-col ${bar ? "" : "absolute inset-0"} ${covered ? "invisible" : ""}`}
      >
        {bar ? <h1 className="sr-only">{t("appName")}</h1> : undefined}
        <h2 className="sr-only">{t("conversation")}</h2>
        <ChatView bar={bar} />
      </div>
      {view === "room" ? (
        <div className="absolute inset-0">
          <RoomScreen />
        </div>
      ) : covered ? (
        <div key={view} className="absolute inset-0 scroll-area">
          {view === "settings" ? <SettingsView /> : <ProfileView />}
        </div>
      ) : undefined}
    </>
  );
}
