import { chatFileName } from "#contract/attached-file.ts";
import type { AppState } from "#contract/app-state.ts";
import type { AuthState } from "#contract/auth-state.ts";
import type { chatFileCommands } from "#contract/commands/chat-files.ts";
import type { Handlers } from "#contract/commands/command.ts";
import type { ChatImport, ImportProgress } from "#contract/imports/chat-import.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { chatPath } from "#engine/history/chats-client.ts";
import type { ReadonlyStore } from "#engine/store/readonly-store.ts";
import type { AppClient, AppPorts } from "./app-ports.ts";

interface ChatFilesDeps {
  readonly window: Pick<AppPorts["window"], "files">;
  readonly client: () => Promise<AppClient>;
  readonly auth: ReadonlyStore<AuthState>;
  readonly show: (patch: Pick<AppState, "chatImport">) => void;
  /** Aborts when the application ends. */
  readonly signal: AbortSignal;
}

const endings = { json: ".json", markdown: ".md" } as const;

/** Import and export of chats. An import belongs to its account: with the sign-in it ends and is forgotten. */
export function createChatFiles(deps: ChatFilesDeps): Handlers<typeof chatFileCommands> {
  let running: AbortController | undefined;
  const stop = (): void => running?.abort(new PipitError("CANCELLED", "The import was stopped."));
  deps.auth.subscribe((now, before) => {
    if (accountOf(now) === accountOf(before)) return;
    stop();
    running = undefined;
    deps.show({ chatImport: undefined });
  });
  const run = async (file: Blob, again: boolean): Promise<void> => {
    const mine = (running = new AbortController());
    let seen: ImportProgress | undefined;
    const show = (chatImport: ChatImport): void => {
      if (running === mine) deps.show({ chatImport });
    };
    const onProgress = (now: ImportProgress): void => {
      const isNews = seen === undefined || shownOf(seen) !== shownOf(now);
      seen = now;
      if (isNews) show({ kind: "running", ...now });
    };
    try {
      const from = await deps.client();
      const signal = AbortSignal.any([mine.signal, deps.signal]);
      show({ kind: "done", report: await from.importChats(file, { again, onProgress }, signal) });
    } catch (reason) {
      const { code, message } = PipitError.from(reason);
      show(
        mine.signal.aborted
          ? { kind: "stopped", chats: seen?.chats ?? 0 }
          : { kind: "failed", code, message },
      );
    } finally {
      if (running === mine) running = undefined;
    }
  };
  const save = async (name: string, path: string, format: keyof typeof endings) => {
    const { download } = await deps.client();
    const files = filesOf(deps);
    if (download === undefined) throw onlyBrowser();
    return await files.save(name, () => download(`${path}/export?format=${format}`, deps.signal));
  };
  return {
    async importChats({ file, again }) {
      if (running !== undefined) return;
      const chosen = file ?? (await filesOf(deps).choose());
      if (chosen !== undefined && running === undefined) await run(chosen, again);
    },
    stopImport: async () => stop(),
    exportChats: ({ format }) => save(`pipit-chats${endings[format]}`, "/v1/chats", format),
    exportChat: ({ chatId, title, format }) =>
      save(chatFileName(title, endings[format]), chatPath(chatId), format),
  };
}

/** What of it is seen: a file is sent in thousands of pieces. */
function shownOf({ step, share, chats }: ImportProgress): string {
  return [step, Math.floor(share * 100), chats].join();
}

/** Whose the sign-in is. */
export function accountOf(auth: AuthState): string | undefined {
  return auth.kind === "signed-in" ? auth.accountId : undefined;
}

function filesOf({ window: { files } }: ChatFilesDeps) {
  if (files === undefined) throw onlyBrowser();
  return files;
}

function onlyBrowser(): PipitError {
  return new PipitError("NOT_ALLOWED", "A page reads and writes files only by its browser.");
}
