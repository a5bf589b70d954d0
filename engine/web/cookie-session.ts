import { createStore } from "zustand/vanilla";
import type { AuthState, RefusalReason, SignedOutReason } from "#contract/auth-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { SignInRequest } from "#contract/sign-in.ts";
import { waitFor } from "#engine/abort.ts";
import type { Logger } from "#contract/logger.ts";
import type { Attachment, Credentials, HttpClient, HttpRequest } from "#engine/ports.ts";
import { signedOutError, type SignInState } from "#engine/session/session-api.ts";
import { isAway, KEPT_AFTER_MS, type Account, type KeptChats } from "./kept-chats.ts";
import type { PageStorage } from "./page-storage.ts";
import type { PageValues } from "./page-values.ts";
import { endOf, isSaid, postForm, postJson, readAccount, refusalOf } from "./session-exchange.ts";
import { openTabChannel } from "./tab-channel.ts";

const CHANNEL = "pipit-session";
const SIGNED_OUT = "signed-out";
/** What tabs tell each other: who is signed in may be another user; the user has signed out. */
type TabMessage = "changed" | "left";

type RequestOf<Kind> = Extract<SignInRequest, { readonly kind: Kind }>;

/** Who is signed in, by a cookie that no script can read; the page itself never holds a token. */
export class CookieSession implements SignInState, Credentials, Disposable {
  readonly store = createStore<AuthState>()(() => ({ kind: "unknown" }));
  readonly #http: HttpClient;
  readonly #values: PageValues;
  readonly #kept: Pick<KeptChats, "account" | "enter" | "leave"> | undefined;
  readonly #logger: Logger;
  // Another tab has signed in or out: the cookie is the same for all.
  readonly #channel = openTabChannel<TabMessage>(CHANNEL, (message) => {
    if (message === "left") this.#end("logout");
    else void this.#ask("logout").catch(() => undefined);
  });
  readonly #lifetime = new AbortController();
  #asking: Promise<AuthState> | undefined;
  /** Bumped by every sign-in and sign-out: what was asked before no longer counts. */
  #generation = 0;
  /** The server has said in this visit that the cookie stands for the account that is shown. */
  #confirmed = false;
  #leaving: Promise<void> = Promise.resolve();

  constructor(http: HttpClient, storage: Pick<PageStorage, "values" | "kept">, logger: Logger) {
    this.#http = http;
    this.#values = storage.values;
    this.#kept = storage.kept;
    this.#logger = logger;
  }

  async restore(signal: AbortSignal): Promise<AuthState> {
    // A network that gives no answer looks for long like one that is slow.
    const late = setTimeout(() => void this.#showKept(), KEPT_AFTER_MS);
    try {
      await waitFor(this.#ask("never"), signal);
    } catch (reason) {
      await this.#onUnanswered(PipitError.from(reason));
    } finally {
      clearTimeout(late);
    }
    return this.store.getState();
  }

  async #showKept(): Promise<void> {
    const mine = this.#generation;
    if (await this.#isLeaving()) return;
    const account = await this.#kept?.account().catch(() => undefined);
    const isOpen = mine === this.#generation && this.store.getState().kind === "unknown";
    if (account !== undefined && isOpen) this.#set(account);
  }

  /** Without its server the page is the one of the user who was signed in last: to read, and to write what waits. */
  async #onUnanswered({ code, message }: PipitError): Promise<void> {
    if (code === "CANCELLED" || this.store.getState().kind === "signed-in") return;
    const mine = this.#generation;
    const account = isAway(code) ? await this.#kept?.account().catch(() => undefined) : undefined;
    if (mine === this.#generation) this.#set(account ?? { kind: "failed", code, message });
  }

  /** The browser adds the cookie by itself. */
  async attach(_headers: Headers, signal: AbortSignal): Promise<Attachment> {
    const { kind } = this.store.getState();
    if (kind === "unknown" || kind === "failed") await waitFor(this.#ask("never"), signal);
    // Nothing goes out before the server has said for whom.
    else if (kind === "signed-in" && !this.#confirmed) await waitFor(this.#ask("refused"), signal);
    const state = this.store.getState();
    if (state.kind !== "signed-in") throw signedOutError();
    return { accountId: state.accountId };
  }

  /** The server may know this browser by another cookie by now. */
  async renewAfter(_refused: Attachment, signal: AbortSignal): Promise<void> {
    const state = await waitFor(this.#ask("refused"), signal);
    if (state.kind !== "signed-in") throw signedOutError();
  }

  async refuse(_refused: Attachment, why: RefusalReason): Promise<void> {
    if (this.store.getState().kind === "signed-in") this.#end(why);
  }

  /**
   * Signs in with the code of a one-time address, by its digits, or as the account that the person agreed to become.
   *
   * @throws PipitError TOKEN_INVALID (wrong, used or too old), OTP_INVALID (the digits), RATE_LIMITED, SERVER_UNREACHABLE.
   *   The state is as before.
   */
  signInWithCode(
    code: string,
    proof: { readonly digits: string } | { readonly confirmed: string },
    signal: AbortSignal,
  ): Promise<AuthState> {
    return this.#signIn(postForm("/auth/sign-in", { code, ...proof }), signal);
  }

  /** Whom the code would sign in; it stays good. Throws as signInWithCode. */
  async accountOfCode(code: string, signal: AbortSignal): Promise<Omit<Account, "kind">> {
    const response = await this.#http.request(postForm("/auth/sign-in/account", { code }), signal);
    if (response.status !== 200) throw refusalOf(response);
    return readAccount(response);
  }

  /** Trades a token for the cookie. Throws as signInWithCode. */
  async signInWithToken(token: string, signal: AbortSignal): Promise<AuthState> {
    const trimmed = token.trim();
    // What cannot stand in a header would look like a broken connection.
    if (!/^[\u0021-\u007e]+$/u.test(trimmed)) {
      const message = "This is not a token. Copy the whole of it, without spaces, and paste it again.";
      throw new PipitError("TOKEN_INVALID", message, { field: "token" });
    }
    const headers = { authorization: `Bearer ${trimmed}` };
    return await this.#signIn({ method: "POST", path: "/auth/session", headers }, signal);
  }

  /**
   * By login (or e-mail address) and password, with a code where the account has a second factor.
   *
   * @throws PipitError CREDENTIALS_INVALID, OTP_REQUIRED, OTP_INVALID, ACCOUNT_LOCKED, RATE_LIMITED, SERVER_UNREACHABLE. The
   *   state is as before.
   */
  signInWithPassword(
    { login, password, code }: Omit<RequestOf<"password">, "kind">,
    signal: AbortSignal,
  ): Promise<AuthState> {
    // What surrounds a login is a slip of the hand or of a keyboard's suggestion; a password is taken as it is.
    return this.#signIn(
      postJson("/auth/login", { login: login.trim(), password, otp: code?.trim() }),
      signal,
    );
  }

  /** Makes an account and signs in to it. @throws PipitError INVALID_REQUEST with the field, NOT_ALLOWED, RATE_LIMITED */
  register(
    { login, password, displayName }: Omit<RequestOf<"register">, "kind">,
    signal: AbortSignal,
  ): Promise<AuthState> {
    const body = { login: login.trim(), password, display_name: displayName.trim() || undefined };
    return this.#signIn(postJson("/auth/register", body), signal);
  }

  /**
   * Shown as signed out once that is kept, so that it holds when the user closes or reloads the page at that moment. A server that
   * cannot be reached is told at the next start: until then the page stays signed out.
   */
  async signOut(signal: AbortSignal): Promise<void> {
    await this.#mark(true);
    this.#end("logout");
    // First the other tabs: to them the server says only that the sign-in has ended.
    this.#tellTabs("left");
    await this.#leaving;
    await this.#leave(signal);
  }

  [Symbol.dispose](): void {
    this.#lifetime.abort();
    this.#channel[Symbol.dispose]();
  }

  async #signIn(request: HttpRequest, signal: AbortSignal): Promise<AuthState> {
    const before = this.store.getState();
    this.#generation += 1;
    const mine = this.#generation;
    this.#set({ kind: "signing-in" });
    try {
      const response = await this.#http.request(request, signal);
      if (response.status !== 200) throw refusalOf(response);
      const account = readAccount(response);
      await this.#mark(false);
      if (mine === this.#generation) this.#enter(account);
      this.#tellTabs("changed");
      return this.store.getState();
    } catch (error) {
      if (mine === this.#generation) this.#set(before.kind === "signing-in" ? { kind: "unknown" } : before);
      throw error;
    }
  }

  /** Asks the server who is signed in; all callers share one question. `whenNot`: why, if no user is. */
  #ask(whenNot: SignedOutReason): Promise<AuthState> {
    this.#asking ??= this.#askServer(whenNot).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #askServer(whenNot: SignedOutReason): Promise<AuthState> {
    const mine = this.#generation;
    if (await this.#isLeaving()) {
      this.#end("logout");
      await this.#leave(this.#lifetime.signal);
      return this.store.getState();
    }
    const response = await this.#http.request({ method: "GET", path: "/auth/me" }, this.#lifetime.signal);
    if (!isSaid(response)) throw refusalOf(response);
    const account = response.status === 200 ? readAccount(response) : undefined;
    if (mine !== this.#generation) return this.store.getState();
    if (account !== undefined) this.#enter(account);
    // Why it ended first is why it ended.
    else if (this.store.getState().kind !== "signed-out") this.#end(endOf(response, whenNot));
    return this.store.getState();
  }

  /** The user has signed out, and the server does not know it yet. */
  async #isLeaving(): Promise<boolean> {
    return (await this.#values.read(SIGNED_OUT).catch(() => undefined)) === true;
  }

  async #leave(signal: AbortSignal): Promise<void> {
    try {
      await this.#tellServer(signal);
    } catch (reason) {
      this.#logger.info("auth.logout_postponed", { code: PipitError.from(reason).code });
    }
  }

  async #tellServer(signal: AbortSignal): Promise<void> {
    const response = await this.#http.request({ method: "POST", path: "/auth/logout" }, signal);
    // 401: the cookie was good for nothing any more, which is what was wanted.
    if (!isSaid(response)) throw refusalOf(response);
    await this.#mark(false);
  }

  async #mark(leaving: boolean): Promise<void> {
    await this.#values
      .update(SIGNED_OUT, () => leaving)
      .catch((reason: unknown) => {
        this.#logger.warn("auth.mark_not_saved", { code: PipitError.from(reason).code });
      });
  }

  #enter(account: Account): void {
    this.#confirmed = true;
    void this.#kept?.enter(account).catch((reason: unknown) => this.#onNotKept(reason));
    this.#set(account);
  }

  #end(reason: SignedOutReason): void {
    this.#generation += 1;
    this.#confirmed = false;
    this.#leaving = (this.#kept?.leave() ?? Promise.resolve()).catch((cause: unknown) =>
      this.#onNotKept(cause),
    );
    this.#set({ kind: "signed-out", reason });
  }

  #onNotKept(reason: unknown): void {
    this.#logger.warn("auth.account_not_kept", { code: PipitError.from(reason).code });
  }

  #set(next: AuthState): void {
    if (JSON.stringify(next) !== JSON.stringify(this.store.getState())) this.store.setState(next, true);
  }

  #tellTabs(message: TabMessage): void {
    if (!this.#lifetime.signal.aborted) this.#channel.tell(message);
  }
}
