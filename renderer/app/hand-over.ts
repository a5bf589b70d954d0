import type { HandedOver, WindowCommands } from "#contract/commands/window.ts";
import { isPreparing, readyFile } from "../chat/files/pending-file.ts";
import type { ChatUi } from "../chat/state/chat-ui.ts";

/** Gives what the composer holds to the window that has the chat from now on, once pictures and files have been read. */
export async function handOver({ store }: ChatUi, host: Pick<WindowCommands, "handOver">): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = store.subscribe((now) => (isPreparing(now) ? undefined : resolve()));
  if (!isPreparing(store.getState())) resolve();
  await promise.finally(stop);
  const { text, picture, files, selectedFrom, replaceFor } = store.getState();
  await host.handOver({
    text,
    ...(selectedFrom === undefined ? {} : { selected: selectedFrom }),
    ...(replaceFor === undefined ? {} : { replaceFor }),
    ...(picture === undefined
      ? {}
      : { image: { ...picture, bytes: picture.bytes as Uint8Array<ArrayBuffer> } }),
    files: files.flatMap((file) => readyFile(file) ?? []),
  });
}

/** Puts what the other window's composer held in the place of what is in this one. */
export function takeOver({ store }: ChatUi, handed: HandedOver): void {
  const { text, image: picture, files = [], selected: selectedFrom, replaceFor } = handed;
  store.setState({
    text,
    selectedFrom,
    replaceFor,
    picture,
    files: files.map((read) => {
      const { name, sizeBytes } = read;
      return { id: crypto.randomUUID(), name, sizeBytes, read };
    }),
    problem: undefined,
    tookFirst: false,
  });
}
