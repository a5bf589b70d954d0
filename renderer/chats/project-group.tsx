import { Folder, Pencil, SquarePen, Trash2 } from "lucide-react";
import { useState, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { newChat } from "../bridge/go-to-chat.ts";
import { useApp, useBridge } from "../bridge/use-bridge.ts";
import { ListGroup } from "./list-group.tsx";
import { RowWithMenu, type MenuPlace } from "./row-with-menu.tsx";
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
  const [all, setAll] = useState(false);
  const [menu, setMenu] = useState<OpenMenu>();
  // A server without projects, or one that has not answered yet.
  if (projects === undefined) return undefined;
  const wanted = projects.findIndex(({ id }) => id === left.current);
  const shown = projects.slice(0, all || wanted >= FIRST_PROJECTS ? undefined : FIRST_PROJECTS);
  const focusIfLeft = (id: string, row: HTMLLIElement | null) => {
    if (row === null || left.current !== id) return;
    left.current = undefined;
    row.querySelector<HTMLElement>("[data-project-row]")?.focus();
  };
  return (
    <>
      <ListGroup
        title={t("projects.title")}
        add={{
          label: t(away ? "projects.newAway" : "projects.new"),
          disabled: away,
          onClick: () => views.editProject({}),
        }}
        more={
          shown.length < projects.length
            ? { label: t("projects.all", { count: projects.length }), onClick: () => setAll(true) }
            : undefined
        }
      >
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
      </ListGroup>
      {menu === undefined ? undefined : <ProjectMenu menu={menu} onClose={() => setMenu(undefined)} />}
    </>
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
