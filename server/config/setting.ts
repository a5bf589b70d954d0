import type { z } from "zod";

/** One setting of the server: its names from the strongest source to the weakest, and all that is said of it. */
export type Setting<Value = unknown> = {
  readonly flag?: string;
  /** What the flag takes, e.g. "DIR"; a flag without it is a switch. */
  readonly takes?: string;
  readonly env?: string;
  /** `table.key` in config.toml. */
  readonly file?: string;
  /** Never shown, and taken out of the environment that other programs inherit. */
  readonly secret?: true;
  readonly schema: z.ZodType<Value>;
  /** What a correct value looks like, in words: the cure in every message. */
  readonly wants: string;
  /** What it is for, as Markdown. */
  readonly about: string;
} & (
  | {
      /** The default, written as an operator would write it. */
      readonly initial: string | false;
    }
  | {
      /** The default in words, where it is no value or depends on other settings. */
      readonly otherwise: string;
    }
);
/** A group of settings, by the names that the server gives them. */
export type Settings = Readonly<Record<string, Setting>>;

type ValueOf<One> = One extends { readonly schema: z.ZodType<infer Value> } ? Value : never;
/** What is read by a group of settings; one without an initial value may be absent. */
export type Values<Group extends Settings> = {
  readonly [Name in keyof Group as Group[Name] extends { initial: unknown } ? Name : never]: ValueOf<
    Group[Name]
  >;
} & {
  readonly [Name in keyof Group as Group[Name] extends { otherwise: unknown } ? Name : never]?: ValueOf<
    Group[Name]
  >;
};
