import { Camera, Scan } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CaptureTarget } from "#contract/commands/app.ts";
import type { WindowPicture } from "#contract/screen-image.ts";
import { useAction } from "#renderer/bridge/use-action.ts";
import { useBridge, useView } from "#renderer/bridge/use-bridge.ts";
import { Button } from "#renderer/ui/button.tsx";
import { Dialog } from "#renderer/ui/dialog.tsx";
import { ErrorNote } from "#renderer/ui/error-note.tsx";
import { Spinner } from "#renderer/ui/spinner.tsx";
import { useBlobUrl } from "./sent-picture.tsx";

interface CaptureDialogProps {
  readonly onChoose: (target: CaptureTarget) => void;
}

/** What a picture is to show: a part of the screen, all of it, or one of the windows that are open. */
export function CaptureDialog({ onChoose }: CaptureDialogProps) {
  const { t } = useTranslation("chat");
  const { views } = useBridge();
  const open = useView((state) => state.dialog === "picture");
  const choose = (target: CaptureTarget) => {
    views.closeDialog();
    views.show("chat");
    onChoose(target);
  };
  return (
    <Dialog open={open} onClose={views.closeDialog} title={t("capture.title")}>
      <div className="flex min-h-0 flex-col gap-3 overflow-y-auto px-4 pt-1 pb-4">
        <div className="grid grid-cols-2 gap-2">
          <Button data-initial-focus="" size="large" onClick={() => choose({ area: "region" })}>
            <Scan aria-hidden="true" className="size-4" />
            {t("capture.region")}
          </Button>
          <Button size="large" onClick={() => choose({ area: "screen" })}>
            <Camera aria-hidden="true" className="size-4" />
            {t("capture.screen")}
          </Button>
        </div>
        <h3 className="text-small font-semibold text-soft">{t("capture.windows")}</h3>
        <OpenWindows onChoose={(id) => choose({ area: "window", id })} />
      </div>
    </Dialog>
  );
}

function OpenWindows({ onChoose }: { readonly onChoose: (id: string) => void }) {
  const { t } = useTranslation("chat");
  const { commands } = useBridge();
  const [found, setFound] = useState<readonly WindowPicture[]>();
  const { error, run } = useAction();
  useEffect(() => {
    let left = false;
    void run(async () => {
      const windows = await commands.listWindows();
      if (!left) setFound(windows);
    });
    return () => {
      left = true;
    };
    // Once: `run` is made anew with each drawing.
    // oxlint-disable-next-line react/exhaustive-deps -- see above
  }, [commands]);
  if (error !== undefined) return <ErrorNote error={error} />;
  if (found === undefined)
    return (
      <p role="status" className="flex items-center gap-2 text-small text-soft">
        <Spinner />
        {t("capture.loading")}
      </p>
    );
  if (found.length === 0) return <p className="text-small text-soft">{t("capture.none")}</p>;
  return (
    <ul className="grid grid-cols-2 gap-2">
      {found.map((window) => (
        <li key={window.id}>
          <button
            type="button"
            onClick={() => onChoose(window.id)}
            className="flex w-full flex-col gap-1 rounded-control border border-hairline p-1.5 text-left transition-colors hover:bg-hover active:bg-press"
          >
            <Thumbnail window={window} />
            <span dir="auto" className="w-full truncate text-small" title={window.title}>
              {window.title === "" ? t("capture.untitled") : window.title}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Thumbnail({ window: { bytes } }: { readonly window: WindowPicture }) {
  const url = useBlobUrl(useMemo(() => ({ bytes, widthPx: 0, heightPx: 0 }), [bytes]));
  return (
    <span className="flex h-24 items-center justify-center overflow-hidden rounded-small bg-sunken">
      {url === undefined ? undefined : <img src={url} aria-hidden="true" className="max-h-full max-w-full" />}
    </span>
  );
}
