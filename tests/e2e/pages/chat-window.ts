import type { Locator, Page } from "@playwright/test";
import { fits, texts, type PageLanguage } from "./texts.ts";

/** The window as a person sees it, on whichever host: the gallery, the web page or the desktop app. */
export class ChatWindow {
  readonly page: Page;
  readonly #language: PageLanguage;

  constructor(page: Page, language: PageLanguage = "en") {
    this.page = page;
    this.#language = language;
  }

  get texts() {
    return texts[this.#language];
  }

  get composer(): Locator {
    return this.page.getByRole("textbox", { name: this.texts.chat.composer });
  }

  get sendButton(): Locator {
    return this.#button(this.texts.chat.send);
  }

  get stopButton(): Locator {
    return this.#button(this.texts.chat.stop);
  }

  get screenshotButton(): Locator {
    return this.#button(this.texts.chat.screenshot);
  }

  get removePictureButton(): Locator {
    return this.#button(this.texts.chat.removePicture);
  }

  /** Questions, oldest first. */
  get questions(): Locator {
    return this.page.getByRole("article", { name: fits(this.texts.chat.you) });
  }

  /** Answers, oldest first. */
  get answers(): Locator {
    return this.page.getByRole("article", { name: fits(this.texts.chat.pipit) });
  }

  question(text: string): Locator {
    return this.questions.filter({ hasText: text });
  }

  answer(text: string): Locator {
    return this.answers.filter({ hasText: text });
  }

  /** The line at the window's edge: account, connection, queue. */
  get statusLine(): Locator {
    return this.page.getByRole("contentinfo", { name: this.texts.shell.status.label });
  }

  get connection(): Locator {
    return this.page.getByRole("button", { name: fits(this.texts.shell.status.details) });
  }

  get signInDialog(): Locator {
    return this.page.getByRole("dialog", { name: this.texts.auth.title });
  }

  get settings(): Locator {
    return this.page.getByRole("region", { name: this.texts.settings.title });
  }

  async ask(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  /** One of the quiet buttons below a message; they show when the message is pointed at. */
  async act(message: Locator, action: "copy" | "regenerate" | "edit" | "delete"): Promise<void> {
    await message.hover();
    await message.getByRole("button", { name: this.texts.chat[action], exact: true }).click();
  }

  async editQuestion(question: Locator, text: string): Promise<void> {
    await this.act(question, "edit");
    const editor = this.page.getByRole("textbox", { name: this.texts.chat.editor });
    await editor.fill(text);
    await editor.press("Enter");
  }

  async openSettings(): Promise<void> {
    await this.#button(this.texts.shell.settings).click();
  }

  async leaveSettings(): Promise<void> {
    await this.#button(this.texts.shell.back).click();
  }

  async newChat(): Promise<void> {
    await this.#button(this.texts.shell.newChat).click();
  }

  /** Through the steps of the first run, if they are shown. */
  async skipFirstRun(): Promise<void> {
    await this.#button(this.texts.firstRun.skipAll).click();
  }

  async openAccount(): Promise<void> {
    await this.statusLine.getByRole("button").first().click();
  }

  #button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }
}
