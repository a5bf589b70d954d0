import { Folder } from "lucide-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useApp, useBridge, useChat } from "../bridge/use-bridge.ts";
import { useProjectName } from "./use-projects.ts";

/** Which project the shown chat is in, and the way to its other chats. */
export function ProjectMark() {
  const { t } = useTranslation("shell");
  const { commands, views } = useBridge();
  const projectId = useChat((state) => state.projectId);
  const name = useProjectName(projectId);
  const isUnknown = useApp((state) => state.projects === undefined) && projectId !== undefined;
  useEffect(() => {
    // The list of chats, which reads them, may not have been open yet.
    if (isUnknown) commands.listProjects().catch(() => undefined);
  }, [isUnknown, commands]);
  if (projectId === undefined || name === undefined) return undefined;
  const label = t("projects.open", { name });
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      onClick={() => {
        views.list({ archived: false, projectId });
        views.open("chats");
      }}
      className="no-drag flex max-w-40 min-w-0 shrink-0 items-center gap-1 rounded-control border border-control-soft px-1.5 text-caption text-soft transition-colors hover:bg-hover hover:text-ink active:bg-press"
    >
      <Folder aria-hidden="true" className="size-3 shrink-0" />
      <span dir="auto" className="truncate">
        {name}
      </span>
    </button>
  );
}
