import { setTimeout as sleep } from "node:timers/promises";
import type { Done, Property, XDisplay, XTest } from "x11";
import { PROGRAM_TEXT_MAX_CHARS, type FrontProgram, type OtherPrograms } from "./front-program.ts";

/** Longest wait for a window to get the keyboard back. */
const ACTIVE_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 20;
/** Longest time for all that is asked of the server, which may hang. */
const SERVER_WITHIN_MS = 4_000;
/** Any type of property. */
const ANY = 0;
const CONTROL_LEFT = 0xffe3;
const LETTER_V = 0x76;
/** The message comes from the person's own action, not from a program by itself (EWMH). */
const FROM_PERSON = 2;

/** Windows of an X server, by what window managers tell of them (EWMH). */
export function createX11Programs(display: string): OtherPrograms {
  return {
    front: () => connected(display, frontOf).catch(() => undefined),
    paste: (program) => connected(display, (server) => pasteInto(server, program)).catch(() => false),
  };
}

async function frontOf(server: XDisplay): Promise<FrontProgram | undefined> {
  const id = await activeWindow(server);
  if (id === 0) return undefined;
  const [pid, classes, title, oldTitle] = await Promise.all([
    property(server, id, "_NET_WM_PID"),
    property(server, id, "WM_CLASS"),
    property(server, id, "_NET_WM_NAME"),
    property(server, id, "WM_NAME"),
  ]);
  if (numberIn(pid) === process.pid) return undefined;
  // The name of one window, then that of the program.
  const name = classes.toString("latin1").split("\0")[1] ?? "";
  return {
    id,
    name: short(name),
    title: short(title.length > 0 ? title.toString("utf8") : oldTitle.toString("latin1")),
  };
}

async function pasteInto(server: XDisplay, { id }: FrontProgram): Promise<boolean> {
  const { client, screen } = server;
  const active = await atom(server, "_NET_ACTIVE_WINDOW");
  // An error where the window is gone.
  await property(server, id, "WM_CLASS");
  client.SendClientMessage(screen[0]?.root ?? 0, id, active, 32, [FROM_PERSON, 0, 0]);
  if (!(await becomesActive(server, id))) return false;
  const [control, letter] = await keycodes(server, [CONTROL_LEFT, LETTER_V]);
  if (control === undefined || letter === undefined) return false;
  const keys = await answer<XTest>((done) => client.require("xtest", done));
  const press = (type: number, code: number): void => keys.FakeInput(type, code, 0, 0, 0, 0);
  press(keys.KeyPress, control);
  press(keys.KeyPress, letter);
  press(keys.KeyRelease, letter);
  press(keys.KeyRelease, control);
  return true;
}

async function becomesActive(server: XDisplay, id: number): Promise<boolean> {
  const endMs = performance.now() + ACTIVE_WITHIN_MS;
  while (performance.now() < endMs) {
    if ((await activeWindow(server)) === id) return true;
    await sleep(LOOK_EVERY_MS);
  }
  return false;
}

async function activeWindow(server: XDisplay): Promise<number> {
  return numberIn(await property(server, server.screen[0]?.root ?? 0, "_NET_ACTIVE_WINDOW"));
}

function numberIn(data: Buffer): number {
  return data.length >= 4 ? data.readUInt32LE(0) : 0;
}

function short(text: string): string {
  return text.slice(0, PROGRAM_TEXT_MAX_CHARS).toWellFormed();
}

/** Codes of the keys that give these symbols, whatever the layout. */
async function keycodes(
  { client, min_keycode: first, max_keycode: last }: XDisplay,
  symbols: readonly number[],
): Promise<readonly (number | undefined)[]> {
  const rows = await answer<readonly (readonly number[])[]>((done) =>
    client.GetKeyboardMapping(first, last - first + 1, done),
  );
  return symbols.map((symbol) => {
    const at = rows.findIndex((row) => row.includes(symbol));
    return at < 0 ? undefined : first + at;
  });
}

/** Empty when the window has no such property. */
async function property(server: XDisplay, window: number, name: string): Promise<Buffer> {
  const id = await atom(server, name);
  const { data } = await answer<Property>((done) =>
    server.client.GetProperty(0, window, id, ANY, 0, PROGRAM_TEXT_MAX_CHARS, done),
  );
  return data;
}

function atom({ client }: XDisplay, name: string): Promise<number> {
  return answer((done) => client.InternAtom(false, name, done));
}

function answer<Value>(ask: (done: Done<Value>) => void): Promise<Value> {
  return new Promise((resolve, reject) => {
    ask((error, value) => {
      if (error) reject(error);
      else resolve(value);
      return true;
    });
  });
}

/** The connection lasts as long as the work. The package is loaded by then: most sessions need it never. */
async function connected<T>(display: string, work: (server: XDisplay) => Promise<T>): Promise<T> {
  const { default: x11 } = await import("x11");
  const { promise, resolve, reject } = Promise.withResolvers<XDisplay>();
  const failed = Promise.withResolvers<never>();
  const fail = (error: Error): void => failed.reject(error);
  const timer = setTimeout(() => fail(new Error("The X server does not answer.")), SERVER_WITHIN_MS);
  const client = x11.createClient({ display, shm: false, disableBigRequests: true }, (error, server) =>
    error === undefined ? resolve(server) : reject(error),
  );
  client.on("error", fail);
  const done = async (): Promise<T> => {
    const result = await work(await promise);
    await new Promise<void>((closed) => client.close(closed));
    return result;
  };
  try {
    return await Promise.race([done(), failed.promise]);
  } catch (error) {
    client.terminate();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
