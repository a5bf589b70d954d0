import type { ErrorCode } from "#contract/error-codes.ts";

/** Why an answer of the pages is refused, in a code of ours or one of OAuth. */
export type PageProblem =
  | ErrorCode
  | "request-expired"
  | "foreign-page"
  | "not-found"
  | "unknown-client"
  | "invalid-redirect";

/** All words of the pages. `{name}` and `{seconds}` are replaced. */
export interface PageTexts {
  readonly signIn: {
    readonly title: string;
    readonly lead: string;
    readonly login: string;
    readonly password: string;
    readonly code: string;
    readonly codeLead: string;
    readonly codeHint: string;
    readonly submit: string;
    readonly cancel: string;
  };
  readonly consent: {
    readonly title: string;
    readonly lead: string;
    readonly seen: string;
    readonly as: string;
    readonly allow: string;
    readonly deny: string;
    readonly goOn: string;
    readonly cancel: string;
    readonly keepSigned: string;
  };
  readonly scopes: Readonly<Record<string, string>>;
  readonly device: {
    readonly title: string;
    readonly lead: string;
    readonly code: string;
    readonly submit: string;
    readonly confirmTitle: string;
    readonly confirmLead: string;
    readonly confirmCheck: string;
    readonly confirm: string;
    readonly deny: string;
    readonly doneTitle: string;
    readonly done: string;
    readonly deniedTitle: string;
    readonly denied: string;
    readonly notFound: string;
    readonly expired: string;
    readonly used: string;
    readonly missing: string;
    readonly restart: string;
  };
  readonly logout: {
    readonly title: string;
    readonly lead: string;
    readonly leadFor: string;
    readonly submit: string;
    readonly stay: string;
    readonly doneTitle: string;
    readonly done: string;
    readonly goOnTitle: string;
    readonly goOn: string;
    readonly continue: string;
  };
  readonly error: { readonly title: string; readonly details: string };
  /** What is wrong and what to do. */
  readonly problems: Readonly<Partial<Record<PageProblem, string>>>;
  readonly failed: string;
}
