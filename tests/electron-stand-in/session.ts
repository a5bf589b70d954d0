import { SchemeMap, type SchemePrivileges } from "./scheme-map.ts";
import { Spelling } from "./spelling.ts";
import { NotInStandInError, strict, StrictEmitter, StrictObject } from "./strict.ts";

export type ProtocolHandler = (request: Request) => Response | Promise<Response>;

/** One map for all sessions, as registerSchemesAsPrivileged is for the whole app. */
export const schemes = new SchemeMap();

/** Electron's `protocol`, of one session. */
class Protocol extends StrictObject {
  readonly #handlers = new Map<string, ProtocolHandler>();

  constructor() {
    super("protocol");
  }

  registerSchemesAsPrivileged(
    list: readonly { readonly scheme: string; readonly privileges?: SchemePrivileges }[],
  ): void {
    if (registrationClosed) {
      throw new Error("protocol.registerSchemesAsPrivileged should be called before app is ready");
    }
    for (const { scheme, privileges } of list) schemes.register(scheme, privileges ?? {});
  }

  handle(scheme: string, handler: ProtocolHandler): void {
    if (schemes.privilegesOf(scheme) === undefined) {
      throw new NotInStandInError(`protocol.handle of "${scheme}", which was not registered as privileged`);
    }
    if (this.#handlers.has(scheme)) throw new Error(`Failed to register protocol: ${scheme}`);
    this.#handlers.set(scheme, handler);
  }

  unhandle(scheme: string): void {
    if (!this.#handlers.delete(scheme)) throw new Error(`Failed to unhandle protocol: ${scheme}`);
  }

  isProtocolHandled(scheme: string): boolean {
    return this.#handlers.has(scheme);
  }

  /** For the stand-in's own use. */
  handlerOf(scheme: string): ProtocolHandler | undefined {
    return this.#handlers.get(scheme);
  }
}

let registrationClosed = false;
/** Called when the app is ready. */
export function closeSchemeRegistration(): void {
  registrationClosed = true;
}

interface RequestDetails {
  readonly id: number;
  readonly url: string;
  readonly method: string;
  readonly resourceType: string;
}
type BeforeRequest = (
  details: RequestDetails,
  callback: (answer: { readonly cancel?: boolean }) => void,
) => void;

class WebRequest extends StrictObject {
  #beforeRequest: BeforeRequest | undefined;

  constructor() {
    super("webRequest");
  }

  onBeforeRequest(first: BeforeRequest | null | object, second?: BeforeRequest | null): void {
    if (second !== undefined) throw new NotInStandInError("a filter of webRequest.onBeforeRequest");
    this.#beforeRequest = typeof first === "function" ? (first as BeforeRequest) : undefined;
  }

  /** True when the app lets the request go; for the stand-in's own use. */
  async allows(details: RequestDetails): Promise<boolean> {
    const listener = this.#beforeRequest;
    if (listener === undefined) return true;
    return new Promise((resolve) => listener(details, (answer) => resolve(answer.cancel !== true)));
  }
}

type PermissionRequestHandler = (
  contents: unknown,
  permission: string,
  callback: (granted: boolean) => void,
  details: object,
) => void;
type PermissionCheckHandler = (
  contents: unknown,
  permission: string,
  origin: string,
  details: object,
) => boolean;

const dictionaryEvents = ["download-begin", "download-success", "download-failure", "initialized"].map(
  (step) => `spellcheck-dictionary-${step}`,
);

/** Electron's `Session`; there is only the default one. */
export class Session extends StrictEmitter {
  readonly protocol = new Protocol();
  readonly webRequest = new WebRequest();
  /** For the stand-in's own use. */
  readonly spelling = new Spelling((event, language) => void this.emit(event, {}, language));
  #request: PermissionRequestHandler | null = null;
  #check: PermissionCheckHandler | null = null;

  constructor() {
    super("session", ["will-download", "preconnect", ...dictionaryEvents]);
  }

  setPermissionRequestHandler(handler: PermissionRequestHandler | null): void {
    this.#request = handler;
  }

  setPermissionCheckHandler(handler: PermissionCheckHandler | null): void {
    this.#check = handler;
  }

  setDevicePermissionHandler(_handler: unknown): void {}
  setDisplayMediaRequestHandler(_handler: unknown): void {}
  get availableSpellCheckerLanguages(): string[] {
    return this.spelling.available;
  }
  get spellCheckerEnabled(): boolean {
    return this.spelling.enabled;
  }
  set spellCheckerEnabled(enabled: boolean) {
    this.spelling.enabled = enabled;
  }
  setSpellCheckerEnabled(enabled: boolean): void {
    this.spelling.enabled = enabled;
  }
  isSpellCheckerEnabled(): boolean {
    return this.spelling.enabled;
  }
  setSpellCheckerLanguages(languages: readonly string[]): void {
    this.spelling.choose(languages);
  }
  getSpellCheckerLanguages(): string[] {
    return [...this.spelling.languages];
  }
  setSpellCheckerDictionaryDownloadURL(_url: string): void {}
  addWordToSpellCheckerDictionary(word: string): boolean {
    this.spelling.words.add(word);
    return true;
  }
  removeWordFromSpellCheckerDictionary(word: string): boolean {
    return this.spelling.words.delete(word);
  }
  async listWordsInSpellCheckerDictionary(): Promise<string[]> {
    return [...this.spelling.words];
  }
  /** Test hook: these words are wrong, with what would be right. */
  setWrongWordsForTest(wrong: Readonly<Record<string, readonly string[]>>): void {
    this.spelling.wrong = wrong;
  }
  setUSBProtectedClassesHandler(_handler: unknown): void {}

  isPersistent(): boolean {
    return true;
  }

  /** Without a handler Electron grants everything. For the stand-in's own use. */
  async askPermission(contents: unknown, permission: string, url: string): Promise<boolean> {
    const handler = this.#request;
    if (handler === null) return true;
    const details = { requestingUrl: url, isMainFrame: true };
    return new Promise((resolve) => handler(contents, permission, resolve, details));
  }

  checkPermission(contents: unknown, permission: string, url: string): boolean {
    if (this.#check === null) return true;
    const origin = `${schemeAndHost(url)}/`;
    return this.#check(contents, permission, origin, {
      requestingUrl: url,
      isMainFrame: true,
      securityOrigin: origin,
    });
  }
}

function schemeAndHost(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(url)?.[0] ?? "null";
}

const defaultSession = new Session();
export const session = strict({ defaultSession }, "session");
export const { protocol } = defaultSession;
