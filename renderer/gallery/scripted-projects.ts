import type { Project } from "#contract/commands/projects.ts";
import type { ScriptedBridge } from "./scripted-bridge.ts";

/** A host with seven projects, and what is done with them. */
export function keepProjects(bridge: ScriptedBridge): void {
  const { answers, app } = bridge;
  const names = [
    "Journeys",
    "Дом и сад",
    "A book about the birds of the northern coasts, their songs and their nests",
    "Taxes",
    "Thesis",
    "Volunteers",
    "Work",
  ];
  const instructions = "Answer in one line.\nUse metric units.";
  let projects: readonly Project[] = names.map((name, at) => ({
    id: `p${at + 1}`,
    name,
    instructions: at === 0 ? instructions : "",
    memory: at !== 3,
  }));
  const keep = (next: readonly Project[]): void => {
    projects = next.toSorted((one, other) => one.name.localeCompare(other.name));
    app.setState({ projects: projects.map(({ id, name }) => ({ id, name })) });
  };
  answers.listProjects = () => {
    keep(projects);
    return projects;
  };
  answers.addProject = (input) => {
    const project = { ...(input as Omit<Project, "id">), id: `p${projects.length + 10}` };
    keep([...projects, project]);
    return project;
  };
  answers.changeProject = (input) => {
    const { projectId: id, ...project } = input as Omit<Project, "id"> & { projectId: string };
    keep(projects.map((one) => (one.id === id ? { id, ...project } : one)));
    return { id, ...project };
  };
  answers.deleteProject = (input) => {
    const { projectId } = input as { projectId: string };
    keep(projects.filter(({ id }) => id !== projectId));
  };
  answers.newChatInProject = (input) => {
    const { projectId } = input as { projectId: string };
    const { chatId: _, title: _title, ...chat } = bridge.chat.getState();
    bridge.chat.setState({ ...chat, messages: [], projectId }, true);
  };
}
