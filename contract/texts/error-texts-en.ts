import type { ErrorTexts } from "./error-text.ts";

/** For each code of contract/error-codes.ts: what happened, and the cure. */
export const englishErrors: ErrorTexts = {
  INVALID_REQUEST: {
    what: "The server did not understand this request.",
    cure: "Update Pipit and try again.",
  },
  PROMPT_EMPTY: { what: "There is nothing to send.", cure: "Write a question or add a picture." },
  PROMPT_TOO_LONG: { what: "The message is too long.", cure: "Send it in parts." },
  SCREENSHOT_INVALID: { what: "This picture cannot be used.", cure: "Use a JPEG, PNG or WebP picture." },
  SCREENSHOT_TOO_LARGE: { what: "The picture is too large.", cure: "Use one of at most 8 MB." },
  FILE_UNSUPPORTED: {
    what: "This file holds no text that Pipit can read.",
    cure: "Use a text file, a PDF or a Word document (docx).",
  },
  FILE_EMPTY: { what: "This file is empty.", cure: "Choose one with text in it." },
  FILE_TOO_LARGE: { what: "This file is too large.", cure: "Attach the part of it that matters." },
  FILES_TOO_MANY: { what: "These are too many files for one message.", cure: "Send at most 10 at once." },
  FILES_TOO_LONG: {
    what: "The files of this message are too long together.",
    cure: "Remove one, or send them in several messages.",
  },
  HARDWARE_ID_INVALID: {
    what: "This computer's identifier was not accepted.",
    cure: "Restart Pipit; it makes a new one.",
  },
  MESSAGE_TOO_LARGE: {
    what: "The message and its picture are too large together.",
    cure: "Send a shorter text or a smaller picture.",
  },
  CHAT_NOT_FOUND: { what: "This chat is no longer there.", cure: "Choose another, or begin a new one." },
  TURN_NOT_FOUND: { what: "This message was deleted.", cure: "Here is what is left of its chat." },
  ROOM_NOT_FOUND: {
    what: "There is no such room, or you are not in it.",
    cure: "Ask a member to invite you.",
  },
  TOKEN_MISSING: { what: "You are not signed in.", cure: "Sign in and try again." },
  TOKEN_EXPIRED: { what: "The sign-in has expired.", cure: "Sign in again." },
  TOKEN_INVALID: {
    what: "The token was not accepted.",
    cure: "Check that it was copied whole, or ask for a new one.",
  },
  ACCOUNT_CLOSED: {
    what: "This account was closed: it was switched off, or no longer exists on the server.",
    cure: "Sign in with another one, or ask whoever runs the server.",
  },
  NOT_ALLOWED: { what: "This is not allowed.", cure: "Check the settings, or sign in with another account." },
  CREDENTIALS_INVALID: { what: "The login or the password is wrong.", cure: "Check both and try again." },
  OTP_REQUIRED: { what: "A code is needed as well.", cure: "Enter the code of your authenticator app." },
  OTP_INVALID: { what: "This code is not valid.", cure: "Enter the next code, or use a recovery code." },
  ACCOUNT_LOCKED: { what: "Too many wrong passwords for this account.", cure: "Wait, then try again." },
  RATE_LIMITED: { what: "Too many requests at once.", cure: "Wait a moment; Pipit tries again by itself." },
  READER_TOO_SLOW: {
    what: "Messages came faster than they could be shown.",
    cure: "Wait a moment; Pipit goes on with the next one by itself.",
  },
  STREAM_LIMIT: { what: "Too many answers are running at once.", cure: "Wait until one of them ends." },
  QUOTA_EXCEEDED: {
    what: "The tokens of this account are used up.",
    cure: "Wait for the next day or month, or ask the server's operator for more.",
  },
  TURN_RUNNING_ELSEWHERE: {
    what: "This message is being answered already.",
    cure: "Wait a moment; the answer appears here.",
  },
  ANSWER_LOST: {
    what: "The server stopped in the middle of this answer, and it is lost.",
    cure: "Your question is kept: ask it again.",
  },
  MODEL_UNREACHABLE: {
    what: "The language model cannot be reached.",
    cure: "Check that it is running, then try again.",
  },
  MODEL_MISSING: {
    what: "The language model is not there.",
    cure: "Install it, or name another in the settings, under Model, or in the server's configuration.",
  },
  MODEL_KEY_REFUSED: {
    what: "The model's provider refused the key.",
    cure: "Check the key in the settings, under Model, or in the server's configuration.",
  },
  MODEL_QUOTA: {
    what: "The account at the model's provider has used up its quota.",
    cure: "Add credit or raise its limit there, or use another model; then try again.",
  },
  MODEL_REFUSED: {
    what: "The model does not take this message.",
    cure: "Change it, or use another model.",
  },
  MODEL_FAILED: { what: "The language model could not answer.", cure: "Try again." },
  MODEL_TIMEOUT: { what: "The language model took too long.", cure: "Try again, or ask something shorter." },
  VOICE_MISSING: {
    what: "There is no voice for this language.",
    cure: "Read the answer, or install a voice on the server.",
  },
  SERVER_UNREACHABLE: {
    what: "The server cannot be reached.",
    cure: "Check the connection and the address, then try again.",
  },
  SERVER_NOT_PIPIT: {
    what: "There is no Pipit server at this address.",
    cure: "Check the address; ask who gave it to you.",
  },
  SERVER_TOO_OLD: {
    what: "The server is too old for this Pipit.",
    cure: "Ask its operator to update it, or use the browser.",
  },
  CERTIFICATE_REFUSED: {
    what: "The server's certificate is not trusted.",
    cure: "Check the address and this computer's date. For a certificate authority of your own, name its file in PIPIT_CA_FILE.",
  },
  SERVER_STOPPING: { what: "The server is restarting.", cure: "Wait a moment; Pipit tries again by itself." },
  SERVER_BUSY: { what: "The server is busy with sign-ins.", cure: "Wait a moment and try again." },
  LIMITS_UNREACHABLE: { what: "The server takes no passwords just now.", cure: "Try again in a moment." },
  CLOCK_WRONG: {
    what: "The server's clock is wrong, so it signs nobody in.",
    cure: "Ask whoever runs it to set the clock, and try again.",
  },
  DATABASE_UNREACHABLE: { what: "The server has lost its database.", cure: "Wait a moment and try again." },
  DEADLINE_EXCEEDED: { what: "This took too long and was stopped.", cure: "Try again." },
  CANCELLED: { what: "Cancelled.", cure: "Try again whenever you like." },
  STORAGE_FULL: { what: "There is no space left to save.", cure: "Free some space, then try again." },
  STORAGE_CORRUPT: {
    what: "The stored data is damaged.",
    cure: "Restart Pipit; the damaged file is kept aside.",
  },
  STORAGE_UNREADABLE: {
    what: "The stored data cannot be read.",
    cure: "Restart Pipit or reload the page. If that does not help, check who may read Pipit's folder.",
  },
  INTERNAL: { what: "Something went wrong inside Pipit.", cure: "The log has the details. Try again." },
  STORAGE_REFUSED: {
    what: "This browser keeps nothing for this page.",
    cure: "What waits to be sent, and what you are writing, is lost when the tab is closed. In a window that is not private it is kept.",
  },
  SIGNED_OUT: { what: "You are signed out.", cure: "Sign in; what waits is sent then." },
  USAGE: { what: "This command cannot be used like that.", cure: "Look at its help." },
  CONFIG_INVALID: { what: "A setting is not valid.", cure: "Correct it, then try again." },
  PORT_IN_USE: {
    what: "Another program uses the server's port.",
    cure: "Close that program, or choose another port.",
  },
  DATA_FOLDER_IN_USE: { what: "Another Pipit uses the same folder.", cure: "Close it, then try again." },
  KEYCHAIN_UNAVAILABLE: {
    what: "The system's keychain is not available.",
    cure: "Pipit keeps the sign-in in a file that only you can read.",
  },
  KEYCHAIN_LOCKED: { what: "The system's keychain is locked.", cure: "Unlock it, then try again." },
  NO_DISPLAY: {
    what: "There is no display to take a picture of.",
    cure: "Connect one, or send without a picture.",
  },
  SCREEN_REFUSED: {
    what: "The system does not let Pipit see the screen.",
    cure: "Allow it in the system's privacy settings.",
  },
  DISPLAY_CHANGED: {
    what: "A display was connected, disconnected or changed meanwhile.",
    cure: "Choose again.",
  },
  WINDOW_GONE: { what: "This window is not open any more.", cure: "Choose another one." },
  FILE_GONE: {
    what: "This file cannot be read any more.",
    cure: "Check that it is still there, then attach it again.",
  },
  FILE_LOCKED: {
    what: "This file is protected by a password.",
    cure: "Save a copy without one, and attach that.",
  },
  FILE_DAMAGED: {
    what: "This file is damaged.",
    cure: "Open it in its own program, save it again, and attach that.",
  },
  FILE_WITHOUT_TEXT: {
    what: "There is no text in this file, only pictures.",
    cure: "Attach a picture of the page that matters.",
  },
  FILE_TOO_SLOW: { what: "Reading this file took too long.", cure: "Attach the pages that matter." },
  NO_SOUND_DEVICE: { what: "No sound device was found.", cure: "Connect one and try again." },
};
