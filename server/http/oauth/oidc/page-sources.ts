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
import type { ProviderContext } from "./oidc-context.ts";
import type { PageProblem, PageTexts } from "../pages/texts-en.ts";

const unknownOrigin: AuditOrigin = { ip: undefined, userAgent: undefined, correlationId: undefined };

/** Our pages in place of the library's. */
export type PageSources = ReturnType<typeof createPageSources>;

export function createPageSources({ store, exchanges }: Pick<ProviderContext, "store" | "exchanges">) {
  const auditDevice = (
    { oidc }: KoaContextWithOIDC,
    event: "device.approved" | "device.refused",
    outcome: "success" | "failure",
  ): Promise<void> => {
    const { session, deviceCode } = oidc;
    const origin = exchanges.getStore()?.origin ?? unknownOrigin;
    const about = { userId: session?.accountId, clientId: deviceCode?.clientId };
    return store.auth.audit.append({ event, outcome, ...about }, origin);
  };
  return {
    async userCodeInput(ctx: KoaContextWithOIDC, error: Error | undefined): Promise<void> {
      const language = languageOf(ctx);
      if (error?.name === "AbortedError") {
        await auditDevice(ctx, "device.refused", "failure");
        return send(ctx, deviceEndPage(language, "denied"));
      }
      const exchange = exchanges.getStore();
      if (error?.name === "NotFoundError" && exchange !== undefined) exchange.userCodeMissed = true;
      const form = formOf(ctx, exchange?.prefilledUserCode ?? ctx.oidc.params?.["user_code"]);
      const problem = error && { problem: deviceProblem(error, textsFor(language)), status: 400 };
      send(ctx, deviceCodePage({ ...form, ...problem }));
    },

    userCodeConfirm(ctx: KoaContextWithOIDC, clientName: string, userCode: string): void {
      send(
        ctx,
        deviceConfirmPage({
          ...formOf(ctx, userCode),
          clientName,
          scopes: textOf(ctx.oidc.deviceCode?.params?.["scope"]).split(" ").filter(Boolean),
        }),
      );
    },

    async deviceDone(ctx: KoaContextWithOIDC): Promise<void> {
      await auditDevice(ctx, "device.approved", "success");
      send(ctx, deviceEndPage(languageOf(ctx), "done"));
    },

    logout(ctx: KoaContextWithOIDC, signedOut: boolean): void {
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

    loggedOut: (ctx: KoaContextWithOIDC): void => send(ctx, loggedOutPage(languageOf(ctx))),

    error(ctx: KoaContextWithOIDC, code: string, text: string | undefined): void {
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

function send(ctx: KoaContextWithOIDC, page: Page): void {
  ctx.status = page.status ?? 200;
  ctx.set(pageHeaders(page));
  ctx.type = PAGE_CONTENT_TYPE;
  ctx.body = renderPage(page);
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
