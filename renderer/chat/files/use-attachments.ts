import { useEffect, useRef } from "react";
import { fileName } from "#contract/attached-file.ts";
import { FILES_MAX } from "#contract/limits.ts";
import { PipitError } from "#contract/pipit-error.ts";
import { useBridge } from "#renderer/bridge/use-bridge.ts";
import { readPictureHeader } from "../picture/image-header.ts";
import { usePicture } from "../picture/use-picture.ts";
import { readInWorker } from "./read-in-worker.ts";

/** Ways for pictures and files into the composer. */
export type AttachmentIntake = ReturnType<typeof useAttachments>;

/** Enough of a file to know a picture. */
const START_BYTES = 32;

export function useAttachments() {
  const { ui } = useBridge();
  const pictures = usePicture();
  const reading = useRef(new Map<string, AbortController>());
  useEffect(() => {
    const running = reading.current;
    return () => {
      for (const work of running.values()) work.abort();
    };
  }, []);

  const read = async (file: File): Promise<void> => {
    const name = fileName(file.name);
    const id = crypto.randomUUID();
    const work = new AbortController();
    reading.current.set(id, work);
    ui.addFile({ id, name, sizeBytes: file.size });
    try {
      ui.fileRead(id, await readInWorker(file, name, work.signal));
    } catch (reason) {
      const { code, message } = PipitError.from(reason);
      // Another view of the composer may come for it; this one was taken away.
      if (work.signal.aborted) ui.removeFile(id);
      else ui.fileRead(id, { code, message });
    } finally {
      reading.current.delete(id);
    }
  };

  /** From the clipboard, a drop or the file dialog: one picture, and files as many as a message takes. */
  const take = async (given: readonly File[]): Promise<void> => {
    const kinds = await Promise.all(given.map(isPicture));
    const files = given.filter((_file, index) => kinds[index] !== true);
    const room = FILES_MAX - ui.store.getState().files.length;
    void pictures.take(given.filter((_file, index) => kinds[index] === true));
    for (const file of files.slice(0, Math.max(0, room))) void read(file);
    if (files.length > room) {
      const message = `A message takes ${FILES_MAX} files.`;
      ui.store.setState({ problem: { kind: "failed", code: "FILES_TOO_MANY", message } });
    }
  };

  const removeFile = (id: string): void => {
    reading.current.get(id)?.abort();
    ui.removeFile(id);
    ui.focusComposer();
  };
  return { ...pictures, take, removeFile };
}

/** A file that says to be a picture, or is one; one of lines (SVG) is a text. */
async function isPicture(file: File): Promise<boolean> {
  if (file.type.startsWith("image/")) return file.type !== "image/svg+xml";
  const start = await file
    .slice(0, START_BYTES)
    .arrayBuffer()
    .catch(() => undefined);
  return start !== undefined && readPictureHeader(new Uint8Array(start)) !== undefined;
}
