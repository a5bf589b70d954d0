import { Image } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { UserMessage } from "#contract/chat-state.ts";
import type { ScreenImage } from "#contract/screen-image.ts";
import { useBridge } from "#renderer/bridge/use-bridge.ts";

export interface SentPictureProps {
  readonly messageId: string;
  readonly image: NonNullable<UserMessage["image"]>;
}

/** The picture of a question, as long as the host still has it; its size afterwards. */
export function SentPicture({ messageId, image }: SentPictureProps) {
  const { t } = useTranslation("chat");
  const { commands } = useBridge();
  const [picture, setPicture] = useState<ScreenImage>();
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
  return (
    <img
      src={url}
      alt={t("pictureOf", size)}
      width={image.widthPx}
      height={image.heightPx}
      className="h-auto max-h-40 w-auto max-w-4/5 rounded-control border border-hairline object-contain"
    />
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
