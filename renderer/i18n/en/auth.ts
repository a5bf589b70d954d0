/** See i18n.ts. */
export const auth = {
  title: "Sign in",
  accountTitle: "Account",
  signIn: "Sign in",
  signOut: "Sign out",
  methods: "Way to sign in",
  local: {
    label: "This computer",
    body: "Use the account that belongs to this computer. Nothing to type, and nothing leaves it.",
    action: "Sign in on this computer",
  },
  token: {
    label: "Another server",
    server: "Server address",
    serverHint: "Leave it empty for the server on this computer.",
    serverFixed: "This page signs in to {{address}}.",
    token: "Access token",
    tokenHint: "Paste the token that the server's owner gave you.",
    tokenMissing: "Paste a token first.",
    pageHint:
      "To sign in with one click, run this on the server's computer. It prints a fresh address that works once.",
  },
  address: {
    invalid: "This is not a server address. Write one like https://pipit.example.org.",
    insecure: "A server that is not on this computer needs https. Write https://{{host}}.",
    credentials: "The address must not hold a user name or password. Remove them.",
  },
  reason: {
    expired: "Your sign-in has expired. Sign in again; what you wrote is kept.",
    refused: "The server no longer accepts your sign-in. Sign in again; what you wrote is kept.",
  },
  account: {
    local: "The account of this computer",
    remote: "Signed in at {{address}}",
    place: {
      keychain: "The sign-in is kept in the system's keychain.",
      file: "The keychain is not available; the sign-in is kept in a file that only you can read.",
      memory: "The sign-in is kept only until Pipit is closed.",
    },
    waiting_one: "{{count}} message still waits to be sent. It stays, and is sent after you sign in again.",
    waiting_other:
      "{{count}} messages still wait to be sent. They stay, and are sent after you sign in again.",
    confirm: "Sign out anyway",
  },
} as const;
