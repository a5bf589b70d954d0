import { useEffect, useEffectEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Project } from "#contract/commands/projects.ts";
import { useAction } from "../bridge/use-action.ts";
import { useBridge, useView } from "../bridge/use-bridge.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { ProjectForm } from "./project-form.tsx";
import { useProjectName } from "./use-projects.ts";

/** A project: to make one, to change it, or to delete it. */
export function ProjectDialog() {
  const { t } = useLazyTexts("projects");
  const open = useView((state) => state.dialog === "project");
  const { projectId, deleting } = useView((state) => state.project);
  const name = useProjectName(projectId) ?? "";
  const { closeDialog } = useBridge().views;
  const title =
    deleting === true ? t("deleteTitle", { name }) : t(projectId === undefined ? "new" : "change");
  return (
    <Dialog open={open} onClose={closeDialog} title={title}>
      {deleting === true && projectId !== undefined ? (
        <DeleteProject projectId={projectId} />
      ) : projectId === undefined ? (
        <ProjectForm before={undefined} />
      ) : (
        <ChangeProject key={projectId} projectId={projectId} />
      )}
    </Dialog>
  );
}

/** The names are known; the rest is read now, so that what another device has changed is not undone. */
function ChangeProject({ projectId }: { readonly projectId: string }) {
  const { t } = useTranslation("shell");
  const { commands } = useBridge();
  const [project, setProject] = useState<Project>();
  const { error, run } = useAction();
  const read = () =>
    run(async () => setProject((await commands.listProjects()).find(({ id }) => id === projectId)));
  const onOpen = useEffectEvent(() => void read());
  useEffect(() => onOpen(), []);
  if (project !== undefined) return <ProjectForm before={project} />;
  if (error === undefined) return <div className="h-40" />;
  return (
    <div className="px-4 pb-4">
      <ErrorNote error={error} actions={<Button onClick={() => void read()}>{t("tryAgain")}</Button>} />
    </div>
  );
}

function DeleteProject({ projectId }: { readonly projectId: string }) {
  const { t } = useLazyTexts("projects");
  const { t: shell } = useTranslation("shell");
  const { commands, views } = useBridge();
  const { busy, error, run } = useAction();
  const remove = async () => {
    if (await run(() => commands.deleteProject({ projectId }))) views.closeDialog();
  };
  return (
    <div className="flex min-h-0 flex-col gap-3 overflow-y-auto px-4 pb-4">
      <p>{t("deleteBody")}</p>
      {error === undefined ? undefined : <ErrorNote error={error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button data-initial-focus="" autoFocus onClick={views.closeDialog}>
          {shell("cancel")}
        </Button>
        <Button kind="danger" busy={busy} onClick={() => void remove()}>
          {t("delete")}
        </Button>
      </div>
    </div>
  );
}
