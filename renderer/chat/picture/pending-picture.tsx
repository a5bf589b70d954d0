import { X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { IconButton } from "#renderer/ui/icon-button.tsx";
import { Spinner } from "#renderer/ui/spinner.tsx";
import { formatBytes } from "./format-bytes.ts";
import { useBlobUrl } from "./sent-picture.tsx";
import { useChatUiState } from "#renderer/bridge/use-bridge.ts";

/** The picture that would be sent, with a way to take it out again. */
export function PendingPicture({ onRemove }: { readonly onRemove: () => void }) {
  const { t, i18n } = useTranslation("chat");
  const picture = useChatUiState((state) => state.picture);
  const preparing = useChatUiState((state) => state.preparing);
  const url = useBlobUrl(picture);
  if (picture === undefined && !preparing) return undefined;
  return (
    <div className="flex items-center gap-3 p-2 pb-0">
      {url !== undefined && picture !== undefined && (
        <img
          src={url}
          alt={t("pictureOf", { width: picture.widthPx, height: picture.heightPx })}
          className="h-14 max-w-32 rounded-control border border-hairline object-contain"
        />
      )}
      <p role="status" className="flex min-w-0 flex-1 items-center gap-2 text-small text-soft">
        {preparing && <Spinner />}
        {preparing
          ? t("preparing")
          : picture !== undefined &&
            t("pictureSize", {
              width: picture.widthPx,
              height: picture.heightPx,
              size: formatBytes(picture.bytes.byteLength, i18n.language, t),
            })}
      </p>
      <IconButton label={t("removePicture")} onClick={onRemove}>
        <X className="size-4" />
      </IconButton>
    </div>
  );
}
