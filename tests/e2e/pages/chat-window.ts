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

  /** Of the whole screen. */
  async takeScreenshot(): Promise<void> {
    await this.screenshotButton.click();
    await this.page.getByRole("button", { name: this.texts.chat.capture.screen, exact: true }).click();
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

  /** Answers that nothing is added to any more: only what has ended can be asked again. */
  get endedAnswers(): Locator {
    return this.answers.filter({
      has: this.page.getByRole("button", { name: this.texts.chat.regenerate, exact: true }),
    });
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

  /** Says in its text how the connection stands, which model answers and how much waits. */
  get connection(): Locator {
    return this.statusLine.getByTitle(fits(this.texts.shell.status.details));
  }

  /** Who is signed in, or that no user is. */
  get account(): Locator {
    const { account, signIn } = this.texts.shell.status;
    const titles = [fits(`${account}: `), fits(signIn)].map(({ source }) => source);
    return this.statusLine.getByTitle(new RegExp(titles.join("|")));
  }

  /** Stands in the place of the send button while the user is signed out. */
  get signInToSendButton(): Locator {
    return this.#button(this.texts.chat.signInToSend);
  }

  get tokenField(): Locator {
    return this.page.getByLabel(this.texts.auth.token.token, { exact: true });
  }

  /** Signing in, or who is signed in. */
  get accountDialog(): Locator {
    const { title, accountTitle } = this.texts.auth;
    return this.page
      .getByRole("dialog", { name: title })
      .or(this.page.getByRole("dialog", { name: accountTitle }));
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
    const { chat, shell } = this.texts;
    await message.hover();
    await message.getByRole("button", { name: { ...chat, copy: shell.copy }[action], exact: true }).click();
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

  /** Opens the list of own prompts. */
  async openPrompts(): Promise<Locator> {
    await this.#button(this.texts.chat.prompts).click();
    return this.page.getByRole("dialog", { name: this.texts.chat.prompts });
  }

  async newChat(): Promise<void> {
    await this.#button(this.texts.shell.newChat).click();
  }

  /** Leaves the first steps; at the last of them there is nothing left to skip. */
  get skipFirstRunButton(): Locator {
    return this.#button(this.texts.firstRun.skipAll).or(this.#button(this.texts.firstRun.done));
  }

  /** What a one-time address asks for. */
  get linkDigits(): Locator {
    return this.page.getByLabel(this.texts.auth.link.digits, { exact: true });
  }

  async typeDigits(digits: string): Promise<void> {
    await this.linkDigits.fill(digits);
    await this.linkDigits.press("Enter");
  }

  /** Follows a one-time address, and types its digits. */
  async openAddress({ url, digits }: { readonly url: string; readonly digits: string }): Promise<void> {
    await this.page.goto(url);
    await this.typeDigits(digits);
    await this.linkDigits.waitFor({ state: "hidden" });
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

  /** Reading aloud, on or off. */
  get speakButton(): Locator {
    return this.#button(this.texts.chat.speakOn);
  }

  get stopSpeakingButton(): Locator {
    return this.#button(this.texts.chat.stopSpeaking);
  }

  /** From any state of the web page in which no user is signed in. */
  async signInWithToken(token: string): Promise<void> {
    const advanced = this.page.getByText(this.texts.auth.advanced, { exact: true });
    await advanced.or(this.account).first().waitFor();
    // The first steps begin with the very same form.
    if (!(await advanced.isVisible())) await this.account.click();
    await advanced.click();
    await this.tokenField.fill(token);
    await this.tokenField.press("Enter");
  }

  async signOut(): Promise<void> {
    await this.account.click();
    await this.accountDialog.getByRole("button", { name: this.texts.auth.signOut, exact: true }).click();
    await this.signInToSendButton.waitFor();
  }

  #button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }
}
