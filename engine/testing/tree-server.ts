import type { ChatEvent } from "#contract/chat-event.ts";
import type { HttpRequest, HttpResponse, StreamCall } from "#engine/ports.ts";
import { json } from "./fake-http.ts";

interface Node {
  readonly id: string;
  readonly message: string;
  readonly text: string;
  parent: string;
  deleted?: { readonly children: readonly string[]; readonly head: string };
  status: "done" | "stopped";
}

/** A server of one chat, "chat", that keeps it as a tree and answers each question by its text and a number. */
export function createTreeServer() {
  const nodes: Node[] = [];
  let head = "";
  const live = () => nodes.filter(({ deleted }) => deleted === undefined);
  const node = (id: string) => live().find((other) => other.id === id);
  const path = (id: string): readonly Node[] => {
    const found = node(id);
    return found === undefined ? [] : [...path(found.parent), found];
  };
  const isBelow = (other: Node, id: string) => id === "" || path(other.id).some((on) => on.id === id);
  const newestBelow = (id: string) => live().findLast((other) => isBelow(other, id))?.id ?? "";

  function begin(call: StreamCall): Node {
    const known = nodes.find(({ message }) => message === call.clientMessageId);
    if (known !== undefined) return known;
    const parent = call.parentTurnId ?? head;
    const id = `t${nodes.length + 1}`;
    const turn: Node = { id, message: call.clientMessageId, text: call.prompt, parent, status: "done" };
    nodes.push(turn);
    head = id;
    return turn;
  }

  async function* answer(call: StreamCall): AsyncGenerator<ChatEvent> {
    const replayed = nodes.some(({ message }) => message === call.clientMessageId);
    const { id, parent, text } = begin(call);
    yield { type: "turn", chatId: "chat", turnId: id, parentTurnId: parent, replayed };
    yield { type: "text", text: `${text}: ${id}` };
    yield { type: "end" };
  }

  function messages(): readonly unknown[] {
    return path(head).flatMap(({ id, parent, message, text, status }) => {
      const beside = live().filter((other) => other.parent === parent);
      const common = { turn_id: id, status, created_at: 1 };
      const siblings = beside.length > 1 ? { siblings: beside.map((other) => other.id) } : {};
      const asked = { parent_turn_id: parent === "" ? null : parent, client_message_id: message };
      return [
        { ...common, ...siblings, ...asked, id: `${id}:user`, role: "user", content: text },
        { ...common, id: `${id}:assistant`, role: "assistant", content: `${text}: ${id}` },
      ];
    });
  }

  function remove(id: string): HttpResponse {
    const turn = node(id);
    if (turn === undefined) return json(404, {});
    const children = nodes.filter(({ parent }) => parent === id);
    for (const child of children) child.parent = turn.parent;
    const wasHead = head === id;
    turn.deleted = { children: children.map((child) => child.id), head: "" };
    if (wasHead) head = newestBelow(turn.parent);
    turn.deleted = { ...turn.deleted, head: wasHead ? head : "-" };
    return json(204, undefined);
  }

  function restore(id: string): HttpResponse {
    const turn = nodes.find((other) => other.id === id);
    if (turn?.deleted === undefined) return json(404, {});
    for (const child of nodes)
      if (turn.deleted.children.includes(child.id) && child.parent === turn.parent) child.parent = id;
    if (turn.deleted.head === head) head = id;
    delete turn.deleted;
    return json(204, undefined);
  }

  return {
    answer,
    /** What the model gets with the last question: the shown path. */
    shown: () => path(head).map(({ text, id }) => `${text}: ${id}`),
    http({ method, path: url, body }: HttpRequest): HttpResponse {
      const turn = /\/turns\/([^/]+)/.exec(url)?.[1];
      if (method === "GET") return json(200, { data: messages() });
      if (method === "DELETE" && turn !== undefined) return remove(turn);
      if (method === "POST" && turn !== undefined) return restore(turn);
      head = newestBelow((JSON.parse(body ?? "") as { shown_turn_id: string }).shown_turn_id);
      return json(200, {});
    },
  };
}
