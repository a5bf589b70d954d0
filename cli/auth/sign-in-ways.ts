import type { AuthState } from "#contract/auth-state.ts";
import type { DevicePrompt } from "#contract/sign-in.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { Session } from "#engine/session/session.ts";
import { printNote } from "../kit/terminal.ts";
import type { AuthContext } from "./auth-context.ts";
import type { LoginFlags } from "./login-flags.ts";
import { openBrowser } from "./open-browser.ts";
import { printQr } from "./print-qr.ts";
import type { Prompts } from "./prompts.ts";

/** How often a wrong password, or a wrong code, may be typed anew. */
export const TRIES = 3;

/** What the command line and standard input say already. */
export interface Answers {
  readonly username?: string | undefined;
  readonly displayName?: string | undefined;
  readonly password?: string;
  readonly code?: string | undefined;
}

/** What asks for the rest. */
export interface Asker extends AuthContext {
  readonly answers: Answers;
  /** Absent: there is nothing to ask. */
  readonly prompts: Prompts | undefined;
  readonly signal: AbortSignal;
}

type Way = (session: Session) => Promise<AuthState>;

/**
 * The way to sign in that the flags name, with what it needs to know.
 *
 * @param onStart told when a password or account goes to the server; `password`: of an account that is being made
 */
export async function signInWay(
  kind: "login" | "register",
  flags: LoginFlags,
  asker: Asker,
  onStart: (password?: string) => void,
): Promise<Way> {
  const { signal, client, messages } = asker;
  if (kind === "register") {
    const account = await askAccount(asker);
    onStart(account.password);
    return (session) => session.register(account, signal);
  }
  if (flags.browser === true) return (session) => session.signInByBrowser(opensBrowser(asker), signal);
  if (flags.device === true) return (session) => session.signInByDevice(deviceScreen(asker), signal);
  const question = client.ownServer ? messages.usernameOrLocal : messages.username;
  const login = await answer(asker.answers.username, question, asker);
  if (login.trim() === "" && client.ownServer) return (session) => session.signInLocally(signal);
  const password = await firstPassword(asker);
  onStart();
  return (session) => byPassword(session, login, password, asker);
}

function opensBrowser({ terminal, messages }: Asker): (address: string) => Promise<void> {
  return async (address) => {
    printNote(terminal, messages.openAddress(address));
    openBrowser(address);
  };
}

function deviceScreen({ terminal, messages }: Asker): (prompt: DevicePrompt) => void {
  return ({ userCode, verificationUri, verificationUriComplete = verificationUri }) => {
    printNote(terminal, messages.device(verificationUri, userCode));
    printNote(terminal, messages.waitsForDevice);
    // The address and the code stand there without it.
    printQr(terminal, verificationUriComplete).catch(() => undefined);
  };
}

async function answer(given: string | undefined, question: string, { prompts }: Asker): Promise<string> {
  return given ?? (await prompts?.ask(question)) ?? "";
}

async function firstPassword({ answers, prompts, messages }: Asker): Promise<string> {
  return answers.password ?? (await prompts?.ask(messages.password, true)) ?? "";
}

async function askAccount(asker: Asker) {
  const { answers, prompts, messages } = asker;
  const login = await answer(answers.username, messages.username, asker);
  const displayName = await answer(answers.displayName, messages.displayName, asker);
  for (;;) {
    const password = await firstPassword(asker);
    const isSure = prompts === undefined || (await prompts.ask(messages.repeatPassword, true)) === password;
    if (isSure) return { login, displayName, password };
    printNote(asker.terminal, messages.passwordsDiffer);
  }
}

async function byPassword(
  session: Session,
  login: string,
  firstTry: string,
  asker: Asker,
): Promise<AuthState> {
  const { terminal, messages, prompts } = asker;
  let password = firstTry;
  for (let tries = 1; ; tries++) {
    try {
      return await withCode(session, { login, password }, asker);
    } catch (reason) {
      const isWrong = PipitError.from(reason).code === "CREDENTIALS_INVALID";
      if (!isWrong || prompts === undefined || tries >= TRIES) throw reason;
      printNote(terminal, messages.refused);
      password = await prompts.ask(messages.password, true);
    }
  }
}

async function withCode(
  session: Session,
  typed: { readonly login: string; readonly password: string },
  { answers, prompts, terminal, messages, signal }: Asker,
): Promise<AuthState> {
  let { code } = answers;
  for (let tries = 0; ; tries++) {
    try {
      return await session.signInWithPassword({ ...typed, code }, signal);
    } catch (reason) {
      const told = PipitError.from(reason).code;
      if ((told !== "OTP_REQUIRED" && told !== "OTP_INVALID") || prompts === undefined || tries >= TRIES)
        throw reason;
      if (told === "OTP_INVALID") printNote(terminal, messages.codeWrong);
      code = (await prompts.ask(messages.code)).trim();
    }
  }
}
