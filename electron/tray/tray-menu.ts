import type { AppState, UpdateState } from "#contract/app-state.ts";
import type { AuthState, SignedInAccount } from "#contract/auth-state.ts";
import type { ChatState } from "#contract/chat-state.ts";
import type { DesktopTexts } from "../shell/texts.ts";
import type { UpdateTexts } from "../update/update-texts.ts";

/** What the tray's icon tells at a glance. */
export type TrayIcon = "signed-out" | "idle" | "busy" | "answered" | "offline";

/** What a click in the menu does. */
export type TrayAction =
  | "show"
  | "login"
  | "logout"
  | "newChat"
  | "pictureRegion"
  | "pictureWindow"
  | "pictureScreen"
  | "toggleSpeak"
  | "stopSpeaking"
  | "settings"
  | "shortcuts"
  | "update"
  | "tool"
  | "quit";

export type TrayItem =
  | { readonly kind: "separator" }
  /** A line that only tells something. */
  | { readonly kind: "line"; readonly id: string; readonly label: string }
  | {
      readonly kind: "action";
      readonly id: TrayAction;
      readonly label: string;
      readonly enabled: boolean;
      readonly checked?: boolean;
    }
  /** Accounts to switch to; the one in use is marked. */
  | { readonly kind: "accounts"; readonly label: string; readonly items: readonly TrayAccount[] };

export interface TrayAccount extends Pick<SignedInAccount, "serverUrl" | "accountId" | "active"> {
  readonly label: string;
}

export interface TrayState {
  readonly chat: Pick<ChatState, "connection" | "queuedCount" | "activeMessageId" | "speak" | "speaking">;
  readonly auth: AuthState;
  readonly app: Pick<AppState, "server" | "accounts" | "features" | "settings">;
  /** An answer has come that was not looked at. */
  readonly unseen: boolean;
  /** Undefined where updates are not this app's matter. */
  readonly update?: UpdateState | undefined;
  /** Whether the command line tool can be installed. */
  readonly tool?: boolean | undefined;
}

/** Everything the tray shows; plain, so that it can be compared with what is shown already. */
export interface TrayView {
  readonly icon: TrayIcon;
  readonly tooltip: string;
  readonly items: readonly TrayItem[];
}

/** What the tray shows in this state. */
export function trayView(state: TrayState, texts: DesktopTexts): TrayView {
  const account = accountLine(state.auth, texts);
  const connection = connectionLine(state, texts);
  const { queuedCount } = state.chat;
  const queued = queuedCount === 0 ? [] : [texts.queued(queuedCount)];
  const unseen = state.unseen ? [texts.unseen] : [];
  return {
    icon: iconOf(state),
    tooltip: ["Pipit", account, connection, ...queued, ...unseen].join("\n"),
    items: [
      { kind: "line", id: "account", label: account },
      { kind: "line", id: "connection", label: connection },
      ...queued.map((label): TrayItem => ({ kind: "line", id: "queued", label })),
      ...unseen.map((label): TrayItem => ({ kind: "line", id: "unseen", label })),
      { kind: "separator" },
      action("show", texts.show),
      action("newChat", texts.newChat),
      { kind: "separator" },
      ...pictureItems(state.app, texts),
      { ...action("toggleSpeak", texts.speak), checked: state.chat.speak },
      { ...action("stopSpeaking", texts.stopSpeaking), enabled: state.chat.speaking },
      { kind: "separator" },
      ...accountsItem(state.app.accounts ?? [], texts),
      signInItem(state.auth, texts),
      action("settings", texts.settings),
      action("shortcuts", texts.shortcuts),
      ...updateItem(state.update, texts.update),
      ...(state.tool === true ? [action("tool", texts.tool.item)] : []),
      { kind: "separator" },
      action("quit", texts.quit),
    ],
  };
}

/** macOS colours a template image by itself; it must be named so. */
export function trayIconFile(icon: TrayIcon, platform: NodeJS.Platform): string {
  return platform === "darwin" ? `tray-${icon}Template.png` : `tray-${icon}.png`;
}

function iconOf(state: TrayState): TrayIcon {
  if (state.auth.kind !== "signed-in") return "signed-out";
  if (isOffline(state)) return "offline";
  if (state.chat.activeMessageId !== undefined) return "busy";
  return state.unseen ? "answered" : "idle";
}

function isOffline({ chat, app }: TrayState): boolean {
  return chat.connection === "offline" || app.server.kind === "unreachable";
}

function accountLine(auth: AuthState, texts: DesktopTexts): string {
  if (auth.kind !== "signed-in") return texts.signedOut;
  return texts.signedInAs(auth.local ? texts.localAccount : auth.accountName);
}

function connectionLine(state: TrayState, texts: DesktopTexts): string {
  if (isOffline(state)) return texts.offline;
  if (state.app.server.kind === "starting") return texts.starting;
  return state.chat.activeMessageId === undefined ? texts.online : texts.answering;
}

/** Only where there is a choice: beside the one in use, or while none is. */
function accountsItem(accounts: readonly SignedInAccount[], texts: DesktopTexts): readonly TrayItem[] {
  if (accounts.every(({ active }) => active)) return [];
  const several = new Set(accounts.map(({ serverUrl }) => serverUrl)).size > 1;
  const items = accounts.map(({ serverUrl, accountId, accountName, local, active }): TrayAccount => {
    const name = local ? texts.localAccount : accountName;
    const label = several && serverUrl !== "" ? `${name} (${hostOf(serverUrl)})` : name;
    return { serverUrl, accountId, active, label };
  });
  return [{ kind: "accounts", label: texts.accounts, items }];
}

/** Only where pictures can be taken, and the person lets them be. */
function pictureItems({ features, settings }: TrayState["app"], texts: DesktopTexts): readonly TrayItem[] {
  if (!features.screenshot.available || settings.screenshot === "never") return [];
  return [
    { kind: "line", id: "pictureOf", label: texts.pictureOf },
    action("pictureRegion", texts.pictureRegion),
    action("pictureWindow", texts.pictureWindow),
    action("pictureScreen", texts.pictureScreen),
    { kind: "separator" },
  ];
}

function hostOf(serverUrl: string): string {
  return URL.canParse(serverUrl) ? new URL(serverUrl).host : serverUrl;
}

function updateItem(state: UpdateState | undefined, texts: UpdateTexts): readonly TrayItem[] {
  switch (state?.kind) {
    case undefined:
      return [];
    case "checking":
      return [{ ...action("update", texts.checking), enabled: false }];
    case "available":
      return [action("update", texts.available(state.version))];
    case "downloading":
      return [{ ...action("update", texts.downloading(state.version, state.percent)), enabled: false }];
    case "waiting":
      return [{ ...action("update", texts.waiting(state.version)), enabled: false }];
    default:
      return [action("update", texts.check)];
  }
}

function signInItem(auth: AuthState, texts: DesktopTexts): TrayItem {
  if (auth.kind === "signed-in") return action("logout", texts.logout);
  return { ...action("login", texts.login), enabled: auth.kind !== "signing-in" };
}

function action(id: TrayAction, label: string): Extract<TrayItem, { kind: "action" }> {
  return { kind: "action", id, label, enabled: true };
}
