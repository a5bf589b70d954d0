import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { CaptureTarget } from "#contract/commands/app.ts";
import { useBridge } from "#renderer/bridge/use-bridge.ts";
import { picturesFirst } from "./pasted-files.ts";
import { prepareImage } from "./prepare-image.ts";
import { scaleInWorker } from "./scale-in-worker.ts";

export function usePicture() {
  const { t } = useTranslation("chat");
  const { commands, views, ui } = useBridge();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  /** From the clipboard, a drop or the file dialog; the first is taken. */
  const take = async (files: readonly File[]) => {
    const [file] = picturesFirst(files);
    if (file === undefined) return;
    running.current?.abort();
    const { signal } = (running.current = new AbortController());
    ui.store.setState({ preparing: true, problem: undefined, tookFirst: files.length > 1 });
    try {
      const prepared = await prepareImage(file, scaleInWorker, signal);
      if (prepared.ok) ui.attach(prepared.image);
      else {
        const name = file.name === "" ? t("pastedName") : file.name;
        ui.store.setState({
          problem: { kind: "picture", name, refusal: prepared.refusal },
          tookFirst: false,
        });
      }
    } catch (reason) {
      if (!signal.aborted) throw reason;
    } finally {
      // A later one may be under way already.
      if (running.current?.signal === signal) ui.store.setState({ preparing: false });
    }
  };
  const capture = async (target: CaptureTarget) => {
    running.current?.abort();
    const { signal } = (running.current = new AbortController());
    ui.store.setState({ preparing: true, problem: undefined });
    await views.attempt(
      commands.captureScreen(target).then((image) => {
        // Removed, or replaced by another picture, while it was being taken.
        if (!signal.aborted) ui.attach(image);
      }),
    );
    if (running.current?.signal !== signal) return;
    ui.store.setState({ preparing: false });
    ui.focusComposer();
  };
  const remove = () => {
    running.current?.abort();
    ui.detach();
    ui.store.setState({ preparing: false });
    ui.focusComposer();
  };
  return { take, capture, remove };
}
