import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Project } from "#contract/commands/projects.ts";
import { PROJECT_INSTRUCTIONS_MAX_CHARS, PROJECTS_MAX, TITLE_MAX_CHARS } from "#contract/limits.ts";
import { newChat } from "../bridge/go-to-chat.ts";
import { useAction, type ActionError } from "../bridge/use-action.ts";
import { useApp, useBridge, useView } from "../bridge/use-bridge.ts";
import { useLazyTexts } from "../i18n/lazy-texts.ts";
import { SettingRow } from "../settings/setting-row.tsx";
import { AreaField } from "../ui/area-field.tsx";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/error-note.tsx";
import { Note } from "../ui/note.tsx";
import { Switch } from "../ui/switch.tsx";
import { TextField } from "../ui/text-field.tsx";
import { useIsAway } from "./use-projects.ts";

/** Name, instructions and memory of a project; `before` undefined: one that is to be made. */
export function ProjectForm({ before }: { readonly before: Project | undefined }) {
  const { t } = useLazyTexts("projects");
  const { t: shell } = useTranslation("shell");
  const { views } = useBridge();
  const away = useIsAway();
  const [project, setProject] = useState(before ?? { name: "", instructions: "", memory: true });
  const [tried, setTried] = useState(false);
  const { busy, error, run } = useAction();
  const save = useSave(before);
  const counts = { count: charsOf(project.instructions), most: PROJECT_INSTRUCTIONS_MAX_CHARS };
  const wrong = useFieldErrors(error);
  const isUnnamed = project.name.trim() === "";
  const isLong = counts.count > counts.most;
  const submit = () => {
    setTried(true);
    if (!isUnnamed && !isLong) void run(() => save(project));
  };
  return (
    <form
      className="flex min-h-0 flex-col gap-3 overflow-y-auto px-4 pb-4"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <TextField
        data-initial-focus=""
        autoFocus
        label={t("name")}
        hint={t("nameHint")}
        error={tried && isUnnamed ? t("wrong.noName") : wrong.name}
        value={project.name}
        dir="auto"
        maxLength={TITLE_MAX_CHARS}
        autoComplete="off"
        onChange={({ target }) => setProject({ ...project, name: target.value })}
      />
      <AreaField
        label={t("instructions")}
        hint={t("instructionsHint", counts)}
        error={isLong ? t("wrong.long", counts) : wrong.instructions}
        value={project.instructions}
        onChange={({ target }) => setProject({ ...project, instructions: target.value })}
      />
      <SettingRow label={t("memory")} hint={t("memoryHint")}>
        {(control) => (
          <Switch
            {...control}
            checked={project.memory}
            disabled={false}
            onChange={(memory) => setProject({ ...project, memory })}
          />
        )}
      </SettingRow>
      {wrong.rest === undefined ? undefined : <ErrorNote error={wrong.rest} />}
      {away ? <Note tone="warning" title={t("away")} /> : undefined}
      <div className="flex flex-wrap justify-end gap-2">
        {before === undefined ? undefined : (
          <Button
            kind="danger"
            className="mr-auto"
            disabled={away}
            onClick={() => views.editProject({ projectId: before.id, deleting: true })}
          >
            {t("delete")}
          </Button>
        )}
        <Button onClick={views.closeDialog}>{shell("cancel")}</Button>
        <Button kind="primary" type="submit" busy={busy} disabled={away}>
          {t(before === undefined ? "create" : "save")}
        </Button>
      </div>
    </form>
  );
}

/** Keeps it. A new one is shown, with the chat that it was made for, or with an empty one to begin. */
function useSave(before: Project | undefined) {
  const bridge = useBridge();
  const { commands, views } = bridge;
  const chatId = useView((state) => state.project.chatId);
  return async (project: Omit<Project, "id">): Promise<void> => {
    const { name, instructions, memory } = project;
    if (before !== undefined) {
      await commands.changeProject({ projectId: before.id, name, instructions, memory });
      return views.closeDialog();
    }
    const { id: projectId } = await commands.addProject({ name, instructions, memory });
    views.closeDialog();
    if (chatId !== undefined) await views.attempt(commands.changeChat({ chatId, projectId }));
    else await newChat(bridge, { projectId });
    views.list({ archived: false, projectId });
  };
}

/** What the server refused, at its field. */
function useFieldErrors(error: ActionError | undefined) {
  const { t } = useLazyTexts("projects");
  const projects = useApp((state) => state.projects);
  switch (error?.field) {
    case "name": {
      const isFull = (projects?.length ?? 0) >= PROJECTS_MAX;
      return { name: isFull ? t("wrong.many", { most: PROJECTS_MAX }) : t("wrong.name") };
    }
    case "instructions":
      return { instructions: t("wrong.instructions") };
    default:
      return { rest: error };
  }
}

/** As the server counts them. */
function charsOf(text: string): number {
  return [...text.trim().normalize("NFC")].length;
}
