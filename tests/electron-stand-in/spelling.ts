import { platform } from "./platform.ts";

/** Some of the languages that Chromium has dictionaries for. */
const available = ["de", "en-GB", "en-US", "es", "fr", "it", "nl", "pl", "pt-BR", "ru", "uk"];

/** A session's spell checker. Which words are wrong is told by tests: there is no dictionary here. */
export class Spelling {
  /** On macOS the system's own languages, which an app cannot choose. */
  languages: readonly string[] = ["en-US"];
  enabled = true;
  readonly words = new Set<string>();
  /** Wrong word -> suggestions. */
  wrong: Readonly<Record<string, readonly string[]>> = {};
  readonly #tell: (event: string, language: string) => void;
  readonly #loaded = new Set<string>();

  constructor(tell: (event: string, language: string) => void) {
    this.#tell = tell;
  }

  get available(): string[] {
    return [...available];
  }

  /** Off macOS each dictionary is downloaded the first time. */
  choose(languages: readonly string[]): void {
    if (platform === "darwin") return;
    for (const language of languages) {
      if (!available.includes(language))
        throw new Error(`Invalid language code provided: "${language}" is not a valid language code`);
    }
    this.languages = [...languages];
    this.enabled = languages.length > 0;
    for (const language of languages) {
      if (this.#loaded.has(language)) continue;
      this.#loaded.add(language);
      for (const step of ["download-begin", "download-success", "initialized"])
        setImmediate(() => this.#tell(`spellcheck-dictionary-${step}`, language));
    }
  }

  /** Undefined for a word that is not known to be wrong. */
  suggestionsFor(word: string): readonly string[] | undefined {
    if (!this.enabled || this.words.has(word)) return undefined;
    return this.wrong[word];
  }
}
