import { Image } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { UserMessage } from "#contract/chat-state.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import { useBridge } from "#renderer/bridge/use-bridge.ts";
import { lazily } from "#renderer/ui/lazily.tsx";
import { useOpened } from "#renderer/ui/use-opened.ts";

const PictureDialog = lazily(async () => (await import("./picture-dialog.tsx")).PictureDialog);

export interface SentPictureProps {
  readonly messageId: string;
  readonly image: NonNullable<UserMessage["image"]>;
}

/** The picture of a question, as long as the host still has it; its size afterwards. A click shows it large. */
export function SentPicture({ messageId, image }: SentPictureProps) {
  const { t } = useTranslation("chat");
  const { commands } = useBridge();
  const [picture, setPicture] = useState<ScreenImage>();
  const [open, setOpen] = useState(false);
  const opened = useOpened(open);
  useEffect(() => {
    let wanted = true;
    commands
      .messageImage({ messageId })
      .then((found) => wanted && setPicture(found))
      // Without the picture its size is shown; that is no failure.
      .catch(() => undefined);
    return () => {
      wanted = false;
    };
  }, [commands, messageId]);
  const url = useBlobUrl(picture);
  const size = { width: image.widthPx, height: image.heightPx };
  if (url === undefined) {
    return (
      <p className="flex items-center gap-1 text-caption text-faint">
        <Image aria-hidden="true" className="size-4" />
        {t("pictureGone", size)}
      </p>
    );
  }
  const name = t("pictureOf", size);
  return (
    <>
      <button
        type="button"
        title={t("enlarge")}
        onClick={() => setOpen(true)}
        className="max-w-4/5 cursor-zoom-in rounded-control"
      >
        <img
          src={url}
          alt={name}
          width={image.widthPx}
          height={image.heightPx}
          className="h-auto max-h-40 w-auto max-w-full rounded-control border border-hairline object-contain"
        />
      </button>
      {opened ? (
        <PictureDialog open={open} onClose={() => setOpen(false)} name={name} url={url} />
      ) : undefined}
    </>
  );
}

/** An address for the picture in this page, given back when it is no longer shown. */
export function useBlobUrl(picture: ScreenImage | undefined): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (picture === undefined) return undefined;
    const made = URL.createObjectURL(new Blob([picture.bytes as Uint8Array<ArrayBuffer>]));
    setUrl(made);
    return () => {
      URL.revokeObjectURL(made);
      setUrl(undefined);
    };
  }, [picture]);
  return url;
}
