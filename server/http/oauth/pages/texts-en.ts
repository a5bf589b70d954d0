import type { ErrorCode } from "#contract/error-codes.ts";

/** Why an answer of the pages is refused, in a code of ours or one of OAuth. */
export type PageProblem =
  | ErrorCode
  | "request-expired"
  | "foreign-page"
  | "not-found"
  | "unknown-client"
  | "invalid-redirect";

/** By the names of our clients, where they have another in this language. */
const clients: Readonly<Record<string, string>> = {};

const scopes: Readonly<Record<string, string>> = {
  "api:read": "Read your chats and settings",
  "api:write": "Ask in your name, and change your chats",
  "api:admin": "Administer this server",
  openid: "Know which account is yours",
  profile: "See your name and login",
  email: "See your e-mail address",
  offline_access: "Stay signed in",
};

/** What is wrong and what to do. */
const problems: Readonly<Partial<Record<PageProblem, string>>> = {
  CREDENTIALS_INVALID: "Login or password is wrong.",
  OTP_INVALID: "The code is wrong or was used before. Wait for the next one.",
  ACCOUNT_LOCKED: "There were too many wrong attempts for this account. Try again in {seconds} seconds.",
  RATE_LIMITED: "There were too many attempts. Try again in {seconds} seconds.",
  SERVER_BUSY: "The server is very busy. Try again in {seconds} seconds.",
  LIMITS_UNREACHABLE: "Nobody can be signed in at the moment. Try again soon.",
  CLOCK_WRONG: "The server's clock is wrong, so nobody can be signed in. Tell whoever runs this server.",
  DATABASE_UNREACHABLE: "The server's database cannot be reached at the moment. Try again soon.",
  INVALID_REQUEST: "Fill in all fields.",
  TOKEN_INVALID: "This account is switched off. Ask whoever runs this server.",
  "request-expired":
    "This page is too old, or was opened in another browser. Start again in the application.",
  "foreign-page": "The request came from another page. Start again in the application.",
  "not-found": "There is nothing here. Start again in the application.",
  "unknown-client": "The application is not known to this server.",
  "invalid-redirect": "The application asked to return to an address that it did not register.",
};

export const textsEn = {
  signIn: {
    title: "Sign in",
    lead: "to continue to {name}",
    login: "Login or e-mail",
    password: "Password",
    code: "Code",
    codeLead: "Enter the code of your authenticator app.",
    codeHint: "Six digits, or one of your recovery codes.",
    submit: "Sign in",
    cancel: "Cancel",
  },
  consent: {
    title: "Allow access?",
    lead: "{name} asks to use your Pipit account.",
    seen: "Continue to {name}?",
    as: "You are signed in as {name}.",
    allow: "Allow",
    deny: "Do not allow",
    goOn: "Continue",
    cancel: "Cancel",
    keepSigned: "It may stay signed in until you sign it out.",
  },
  clients,
  scopes,
  missing: {
    title: "There is no such page",
    lead: "The address may be mistyped, or what stood here is gone.",
    home: "Open Pipit",
  },
  device: {
    title: "Connect a device",
    lead: "Enter the code that the device shows.",
    code: "Code",
    submit: "Continue",
    confirmTitle: "Is this your device?",
    confirmLead: "{name} wants to be signed in as you.",
    confirmCheck:
      "Go on only if the device in front of you shows exactly this code. Nobody should send it to you.",
    confirm: "Yes, connect it",
    deny: "No",
    doneTitle: "Connected",
    done: "The device is signed in. You can close this page.",
    deniedTitle: "Not connected",
    denied: "The device was not signed in. You can close this page.",
    notFound: "There is no such code. Check it, and enter it again.",
    expired: "This code is too old. Let the device show a new one.",
    used: "This code was used before. Let the device show a new one.",
    missing: "Enter the code.",
    restart: "This page is too old. Enter the code again.",
  },
  logout: {
    title: "Sign out?",
    lead: "You will be signed out of Pipit in this browser.",
    leadFor: "{name} asks to sign you out of Pipit in this browser.",
    submit: "Sign out",
    stay: "Stay signed in",
    doneTitle: "Signed out",
    done: "You are signed out of Pipit in this browser.",
    goOnTitle: "Nobody is signed in",
    goOn: "There is nobody to sign out in this browser.",
    continue: "Continue",
  },
  error: { title: "This did not work", details: "For whoever made the application" },
  problems,
  failed: "Something went wrong on the server. Try again soon.",
};

/** All words of the pages. `{name}` and `{seconds}` are replaced. */
export type PageTexts = typeof textsEn;
