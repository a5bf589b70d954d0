/** Longest name and title of a program that are told, in UTF-16 code units. */
export const PROGRAM_TEXT_MAX_CHARS = 300;

/** A program that had the keyboard. */
export interface FrontProgram {
  /** What it is found by again: its window on X11, its process on macOS. */
  readonly id: number;
  /** "": the system does not tell. */
  readonly name: string;
  readonly title: string;
}

/** What a system lets Pipit do with the programs beside it. */
export interface OtherPrograms {
  /** The program that has the keyboard, when that is another one and the system tells. Never throws. */
  front(): Promise<FrontProgram | undefined>;
  /** Presses the keys that paste, once that program has the keyboard again. False: it does not get it. Never throws. */
  paste(program: FrontProgram): Promise<boolean>;
}
