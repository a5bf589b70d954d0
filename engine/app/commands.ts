import type { AppState } from "#contract/app-state.ts";
import type { ChatPage } from "#contract/chat-history.ts";
import type { appCommands } from "#contract/commands/app.ts";
import type { chatFileCommands } from "#contract/commands/chat-files.ts";
import type { chatCommands } from "#contract/commands/chat.ts";
import type { Handlers } from "#contract/commands/command.ts";
import type { Commands } from "#contract/commands/commands.ts";
import type { memoryCommands } from "#contract/commands/memories.ts";
import type { modelCommands } from "#contract/commands/model.ts";
import type { projectCommands } from "#contract/commands/projects.ts";
import type { promptCommands } from "#contract/commands/prompts.ts";
import type { roomCommands } from "#contract/commands/rooms.ts";
import type { sessionCommands } from "#contract/commands/session.ts";
import type { usageCommands } from "#contract/commands/usage.ts";
import { PipitError } from "#contract/pipit-error.ts";
import type { SettingsPatch } from "#contract/settings.ts";
import type { AppClient, AppPorts } from "./app-ports.ts";
import type { LiveSync } from "./live-sync.ts";
import type { SignIn } from "./sign-in.ts";
import type { UnreadMarks } from "./unread-marks.ts";

/** What the handlers of the commands work on. */
interface AppCore extends Pick<AppPorts, "window"> {
  /** Asked for anew each time: it changes with the settings. */
  readonly client: () => Promise<AppClient>;
  readonly state: () => AppState;
  readonly updateSettings: (patch: SettingsPatch) => Promise<void>;
  readonly reconnect: () => Promise<void>;
  readonly look: () => Promise<void>;
  readonly signIn: SignIn;
  readonly unreadMarks: UnreadMarks;
  readonly liveSync: LiveSync;
  readonly chatFiles: Handlers<typeof chatFileCommands>;
  readonly projects: Handlers<typeof projectCommands>;
  readonly rooms: Handlers<typeof roomCommands>;
  /** Aborts when the application ends. */
  readonly signal: AbortSignal;
}

/** What the window may ask for. */
export function createCommands(core: AppCore): Commands {
  return {
    ...chatHandlers(core),
    ...sessionHandlers(core),
    ...core.chatFiles,
    ...core.projects,
    ...core.rooms,
    ...accountHandlers(core),
    ...modelHandlers(core),
    ...promptHandlers(core),
    ...appHandlers(core),
  };
}

/** What is done with the messages of the chat that is shown. */
function messageHandlers({ client, signal }: AppCore) {
  const engine = async () => (await client()).engine;
  return {
    send: async (draft) => (await engine()).send(draft),
    cancel: async () => (await engine()).cancel(),
    regenerate: async ({ messageId }) => (await engine()).regenerate(messageId),
    editAndResend: async ({ messageId, text }) => (await engine()).editAndResend(messageId, text),
    retry: async ({ messageId }) => (await engine()).retry(messageId),
    discard: async ({ messageId }) => (await engine()).discard(messageId),
    discardWaiting: async () => (await engine()).discardWaiting(),
    park: async ({ messageId }) => (await engine()).park(messageId),
    deleteMessage: async ({ messageId }) => (await engine()).deleteMessage(messageId),
    undoDelete: async () => (await engine()).undoDelete(),
    switchBranch: async ({ messageId, index }) => (await engine()).switchBranch(messageId, index),
    messageFiles: async ({ messageId }) => (await engine()).files(messageId),
    messageImage: async ({ messageId }) => (await engine()).image(messageId),
    async earlierSummary({ turnId }) {
      const from = await client();
      const { chatId = "" } = from.engine.store.getState();
      return await from.history.earlierSummary(chatId, turnId, signal);
    },
    stopSpeaking: async () => (await engine()).stopSpeaking(),
  } satisfies Partial<Handlers<typeof chatCommands>>;
}

function chatHandlers(core: AppCore): Handlers<typeof chatCommands> {
  const { client, signal, look, unreadMarks, liveSync } = core;
  const engine = async () => (await client()).engine;
  const history = async () => (await client()).history;
  let opening = new AbortController();
  const stopOpening = (): void => opening.abort(new PipitError("CANCELLED", "Another chat is shown."));
  return {
    ...messageHandlers(core),
    async newChat() {
      stopOpening();
      (await engine()).newChat();
    },
    async newTemporaryChat() {
      stopOpening();
      (await engine()).newChat("temporary");
    },
    async openChat({ chatId, turnId }) {
      stopOpening();
      opening = new AbortController();
      const own = AbortSignal.any([opening.signal, signal]);
      const from = await client();
      const [{ messages, cut, isGone }, { title, temporary, projectId, unread }] = await Promise.all([
        turnId === undefined
          ? from.history
              .messages(chatId, own)
              .then((all) => ({ messages: all, cut: undefined, isGone: false }))
          : from.history.messagesAround(chatId, turnId, own),
        from.history.chat(chatId, own),
      ]);
      own.throwIfAborted();
      const kind = { ...(cut && { cut }), ...(temporary && { temporary }), projectId };
      from.engine.openChat(chatId, messages, title, kind);
      if (unread) void unreadMarks.seen(from, chatId);
      if (isGone) throw new PipitError("TURN_NOT_FOUND", "This message was deleted.", { field: "turnId" });
    },
    async listChats({ cursor, ...place }) {
      const from = await client();
      const page = await from.history.page(place, cursor, signal);
      describeShown(from.engine, page);
      return page;
    },
    async forkChat({ messageId }) {
      const from = await client();
      const { chatId = "", messages } = from.engine.store.getState();
      const { turnId } = messages.find(({ id }) => id === messageId) ?? {};
      if (turnId === undefined) throw new PipitError("INVALID_REQUEST", "This message is not stored yet.");
      return (await from.history.forkChat(chatId, turnId, signal)).id;
    },
    async changeChat({ chatId, ...changes }) {
      const from = await client();
      from.engine.describeChat(await from.history.changeChat(chatId, changes, signal));
    },
    async deleteChat({ chatId }) {
      const from = await client();
      const isShown = () => from.engine.store.getState().chatId === chatId;
      liveSync.deletes(chatId);
      if (isShown()) await from.engine.cancel();
      await from.history.removeChat(chatId, signal);
      if (isShown()) from.engine.newChat();
    },
    async restoreChat({ chatId }) {
      await (await history()).restoreChat(chatId, signal);
      liveSync.restores(chatId);
    },
    async listModels() {
      const { engine: shown, history: from } = await client();
      return await from.models(signal, shown.store.getState().chatId);
    },
    async chooseModel({ model }) {
      const { engine: shown, history: from } = await client();
      const { chatId } = shown.store.getState();
      await from.chooseModel(model, undefined, signal);
      if (chatId !== undefined) await from.chooseModel(model, chatId, signal);
      await look();
    },
    searchChats: async ({ query }) => (await history()).search(query, undefined, signal),
  };
}

/** Another tab or device may have given the shown chat another name, or moved it. */
function describeShown(engine: AppClient["engine"], { chats, asOfMs }: ChatPage): void {
  const { chatId } = engine.store.getState();
  const listed = chats.find(({ id }) => id === chatId);
  if (listed !== undefined && asOfMs === undefined) engine.describeChat(listed);
}

/** What the account has on its server besides its chats. */
function accountHandlers({
  client,
  signal,
}: AppCore): Handlers<typeof memoryCommands & typeof usageCommands> {
  const history = async () => (await client()).history;
  return {
    listMemories: async () => (await history()).memories(signal),
    switchMemories: async ({ remembers }) => (await history()).switchMemories(remembers, signal),
    addMemory: async ({ text }) => (await history()).addMemory(text, signal),
    async changeMemory({ memoryId, text }) {
      const from = await client();
      const memory = await from.history.changeMemory(memoryId, text, signal);
      from.engine.changeMemory(memoryId, { text: memory.text });
      return memory;
    },
    async forgetMemory({ memoryId }) {
      const from = await client();
      await from.history.forgetMemory(memoryId, signal);
      from.engine.changeMemory(memoryId, { forgotten: true });
    },
    async restoreMemory({ memoryId }) {
      const from = await client();
      await from.history.restoreMemory(memoryId, signal);
      from.engine.changeMemory(memoryId, { forgotten: false });
    },
    usedTokens: async (asked) => (await history()).usedTokens(asked, signal),
  };
}

function sessionHandlers({ signIn, reconnect }: AppCore): Handlers<typeof sessionCommands> {
  return {
    lookAtServer: ({ serverUrl }) => signIn.lookAtServer(serverUrl),
    signInLocally: () => signIn.signIn("", { kind: "local" }),
    signInWithToken: ({ serverUrl, token }) => signIn.signIn(serverUrl, { kind: "token", token }),
    signInWithPassword: ({ serverUrl, ...typed }) => signIn.signIn(serverUrl, { kind: "password", ...typed }),
    signInByBrowser: ({ serverUrl }) => signIn.signIn(serverUrl, { kind: "browser" }),
    signInByDevice: ({ serverUrl }) => signIn.signIn(serverUrl, { kind: "device" }),
    signInByLink: ({ digits }) => signIn.signIn("", { kind: "link", digits }),
    dropSignInLink: async () => signIn.dropLink(),
    register: ({ serverUrl, ...typed }) => signIn.signIn(serverUrl, { kind: "register", ...typed }),
    cancelSignIn: async () => signIn.cancel(),
    switchAccount: ({ serverUrl, accountId }) => signIn.signIn(serverUrl, { kind: "kept", accountId }),
    signOut: () => signIn.signOut(),
    signOutAccount: (account) => signIn.signOut(account),
    reconnect,
  };
}

function modelHandlers({ client, signal, look }: AppCore): Handlers<typeof modelCommands> {
  const connection = async () => (await client()).modelConnection;
  let checking = new AbortController();
  const stop = (): void => checking.abort(new PipitError("CANCELLED", "Another address is checked."));
  return {
    modelConnection: async () => (await connection()).view(signal),
    async checkModel(address) {
      stop();
      checking = new AbortController();
      const own = AbortSignal.any([checking.signal, signal]);
      return await (await connection()).check(address, own);
    },
    stopModelCheck: async () => stop(),
    async saveModel(address) {
      const view = await (await connection()).save(address, signal);
      await look();
      return view;
    },
    async forgetModel() {
      const view = await (await connection()).forget(signal);
      await look();
      return view;
    },
    lookForModel: look,
  };
}

function promptHandlers({ window }: AppCore): Handlers<typeof promptCommands> {
  return {
    listPrompts: async () => await (await window.prompts()).list(),
    savePrompts: async ({ prompts }) => await (await window.prompts()).save(prompts),
    givePrompt: async ({ name }) => await (await window.prompts()).give(name),
  };
}

function appHandlers({ window, ...app }: AppCore): Handlers<typeof appCommands> {
  const mayCapture = (): void => {
    if (app.state().settings.screenshot === "never")
      throw new PipitError("NOT_ALLOWED", "Pictures of the screen are switched off in the settings.");
  };
  return {
    updateSettings: app.updateSettings,
    saveDraft: ({ text, room }) => window.saveDraft(text, room),
    async captureScreen(target) {
      mayCapture();
      return await window.captureScreen(target, app.signal);
    },
    async listWindows() {
      mayCapture();
      return await window.listWindows(app.signal);
    },
    openExternal: ({ url, asked }) => window.openLink(url, asked),
    openScreenSettings: () => window.openScreenSettings(),
    copyText: ({ text }) => window.copyText(text),
    replaceSelection: ({ messageId }) => window.replaceSelection(messageId),
    hideWindow: () => window.hide(),
  };
}
