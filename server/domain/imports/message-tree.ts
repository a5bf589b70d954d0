import type { AttachedFile } from "#contract/attached-file.ts";
import type { MessagePart } from "#contract/chat-state.ts";
import { charsOf, type ImportedTurn } from "./imported-chat.ts";

/**
 * What other answers to the same questions may repeat, since each of them is a turn of its own. A file of a megabyte would
 * become a thousand of them else.
 */
const REPEATED_MAX_CHARS = 16 * 1024 * 1024;

/** The turns of a chat repeat more than they may. */
export class TreeTooLargeError extends Error {}

/** A message of an export whose messages form a tree. */
export interface MessageNode {
  readonly id: string;
  readonly parentId: string | undefined;
  /** Of those that follow it, as far as the export has an order for them. */
  readonly childIds: readonly string[];
  /** hidden: nobody said it. */
  readonly role: "user" | "assistant" | "hidden";
  /** What was asked; "" for an answer. */
  readonly text: string;
  readonly files: readonly AttachedFile[];
  /** What was answered. */
  readonly parts: readonly MessagePart[];
  readonly model: string | undefined;
  readonly atMs: number | undefined;
}

/** A turn that is being put together. */
interface Growing {
  readonly node: MessageNode;
  readonly parent: Growing | undefined;
  /** The answer of another branch, from which this one went off. */
  readonly branch: string | undefined;
  readonly createdAtMs: number;
  readonly parts: MessagePart[];
  model: string | undefined;
  finishedAtMs: number;
}

/** The turns that there are so far. `atMs`: of what has no time. */
interface Growth {
  readonly atMs: number;
  readonly turns: Growing[];
  repeatedChars: number;
}

/** Where the walk stands. `fork`: another message follows the same one, whose answer so far had so many parts. */
interface Step {
  readonly id: string;
  readonly turn: Growing | undefined;
  readonly fork?: number;
}

/**
 * The turns of a tree of messages, in the order in which they were asked, and the last one of the path that ends in
 * `currentId`. Each answer that was given again is a branch of its own. What follows nothing that is there begins the
 * chat; what goes in circles is cut open.
 *
 * @param atMs of what has no time
 * @throws TreeTooLargeError
 */
export function turnsOfTree(
  nodes: ReadonlyMap<string, MessageNode>,
  currentId: string | undefined,
  atMs: number,
): { readonly turns: readonly ImportedTurn[]; readonly headTurnId: string | undefined } {
  const children = childrenOf(nodes);
  const turnOf = new Map<string, Growing | undefined>();
  const growth: Growth = { atMs, turns: [], repeatedChars: 0 };
  const walk = (first: string): void => {
    const steps: Step[] = [{ id: first, turn: undefined }];
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      const node = nodes.get(step.id);
      if (node === undefined || turnOf.has(step.id)) continue;
      const turn = turnAfter(step, node, growth);
      turnOf.set(step.id, turn);
      const open = turn === step.turn ? step.fork : undefined;
      const said = open ?? turn?.parts.length ?? 0;
      const [next, ...others] = children.get(step.id) ?? [];
      // The last one pushed is the next one walked.
      for (const id of others.toReversed()) steps.push({ id, turn, fork: said });
      if (next !== undefined) steps.push({ id: next, turn, ...(open !== undefined && { fork: open }) });
    }
  };
  for (const { id, parentId } of nodes.values()) if (!nodes.has(parentId ?? "")) walk(id);
  for (const id of nodes.keys()) walk(id);
  const inOrder = growth.turns.toSorted((a, b) => a.createdAtMs - b.createdAtMs);
  const head = currentId === undefined ? undefined : turnOf.get(currentId);
  return { turns: inOrder.map(toTurn), headTurnId: head && idOf(head) };
}

/** The turn to which a message belongs. */
function turnAfter(step: Step, node: MessageNode, growth: Growth): Growing | undefined {
  const isAnswer = node.role === "assistant" && node.parts.length > 0;
  if (node.role !== "user" && !isAnswer) return step.turn;
  let { turn } = step;
  if (turn === undefined || !isAnswer || step.fork !== undefined) {
    turn = begun(step, node, isAnswer, growth);
    growth.turns.push(turn);
  }
  if (isAnswer) {
    for (const part of node.parts) turn.parts.push(part);
    turn.model = node.model ?? turn.model;
    turn.finishedAtMs = Math.max(node.atMs ?? 0, turn.finishedAtMs);
  }
  return turn;
}

/** A question begins a turn, so does an answer that follows nothing; another answer is a turn of the same question. */
function begun(
  { id, turn: before, fork }: Step,
  node: MessageNode,
  isAnswer: boolean,
  growth: Growth,
): Growing {
  const since = (earliest = 0): number => Math.max(node.atMs ?? earliest, earliest) || growth.atMs;
  const unsaid = { model: undefined, finishedAtMs: 0 };
  if (!isAnswer || before === undefined) {
    const createdAtMs = since(before?.createdAtMs);
    return { node, parent: before, branch: undefined, createdAtMs, parts: [], ...unsaid };
  }
  const { node: question, parent, createdAtMs } = before;
  const parts = before.parts.slice(0, fork);
  growth.repeatedChars += charsOf({ userText: question.text, files: question.files, parts });
  if (growth.repeatedChars > REPEATED_MAX_CHARS) throw new TreeTooLargeError();
  return {
    node: question,
    parent,
    branch: id,
    createdAtMs: since(createdAtMs),
    parts,
    ...unsaid,
  };
}

/** By what each message says it follows; in the order of the export where that has one. */
function childrenOf(nodes: ReadonlyMap<string, MessageNode>): ReadonlyMap<string, readonly string[]> {
  const children = new Map<string, string[]>();
  for (const { id, parentId } of nodes.values()) {
    if (parentId === undefined || parentId === id) continue;
    const siblings = children.get(parentId);
    if (siblings === undefined) children.set(parentId, [id]);
    else siblings.push(id);
  }
  for (const [id, found] of children) {
    const order = new Map((nodes.get(id)?.childIds ?? []).map((child, place) => [child, place]));
    found.sort((a, b) => (order.get(a) ?? order.size) - (order.get(b) ?? order.size));
  }
  return children;
}

function toTurn(turn: Growing): ImportedTurn {
  const parts = joined(turn.parts);
  return {
    id: idOf(turn),
    parentTurnId: turn.parent && idOf(turn.parent),
    index: undefined,
    clientMessageId: undefined,
    userText: turn.node.text,
    files: turn.node.files,
    picture: undefined,
    parts,
    status: parts.length === 0 ? "cancelled" : "done",
    failure: undefined,
    model: turn.model,
    inputTokens: 0,
    outputTokens: 0,
    createdAtMs: turn.createdAtMs,
    finishedAtMs: Math.max(turn.finishedAtMs, turn.createdAtMs),
  };
}

/** One that was answered after an export of it is another turn than the one without an answer. */
function idOf({ node, branch, parts }: Growing): string {
  if (parts.length === 0) return `${node.id}:open`;
  return branch === undefined ? node.id : `${node.id}:${branch}`;
}

/** Texts that follow each other are one, a line apart. */
function joined(parts: readonly MessagePart[]): readonly MessagePart[] {
  const all: MessagePart[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (part.kind === "text" && last?.kind === "text") {
      all[all.length - 1] = { kind: "text", text: `${last.text}\n\n${part.text}` };
    } else all.push(part);
  }
  return all;
}
