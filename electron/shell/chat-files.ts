import { resolve } from "node:path";
import { dialog } from "electron";
import { PipitError } from "#contract/pipit-error.ts";
import type { FilesPort } from "#engine/app/app-ports.ts";
import { fileBlob } from "#engine/node/files/file-blob.ts";
import { writePrivateFile } from "#engine/node/files/private-files.ts";
import type { Windows } from "../windows/windows.ts";

/** Files that the person chooses in the system's dialogs: no page can name one. They are read and written piece by piece. */
export function openChatFiles(windows: Pick<Windows, "withWindowHidden">): FilesPort {
  return {
    async choose() {
      const { filePaths } = await windows.withWindowHidden(() =>
        dialog.showOpenDialog({
          properties: ["openFile"],
          filters: [{ name: "JSON, ZIP", extensions: ["json", "zip"] }],
        }),
      );
      const [path] = filePaths;
      if (path === undefined) return undefined;
      const file = await fileBlob(path);
      if (file !== undefined) return file;
      throw new PipitError("FILE_UNSUPPORTED", `${path} cannot be read. Choose a file that you may read.`);
    },
    async save(name, read) {
      const { filePath, canceled } = await windows.withWindowHidden(() =>
        dialog.showSaveDialog({ defaultPath: name }),
      );
      if (canceled || filePath === "") return undefined;
      await writePrivateFile(resolve(filePath), await read());
      return filePath;
    },
  };
}
