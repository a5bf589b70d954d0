import { Image } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ScreenImage, SentImage } from "#contract/screen-image.ts";
import { lazily } from "#renderer/ui/lazily.tsx";
import { useOpened } from "#renderer/ui/use-opened.ts";

const PictureDialog = lazily(async () => (await import("./picture-dialog.tsx")).PictureDialog);

interface SentPictureProps {
  readonly image: SentImage;
  /** Reads it; another function has it read again where it was gone. */
  readonly read: () => Promise<ScreenImage | undefined>;
}

/** The picture of a message, as long as the host still has it; its size afterwards. A click shows it large. */
export function SentPicture({ image, read }: SentPictureProps) {
  const { t } = useTranslation("chat");
  /** Undefined while it is being read. */
  const [picture, setPicture] = useState<ScreenImage | "gone">();
  const [open, setOpen] = useState(false);
  const opened = useOpened(open);
  const isThere = useRef(false);
  useEffect(() => {
    if (isThere.current) return undefined;
    let wanted = true;
    const show = (found: ScreenImage | undefined): void => {
      if (!wanted) return;
      isThere.current = found !== undefined;
      setPicture(found ?? "gone");
    };
    // Without the picture its size is shown; that is no failure.
    read().then(show, () => show(undefined));
    return () => {
      wanted = false;
    };
  }, [read]);
  const url = useBlobUrl(picture === "gone" ? undefined : picture);
  const size = { width: image.widthPx, height: image.heightPx };
  if (picture === "gone") {
    return (
      <p className="flex items-center gap-1 text-caption text-faint">
        <Image aria-hidden="true" className="size-4" />
        {t("pictureGone", size)}
      </p>
    );
  }
  const name = t("pictureOf", size);
  // It has its place already: nothing moves when it comes.
  if (url === undefined) {
    return (
      <svg
        role="img"
        aria-label={name}
        viewBox={`0 0 ${size.width} ${size.height}`}
        width={size.width}
        height={size.height}
        className="h-auto max-h-40 w-auto max-w-4/5 rounded-control border border-hairline bg-sunken"
      />
    );
  }
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
