import type { ServerLook } from "#contract/sign-in.ts";
import { press, type } from "./hand.ts";
import { asPage, setSettings } from "./scenes-shell.ts";
import { failWith, foundServer, type ScriptedBridge } from "./scripted-bridge.ts";

type Scene = (bridge: ScriptedBridge) => void;

const serverUrl = "https://pipit.example.org";
const never = () => new Promise(() => undefined);

/** States of signing in and of making an account. */
export const signInScenes: Readonly<Record<string, Scene>> = {
  "sign-in": openSignedOut,
  "sign-in-expired": (bridge) => {
    openSignedOut(bridge);
    bridge.auth.setState({ kind: "signed-out", reason: "expired" }, true);
  },
  "sign-in-unreachable": (bridge) => {
    const fail = failWith("SERVER_UNREACHABLE", `${serverUrl} does not answer.`);
    Object.assign(bridge.answers, { lookAtServer: fail, signInLocally: fail });
    openSignedOut(bridge);
  },
  "sign-in-server": atServer,
  "sign-in-server-looking": (bridge) => {
    bridge.answers.lookAtServer = never;
    atServer(bridge);
  },
  "sign-in-server-certificate": (bridge) => {
    bridge.answers.lookAtServer = failWith("CERTIFICATE_REFUSED", "DEPTH_ZERO_SELF_SIGNED_CERT");
    atServer(bridge);
  },
  "sign-in-browser-only": (bridge) => {
    answerLook(bridge, { ways: { ...foundServer.ways, password: false, registration: false } });
    atServer(bridge);
  },
  "sign-in-wrong-password": (bridge) => {
    bridge.answers.signInWithPassword = failWith("CREDENTIALS_INVALID", "Invalid login or password.");
    atServer(bridge);
    void fill("ann", "Wrong-horse-1");
  },
  "sign-in-locked": (bridge) => {
    const retryAfterMs = 15 * 60_000;
    bridge.answers.signInWithPassword = failWith("ACCOUNT_LOCKED", "Too many failed attempts.", {
      retryAfterMs,
    });
    atServer(bridge);
    void fill("ann", "Wrong-horse-1");
  },
  "sign-in-code": (bridge) => {
    askForCode(bridge);
    atServer(bridge);
    void fill("ann", "Correct-horse-1");
  },
  "sign-in-code-refused": (bridge) => {
    askForCode(bridge);
    answerLook(bridge, { clockAheadMs: 5 * 60_000 });
    atServer(bridge);
    void fill("ann", "Correct-horse-1").then(() => type("input[name=otp]", "123456"));
  },
  "sign-in-browser": (bridge) => {
    bridge.answers.signInByBrowser = never;
    atServer(bridge);
    void press("button:has(.lucide-globe)");
  },
  "sign-in-device": (bridge) => {
    bridge.answers.signInByDevice = never;
    bridge.app.setState({
      devicePrompt: {
        userCode: "BDWP-HQPK",
        verificationUri: `${serverUrl}/device`,
        verificationUriComplete: `${serverUrl}/device?user_code=BDWP-HQPK`,
        expiresAtMs: Date.now() + 15 * 60_000,
      },
    });
    atServer(bridge);
    void press("button:has(.lucide-smartphone)");
  },
  register: (bridge) => {
    atServer(bridge);
    void press("button[name=register]").then(() => type("input[name=new-password]", "Correct1"));
  },
  registered: (bridge) => {
    bridge.answers.register = () => {
      bridge.app.setState({ server: { kind: "ready", httpUrl: serverUrl, own: false, model: "llama3.2" } });
      bridge.auth.setState({ kind: "signed-in", accountId: "b", accountName: "Ann", local: false }, true);
    };
    atServer(bridge);
    void press("button[name=register]").then(() => fill("ann", "Correct-horse-1"));
  },
  "register-taken": (bridge) => {
    const message = "login: this login is taken. Choose another one.";
    bridge.answers.register = failWith("INVALID_REQUEST", message, { field: "login" });
    atServer(bridge);
    void press("button[name=register]").then(() => fill("ann", "Correct-horse-1"));
  },
  "sign-in-page": (bridge) => {
    asPage(bridge);
    answerLook(bridge, { ways: { ...foundServer.ways, browser: false, device: false } });
    bridge.answers.signInWithToken = failWith("TOKEN_INVALID", "This is not a token.");
    openSignedOut(bridge);
  },
};

/** The dialog of who is signed out. */
function openSignedOut(bridge: ScriptedBridge): void {
  bridge.auth.setState({ kind: "signed-out", reason: "never" }, true);
  bridge.intend({ kind: "open", view: "sign-in" });
}

function answerLook(bridge: ScriptedBridge, patch: Partial<ServerLook>): void {
  bridge.answers.lookAtServer = () => ({ ...foundServer, ...patch });
}

/** The same with a server that was used before. */
function atServer(bridge: ScriptedBridge): void {
  setSettings(bridge, { serverUrl, servers: [serverUrl, "https://team.example.com/pipit"] });
  openSignedOut(bridge);
}

function askForCode(bridge: ScriptedBridge): void {
  bridge.answers.signInWithPassword = (input) =>
    (input as { readonly code?: string }).code === undefined
      ? failWith("OTP_REQUIRED", "A code is needed.")()
      : failWith("OTP_INVALID", "Wrong code.")();
}

async function fill(login: string, password: string): Promise<void> {
  await type("input[name=username]", login);
  await type("input[type=password]", password);
  await press("form button[type=submit]");
}
