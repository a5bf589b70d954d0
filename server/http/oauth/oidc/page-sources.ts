import type { IncomingMessage } from "node:http";
import type { KoaContextWithOIDC } from "oidc-provider";
import type { AuditOrigin } from "#server/domain/audit/ports.ts";
import {
  deviceCodePage,
  deviceConfirmPage,
  deviceEndPage,
  type DeviceFormView,
} from "../pages/device-pages.ts";
import { errorPage } from "../pages/error-page.ts";
import { loggedOutPage, logoutPage } from "../pages/logout-pages.ts";
import { pageLanguageOf, textsFor, type PageLanguage } from "../pages/page-language.ts";
import { PAGE_CONTENT_TYPE, pageHeaders, renderPage, type Page } from "../pages/page-shell.ts";
import type { PageProblem, PageTexts } from "../pages/page-texts.ts";

/** What a request told the library's callbacks, and what these found, for the route around them. */
export interface ProviderExchange {
  readonly origin: AuditOrigin;
  /** The code that stood in the address: put into the field, for the person to send. */
  readonly prefilledUserCode?: string | undefined;
  /** A code was looked up and is not there. */
  userCodeMissed?: boolean;
  /** Done when the library has its answer ready, and before that goes out. */
  readonly beforeAnswer?: (() => Promise<void>) | undefined;
}

/** The exchange of a request that the library handles. */
export type ExchangeOf = (ctx: { readonly req: IncomingMessage }) => ProviderExchange | undefined;

export interface PageSourcesDeps {
  readonly stylePath: string;
  readonly exchangeOf: ExchangeOf;
  /** A device was approved or refused. */
  readonly onDevice: (ctx: KoaContextWithOIDC, outcome: "approved" | "refused") => Promise<void>;
}

/** Our pages in place of the library's. */
export interface PageSources {
  userCodeInput(ctx: KoaContextWithOIDC, error: Error | undefined): Promise<void>;
  userCodeConfirm(ctx: KoaContextWithOIDC, clientName: string, userCode: string): void;
  deviceDone(ctx: KoaContextWithOIDC): Promise<void>;
  logout(ctx: KoaContextWithOIDC, signedOut: boolean): void;
  loggedOut(ctx: KoaContextWithOIDC): void;
  error(ctx: KoaContextWithOIDC, code: string, text: string | undefined): void;
}

export function createPageSources({ stylePath, exchangeOf, onDevice }: PageSourcesDeps): PageSources {
  const send = (ctx: KoaContextWithOIDC, page: Page): void => {
    ctx.status = page.status;
    ctx.set(pageHeaders(page));
    ctx.type = PAGE_CONTENT_TYPE;
    ctx.body = renderPage(page, stylePath);
  };
  return {
    async userCodeInput(ctx, error) {
      const language = languageOf(ctx);
      if (error?.name === "AbortedError") {
        await onDevice(ctx, "refused");
        return send(ctx, deviceEndPage(language, "denied"));
      }
      const exchange = exchangeOf(ctx);
      if (error?.name === "NotFoundError" && exchange !== undefined) exchange.userCodeMissed = true;
      const form = formOf(ctx, exchange?.prefilledUserCode ?? ctx.oidc.params?.["user_code"]);
      const problem = error && { problem: deviceProblem(error, textsFor(language)), status: 400 };
      send(ctx, deviceCodePage({ ...form, ...problem }));
    },

    userCodeConfirm(ctx, clientName, userCode) {
      send(
        ctx,
        deviceConfirmPage({
          ...formOf(ctx, userCode),
          clientName,
          scopes: textOf(ctx.oidc.deviceCode?.params?.["scope"]).split(" ").filter(Boolean),
        }),
      );
    },

    async deviceDone(ctx) {
      await onDevice(ctx, "approved");
      send(ctx, deviceEndPage(languageOf(ctx), "done"));
    },

    logout(ctx, signedOut) {
      const { client, session } = ctx.oidc;
      send(
        ctx,
        logoutPage({
          language: languageOf(ctx),
          action: pathFor(ctx, "end_session_confirm"),
          xsrf: textOf(session?.state?.["secret"]),
          clientName: client === undefined ? undefined : (client.clientName ?? client.clientId),
          signedOut,
          formTarget: textOf(session?.state?.["postLogoutRedirectUri"]) || undefined,
        }),
      );
    },

    loggedOut: (ctx) => send(ctx, loggedOutPage(languageOf(ctx))),

    error(ctx, code, text) {
      send(
        ctx,
        errorPage({
          language: languageOf(ctx),
          status: ctx.status >= 400 ? ctx.status : 400,
          problem: problemOf(ctx, code),
          details: { code, text },
        }),
      );
    },
  };
}

function formOf(ctx: KoaContextWithOIDC, userCode: unknown): DeviceFormView {
  return {
    language: languageOf(ctx),
    action: pathFor(ctx, "code_verification"),
    xsrf: textOf(ctx.oidc.session?.state?.["secret"]),
    userCode: textOf(userCode),
  };
}

function languageOf(ctx: KoaContextWithOIDC): PageLanguage {
  return pageLanguageOf({
    uiLocales: ctx.oidc.params?.["ui_locales"] ?? ctx.query["ui_locales"],
    acceptLanguage: ctx.headers["accept-language"],
  });
}

function pathFor({ oidc }: KoaContextWithOIDC, route: string): string {
  return oidc.provider.pathFor(route);
}

/** The sentence for an error of the library, by its name: the library does not export the classes. */
function deviceProblem({ name, message }: Error, { device, failed }: PageTexts): string {
  switch (name) {
    case "NotFoundError":
      return device.notFound;
    case "ExpiredError":
      return device.expired;
    case "AlreadyUsedError":
      return device.used;
    case "NoCodeError":
      return device.missing;
    default:
      return message === "invalid_request" ? device.restart : failed;
  }
}

function problemOf({ oidc, status }: KoaContextWithOIDC, code: string): PageProblem | undefined {
  if (status >= 500) return undefined;
  if (code === "invalid_client") return "unknown-client";
  if (code === "invalid_redirect_uri") return "invalid-redirect";
  return oidc.route === "resume" || oidc.route === "device_resume" ? "request-expired" : "not-found";
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
