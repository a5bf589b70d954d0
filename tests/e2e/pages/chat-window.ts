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

  get skipFirstRunButton(): Locator {
    return this.#button(this.texts.firstRun.skipAll);
  }

  /** Waits until something can be asked, past the first steps if they are shown. */
  async reachComposer(): Promise<void> {
    await this.composer.or(this.skipFirstRunButton).first().waitFor();
    if (await this.skipFirstRunButton.isVisible()) await this.skipFirstRunButton.click();
    await this.composer.waitFor();
  }

  async openChats(): Promise<void> {
    await this.#button(this.texts.shell.chats).click();
  }

  get stopSpeakingButton(): Locator {
    return this.#button(this.texts.chat.stopSpeaking);
  }

  get signInButton(): Locator {
    return this.#button(this.texts.auth.signIn);
  }

  /** From any state of the web page in which nobody is signed in. */
  async signInWithToken(token: string): Promise<void> {
    const field = this.page.getByLabel(this.texts.auth.token.token, { exact: true });
    await field.or(this.signInButton).first().waitFor();
    if (!(await field.isVisible())) await this.signInButton.first().click();
    await field.fill(token);
    await field.press("Enter");
  }

  /** Through the account's menu. */
  async signOut(): Promise<void> {
    await this.#button(this.texts.shell.status.account).click();
    const signOut = this.texts.auth.signOut;
    await this.page.getByRole("menuitem", { name: signOut }).or(this.#button(signOut)).first().click();
  }

  /** Waits until what was typed is safe: the draft is saved a moment after the last key. */
  async settled(): Promise<void> {
    await this.composer.blur();
  }

  #button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }
}
