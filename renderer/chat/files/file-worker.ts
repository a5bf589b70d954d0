import { replyOf } from "#engine/documents/file-reply.ts";
import { fileText } from "#engine/documents/file-text.ts";

/** What the worker is asked, once in its life. */
export interface FileRequest {
  readonly file: Blob;
  readonly name: string;
  /** Where the reply goes: on the worker's own channel the reader of PDF speaks too, which was made to be a worker. */
  readonly port: MessagePort;
}

self.addEventListener(
  "message",
  (event: MessageEvent<FileRequest>) => {
    const { file, name, port } = event.data;
    void replyOf(fileText(file, name)).then((reply) => port.postMessage(reply));
  },
  { once: true },
);
