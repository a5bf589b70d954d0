import { randomUUID } from "node:crypto";
import { z } from "zod";
import { MEMORY_MAX_CHARS } from "#contract/limits.ts";
import { owner, ownersLook } from "#server/domain/access/access.ts";
import { checkMemoryText, noRoom } from "#server/domain/memories/memory-text.ts";
import type { Memory } from "#server/domain/memories/ports.ts";
import type { HttpContext } from "../kit/http-context.ts";
import { HttpError } from "../kit/http-error.ts";
import { idInPath, noQuery, readBody, readParameters, readQuery, yesOrNo } from "../kit/parameters.ts";
import { route, type CallerRoute } from "../kit/route.ts";

const written = z.object({ text: z.string(`must be text of 1 to ${MEMORY_MAX_CHARS} characters`) });
const wanted = z.object({ remembers: yesOrNo });

/**
 * `/v1/memories`: what the assistant remembers of the caller in every chat. `GET` lists it, `PUT {remembers}` switches all of it
 * on or off, `POST {text}` adds; below it `PUT {text}` changes one, `DELETE` forgets it, `POST .../restore` undoes that.
 * No key can do any of it: what is written here speaks in every later answer.
 */
export function memoriesRoutes({ store: { auth }, clock }: HttpContext): readonly CallerRoute[] {
  const { memories } = auth;
  return [
    route("GET", "/v1/memories", ownersLook, async (request, { userId }) => {
      readQuery(noQuery, request);
      const [data, remembers] = await Promise.all([memories.list(userId), memories.isOn(userId)]);
      return { remembers, data: data.map(toMemoryBody) };
    }),
    route("PUT", "/v1/memories", owner, async (request, { userId }) => {
      const { remembers } = readBody(wanted, request);
      await memories.switch(userId, remembers);
      return { remembers };
    }),
    route("POST", "/v1/memories", owner, async (request, { userId }, reply) => {
      const text = checkMemoryText(readBody(written, request).text);
      const id = randomUUID();
      const kept = await memories.add({
        id,
        userId,
        text,
        sourceTurn: undefined,
        createdAtMs: clock.nowMs(),
      });
      if (kept === undefined) throw noRoom();
      if (kept.id === id) reply.code(201);
      return toMemoryBody(kept);
    }),
    route("PUT", "/v1/memories/:id", owner, async (request, { userId }) => {
      const { id } = readParameters(idInPath, request.params);
      const text = checkMemoryText(readBody(written, request).text);
      return toMemoryBody(found(await memories.update(userId, id, text, clock.nowMs())));
    }),
    route("DELETE", "/v1/memories/:id", owner, async (request, { userId }, reply) => {
      const { id } = readParameters(idInPath, request.params);
      if (!(await memories.remove(userId, id))) throw noMemory();
      reply.code(204);
    }),
    route("POST", "/v1/memories/:id/restore", owner, async (request, { userId }) => {
      const { id } = readParameters(idInPath, request.params);
      return toMemoryBody(found(await memories.restore(userId, id)));
    }),
  ];
}

export function toMemoryBody({
  id,
  text,
  sourceTurn,
  createdAtMs,
  updatedAtMs,
}: Memory): Record<string, unknown> {
  return {
    id,
    text,
    source_turn_id: sourceTurn ?? null,
    created_at: new Date(createdAtMs).toISOString(),
    updated_at: new Date(updatedAtMs).toISOString(),
  };
}

function found(memory: Memory | undefined): Memory {
  if (memory === undefined) throw noMemory();
  return memory;
}

function noMemory(): HttpError {
  return new HttpError(404, "There is no such memory.");
}
