import { ArrowLeft, SlidersHorizontal, SquarePen } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { newChat } from "../bridge/go-to-chat.ts";
import { useApp, useBridge } from "../bridge/use-bridge.ts";
import { IconButton } from "../ui/icon-button.tsx";
import { useIsAway, useProjectName } from "./use-projects.ts";

interface ProjectHeadProps {
  readonly projectId: string;
  readonly onBack: () => void;
}

/** Above the chats of a project: which it is, the way back, and what can be done in it. */
export function ProjectHead({ projectId, onBack }: ProjectHeadProps) {
  const { t } = useTranslation("shell");
  const bridge = useBridge();
  const { views } = bridge;
  const name = useProjectName(projectId);
  const isGone = useApp((state) => state.projects?.some(({ id }) => id === projectId) === false);
  const away = useIsAway();
  const back = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // The row that led here is gone, and the focus with it.
    if (document.activeElement === document.body) back.current?.focus();
  }, [projectId]);
  useEffect(() => {
    if (isGone) views.list({ archived: false });
  }, [isGone, views]);
  return (
    <div className="flex items-center gap-1 border-t border-hairline py-1 ps-2 pe-3.5">
      <IconButton ref={back} label={t("drawer.all")} onClick={onBack}>
        <ArrowLeft className="size-4 rtl:-scale-x-100" />
      </IconButton>
      <h3 dir="auto" title={name} className="min-w-0 flex-1 truncate font-semibold">
        {name}
      </h3>
      <IconButton
        label={t(away ? "projects.editAway" : "projects.edit")}
        disabled={away}
        onClick={() => views.editProject({ projectId })}
      >
        <SlidersHorizontal className="size-4" />
      </IconButton>
      <IconButton
        label={t("projects.newChat")}
        onClick={() => {
          views.closeDialog();
          void newChat(bridge, { projectId });
        }}
      >
        <SquarePen className="size-4" />
      </IconButton>
    </div>
  );
}
