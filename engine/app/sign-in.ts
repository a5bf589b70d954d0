import { rememberServer, type SettingsPatch } from "#contract/settings.ts";
import type { AppState } from "#contract/app-state.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { ServerLook, SignInRequest } from "#contract/sign-in.ts";
import type { AppClient, AppPorts } from "./app-ports.ts";

interface SignInDeps extends Pick<AppPorts, "openClient" | "lookAtServer"> {
  readonly client: () => Promise<AppClient>;
  /** Makes this the client that is used from now on, with these settings. */
  readonly adopt: (client: AppClient, settings: SettingsPatch) => Promise<void>;
  readonly state: () => AppState;
  readonly show: (patch: Pick<AppState, "devicePrompt" | "signInLink">) => void;
  /** Aborts when the application ends. */
  readonly signal: AbortSignal;
}

/** Signing in, one at a time; see contract/commands/session.ts. */
export type SignIn = ReturnType<typeof createSignIn>;

export function createSignIn(deps: SignInDeps) {
  let attempt = new AbortController();
  let looking = new AbortController();
  const cancel = (): void => attempt.abort(new PipitError("CANCELLED", "The sign-in was given up."));

  /** A client of its own for a server that is not the one in use; undefined for the one in use. */
  async function candidateFor(serverUrl: string): Promise<AppClient | undefined> {
    const { settings, features } = deps.state();
    if (!features.otherServers.available || serverUrl === settings.serverUrl) return undefined;
    return await deps.openClient({ ...settings, serverUrl });
  }

  /** The client in use is left alone until the sign-in at another server has worked. */
  async function at(serverUrl: string, login: (client: AppClient) => Promise<unknown>): Promise<void> {
    const candidate = await candidateFor(serverUrl);
    try {
      await login(candidate ?? (await deps.client()));
    } catch (reason) {
      await candidate?.[Symbol.asyncDispose]();
      throw reason;
    }
    const servers = rememberServer(deps.state().settings, serverUrl);
    if (candidate !== undefined) await deps.adopt(candidate, { serverUrl, servers });
  }

  /** A named server has an address; of this machine's own, or a page's, it is found. */
  async function addressOf(serverUrl: string, signal: AbortSignal): Promise<string> {
    if (serverUrl !== "") return serverUrl;
    const candidate = await candidateFor(serverUrl);
    try {
      return (await (candidate ?? (await deps.client())).findServer(signal)).httpUrl;
    } finally {
      await candidate?.[Symbol.asyncDispose]();
    }
  }

  return {
    cancel,
    dropLink: (): void => deps.show({ signInLink: undefined }),
    async lookAtServer(serverUrl: string): Promise<ServerLook> {
      looking.abort(new PipitError("CANCELLED", "Another address is looked at."));
      looking = new AbortController();
      const signal = AbortSignal.any([looking.signal, deps.signal]);
      return await deps.lookAtServer(await addressOf(serverUrl, signal), signal);
    },
    async signIn(serverUrl: string, request: SignInRequest): Promise<void> {
      cancel();
      const mine = new AbortController();
      attempt = mine;
      const signal = AbortSignal.any([mine.signal, deps.signal]);
      try {
        await at(serverUrl, (client) =>
          client.login(request, (devicePrompt) => deps.show({ devicePrompt }), signal),
        );
      } finally {
        if (attempt === mine) deps.show({ devicePrompt: undefined });
      }
    },
  };
}
