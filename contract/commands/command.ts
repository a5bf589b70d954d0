import * as z from "zod/mini";
import { PROMPT_MAX_CHARS } from "../limits.ts";

/** One thing that a window may ask of its host: how its argument is checked, and (as a type only) what it gives back. */
export interface Command<Input extends z.core.$ZodType, Output> {
  readonly input: Input;
  readonly output?: Output;
}

export function command<Output>() {
  return <Input extends z.core.$ZodType>(input: Input): Command<Input, Output> => ({ input });
}

/** For commands without an argument. */
export const nothing = z.undefined();
/** A longer text is refused by the engine with PROMPT_TOO_LONG; this bound only keeps nonsense out. */
export const text = z.string().check(z.maxLength(4 * PROMPT_MAX_CHARS));
export const id = z.string().check(z.minLength(1), z.maxLength(200));

type Arguments<Input> = undefined extends Input ? [] : [input: Readonly<Input>];
type OutputOf<C> = C extends Command<infer _Input, infer Output> ? Output : never;

/** A group of commands as functions; rejections are PipitErrors. */
export type Handlers<Group extends Readonly<Record<string, Command<z.core.$ZodType, unknown>>>> = {
  readonly [Name in keyof Group]: (
    ...args: Arguments<z.output<Group[Name]["input"]>>
  ) => Promise<OutputOf<Group[Name]>>;
};
