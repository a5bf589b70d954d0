import { PipitError } from "#contract/pipit-error.ts";
import type { AuthState } from "#contract/auth-state.ts";
import { createHttpClient } from "#engine/node/http/http-client.ts";
import { lookAtServer } from "#engine/session/look-at-server.ts";
import { systemClock } from "#engine/system-clock.ts";
import { tellTokenPlace } from "../chat/announcements.ts";
import { exitCodes, type ExitCode } from "../kit/exit-codes.ts";
import { listenForInterrupt } from "../kit/interrupt.ts";
import { messagesFor } from "../kit/messages.ts";
import { openCliClient, type CommandDeps } from "../kit/open-cli-client.ts";
import { readStdin } from "../kit/read-stdin.ts";
import { printLine, type Terminal } from "../kit/terminal.ts";
import { ToldError } from "../kit/told-error.ts";
import { rememberWhere, serverOf } from "./accounts.ts";
import { tellFailure, tellWaiting, type AuthContext } from "./auth-context.ts";
import { authMessagesFor, type AuthMessages } from "./auth-messages.ts";
import type { LoginFlags } from "./login-flags.ts";
import { openPrompts } from "./prompts.ts";
import { offerSecondFactor } from "./second-factor.ts";
import { signInWay, type Answers, type Asker } from "./sign-in-ways.ts";

/** Whoever is there answers in this time: the sign-in has waited already. */
const LOOK_TIMEOUT_MS = 3_000;

/** `pipit auth login`. */
export async function login(flags: LoginFlags, deps: CommandDeps): Promise<ExitCode> {
  return await signIn(flags, "login", deps);
}

/** `pipit auth register`: makes an account and signs in to it. */
export async function register(flags: LoginFlags, deps: CommandDeps): Promise<ExitCode> {
  return await signIn({ ...flags, force: true }, "register", deps);
}

async function signIn(flags: LoginFlags, kind: "login" | "register", deps: CommandDeps): Promise<ExitCode> {
  const { config, terminal } = deps;
  const messages = authMessagesFor(config.locale);
  const given = await givenAnswers(flags, deps, messages);
  using interrupted = listenForInterrupt();
  await using client = await openCliClient(deps);
  const context = { client, terminal, messages };
  const before = await client.session.restore(interrupted.signal);
  if (before.kind === "signed-in" && flags.force !== true && flags.username === undefined) {
    printLine(terminal, messages.already);
    printLine(terminal, messages.forceHint);
    return exitCodes.done;
  }
  if (given.needsPrompts && terminal.stdin.isTTY !== true)
    throw new ToldError("USAGE", messages.needsTerminal);
  using prompts = given.needsPrompts ? openPrompts(terminal) : undefined;
  const signal = AbortSignal.any([interrupted.signal, ...(prompts === undefined ? [] : [prompts.signal])]);
  const code = await authenticate(
    kind,
    flags,
    { ...context, prompts, answers: given.answers, signal },
    before,
    deps,
  );
  if (code === exitCodes.done && flags.server !== undefined)
    await rememberWhere(serverOf(deps), deps, messages);
  return code;
}

/** Asks for what is not given, signs in, and tells what came of it. Throws what has no words of its own. */
export async function authenticate(
  kind: "login" | "register",
  flags: LoginFlags,
  asker: Asker,
  before: AuthState,
  { config }: CommandDeps,
): Promise<ExitCode> {
  const { client, terminal, messages, signal } = asker;
  let server = config.serverUrl ?? messages.ownServer;
  try {
    server = (await client.link.connect(signal)).httpUrl;
    let newPassword: string | undefined;
    const way = await signInWay(kind, flags, asker, (password) => {
      newPassword = password;
      printLine(terminal, messages.authenticating(server));
    });
    const after = await client.signInBy(way);
    printLine(terminal, kind === "register" ? messages.registered : messages.loginDone);
    await tellSignedIn(before, after, { ...asker, locale: config.locale });
    if (newPassword !== undefined) await offerSecondFactor(newPassword, asker, config.locale);
    return exitCodes.done;
  } catch (reason) {
    // Whatever an interrupted request says of itself.
    if (signal.aborted) return tellFailure(signal.reason, server, asker);
    return tellFailure(await causeOf(reason, config.serverUrl, signal), server, asker);
  }
}

/** Something else may answer at the address, which a message that waits need not know, and a person who signs in must. */
async function causeOf(
  reason: unknown,
  serverUrl: string | undefined,
  signal: AbortSignal,
): Promise<unknown> {
  if (serverUrl === undefined || PipitError.from(reason).code !== "SERVER_UNREACHABLE") return reason;
  return lookAtServer(createHttpClient(serverUrl, LOOK_TIMEOUT_MS), systemClock, signal).then(
    () => reason,
    (why: unknown) => (PipitError.from(why).code === "SERVER_NOT_PIPIT" ? why : reason),
  );
}

async function tellSignedIn(
  before: AuthState,
  after: AuthState,
  context: AuthContext & { readonly locale: string },
): Promise<void> {
  if (after.kind !== "signed-in") return;
  printLine(context.terminal, context.messages.loggedInAs(after.accountName));
  if (before.kind === "signed-in" && before.accountId !== after.accountId)
    await tellWaiting(context, before.accountId, before.accountName);
  tellTokenPlace(context.client, context.terminal, messagesFor(context.locale));
}

interface Given {
  readonly answers: Answers;
  readonly needsPrompts: boolean;
}

/** Checks the command line, and reads standard input where it holds the answers. */
async function givenAnswers(
  flags: LoginFlags,
  { terminal }: CommandDeps,
  messages: AuthMessages,
): Promise<Given> {
  if (flags.password !== undefined) throw new ToldError("USAGE", messages.noPasswordInArgv);
  const answers = { username: flags.username, displayName: flags.displayName };
  if (flags.passwordStdin === true) {
    if (flags.username === undefined) throw new ToldError("USAGE", messages.needsUsername);
    const [password = "", code = ""] = (await readAll(terminal.stdin, messages)).split(/\r?\n/u);
    if (password === "") throw new ToldError("USAGE", messages.noPassword);
    return { answers: { ...answers, password, code: code.trim() || undefined }, needsPrompts: false };
  }
  return { answers, needsPrompts: flags.browser !== true && flags.device !== true };
}

const STDIN_MAX_CHARS = 10_000;

/** In another encoding, letters that differ would be one and the same. */
async function readAll(stdin: Terminal["stdin"], messages: AuthMessages): Promise<string> {
  let text: string | undefined;
  try {
    text = await readStdin(stdin, STDIN_MAX_CHARS);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new ToldError("INVALID_REQUEST", messages.notText, { field: "stdin", cause });
  }
  if (text === undefined) throw new PipitError("USAGE", "Standard input is too long for a password.");
  return text;
}
