import * as z from "zod/mini";

/** Programs that a server needs as processes of their own; each lies beside the server's entry when built. */
const jobPrograms = ["picture-process"] as const;
export type JobProgram = (typeof jobPrograms)[number];

const TYPE = "pipit:job-process";
const which = { type: z.literal(TYPE), id: z.string() };

/** What a server in a utility process asks of the desktop app, which alone can start processes. */
export const jobProcessRequest = z.discriminatedUnion("kind", [
  z.strictObject({ ...which, kind: z.literal("start"), program: z.enum(jobPrograms) }),
  z.strictObject({ ...which, kind: z.literal("send"), message: z.unknown() }),
  z.strictObject({ ...which, kind: z.literal("kill") }),
]);
export type JobProcessRequest = z.infer<typeof jobProcessRequest>;

/** What the desktop app tells of such a process. */
export const jobProcessNews = z.discriminatedUnion("kind", [
  z.strictObject({ ...which, kind: z.literal("message"), message: z.unknown() }),
  z.strictObject({ ...which, kind: z.literal("ended") }),
]);
export type JobProcessNews = z.infer<typeof jobProcessNews>;

/** One of a process's messages, with what all of them have. */
export function aboutJobProcess<Message extends object>(id: string, message: Message) {
  return { type: TYPE, id, ...message } as const;
}
