import { ChevronDown, Folder, Pencil, Plus, SquarePen, Trash2 } from "lucide-react";
import { useState, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { newChat } from "../bridge/go-to-chat.ts";
import { useApp, useBridge } from "../bridge/use-bridge.ts";
import { RowWithMenu, type MenuPlace } from "./row-with-menu.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { Menu } from "../ui/menu.tsx";
import { useIsAway } from "../projects/use-projects.ts";

/** So many stand there at first: the chats below them are what is looked for most. */
const FIRST_PROJECTS = 5;

interface ProjectGroupProps {
  /** The project whose chats were listed until now; gets the focus. */
  readonly left: RefObject<string | undefined>;
}

interface OpenMenu {
  readonly project: { readonly id: string; readonly name: string };
  readonly at: MenuPlace;
}

/**
 * The projects above the folders of the list. One leads to its chats, in place of the list; they stand in their folders as
 * well: who looks for what was said yesterday need not know in which project that was.
 */
export function ProjectGroup({ left }: ProjectGroupProps) {
  const { t } = useTranslation("shell");
  const { views } = useBridge();
  const projects = useApp((state) => state.projects);
  const away = useIsAway();
  const [open, setOpen] = useState(true);
  const [all, setAll] = useState(false);
  const [menu, setMenu] = useState<OpenMenu>();
  // A server without projects, or one that has not answered yet.
  if (projects === undefined) return undefined;
  const wanted = projects.findIndex(({ id }) => id === left.current);
  const shown = open ? projects.slice(0, all || wanted >= FIRST_PROJECTS ? undefined : FIRST_PROJECTS) : [];
  const focusIfLeft = (id: string, row: HTMLLIElement | null) => {
    if (row === null || left.current !== id) return;
    left.current = undefined;
    row.querySelector<HTMLElement>("[data-project-row]")?.focus();
  };
  return (
    <section aria-label={t("projects.title")}>
      <div className="flex items-center justify-between pe-1.5 pt-2">
        <h3 className="min-w-0">
          <button
            type="button"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
            className="flex min-h-8 items-center gap-1 rounded-control px-2 text-small font-medium text-soft transition-colors hover:text-ink"
          >
            {t("projects.title")}
            <ChevronDown
              aria-hidden="true"
              className={`size-3.5 ${open ? "" : "-rotate-90 rtl:rotate-90"}`}
            />
          </button>
        </h3>
        <IconButton
          label={t(away ? "projects.newAway" : "projects.new")}
          size="small"
          disabled={away}
          onClick={() => views.editProject({})}
        >
          <Plus className="size-4" />
        </IconButton>
      </div>
      <ul className="empty:hidden">
        {shown.map((project) => (
          <li key={project.id} ref={(row) => focusIfLeft(project.id, row)}>
            <RowWithMenu
              current={false}
              title={project.name}
              menuLabel={t("drawer.menu", { title: project.name })}
              onOpen={() => views.list({ archived: false, projectId: project.id })}
              onMenu={(at) => setMenu({ project, at })}
              onKey={(key) => {
                if (key === "F2" && !away) views.editProject({ projectId: project.id });
              }}
            >
              <Folder aria-hidden="true" className="-me-1 size-4 shrink-0 text-soft" />
              <span dir="auto" className="min-w-0 flex-1 truncate pe-6">
                {project.name}
              </span>
            </RowWithMenu>
          </li>
        ))}
      </ul>
      {open && shown.length < projects.length ? (
        <button
          type="button"
          onClick={() => setAll(true)}
          className="min-h-8 rounded-control px-2 text-small text-soft transition-colors hover:text-ink"
        >
          {t("projects.all", { count: projects.length })}
        </button>
      ) : undefined}
      {menu === undefined ? undefined : <ProjectMenu menu={menu} onClose={() => setMenu(undefined)} />}
    </section>
  );
}

/** What can be done with one project. */
function ProjectMenu({ menu, onClose }: { readonly menu: OpenMenu; readonly onClose: () => void }) {
  const { t } = useTranslation("shell");
  const bridge = useBridge();
  const away = useIsAway();
  const { id: projectId, name } = menu.project;
  const icon = "size-4 shrink-0";
  return (
    <Menu
      label={t("drawer.menu", { title: name })}
      at={menu.at}
      onClose={onClose}
      items={[
        {
          label: t("projects.newChat"),
          icon: <SquarePen aria-hidden="true" className={icon} />,
          onPick: () => {
            bridge.views.closeDialog();
            void newChat(bridge, { projectId });
          },
        },
        {
          label: t(away ? "projects.editAway" : "projects.edit"),
          icon: <Pencil aria-hidden="true" className={icon} />,
          disabled: away,
          onPick: () => bridge.views.editProject({ projectId }),
        },
        {
          label: t(away ? "projects.deleteAway" : "projects.delete"),
          icon: <Trash2 aria-hidden="true" className={icon} />,
          danger: true,
          disabled: away,
          onPick: () => bridge.views.editProject({ projectId, deleting: true }),
        },
      ]}
    />
  );
}
