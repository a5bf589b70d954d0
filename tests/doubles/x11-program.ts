import x11 from "x11";
import type { XDisplay } from "x11";

/** What a program of the tests asks of the X server besides what Pipit asks. */
interface Requests {
  AllocID(): number;
  CreateWindow(...args: readonly (number | object)[]): void;
  ChangeProperty(mode: 0, window: number, name: number, type: number, units: 8, data: Buffer): void;
  MapWindow(window: number): void;
  readonly atoms: Readonly<Record<"WM_CLASS" | "WM_NAME" | "STRING", number>>;
  on(event: "event", listener: (event: XEvent) => void): void;
}
interface XEvent {
  readonly name: string;
  readonly wid: number;
  readonly keycode: number;
  /** Modifiers that are held. */
  readonly buttons: number;
}

const KEY_PRESS_MASK = 1;
const CONTROL = 4;

/** A window of another program on the X server of the tests. */
export interface X11Program extends AsyncDisposable {
  /** Keys that were pressed in it while Control was held. */
  readonly controlKeys: readonly number[];
}

/** @param name of the program (WM_CLASS) */
export async function openX11Program(display: string, name: string, title: string): Promise<X11Program> {
  const server = await new Promise<XDisplay>((resolve, reject) => {
    x11.createClient({ display, shm: false, disableBigRequests: true }, (error, opened) =>
      error === undefined ? resolve(opened) : reject(error),
    );
  });
  const client = server.client as typeof server.client & Requests;
  const controlKeys: number[] = [];
  client.on("event", (event) => {
    if (event.name === "KeyPress" && (event.buttons & CONTROL) !== 0) controlKeys.push(event.keycode);
  });
  let closed: Promise<void> | undefined;
  const window = client.AllocID();
  const [screen] = server.screen;
  client.CreateWindow(window, screen?.root ?? 0, 10, 10, 200, 100, 0, 0, 0, 0, { eventMask: KEY_PRESS_MASK });
  const { WM_CLASS, WM_NAME, STRING } = client.atoms;
  client.ChangeProperty(0, window, WM_CLASS, STRING, 8, Buffer.from(`${name.toLowerCase()}\0${name}\0`));
  client.ChangeProperty(0, window, WM_NAME, STRING, 8, Buffer.from(title, "latin1"));
  client.MapWindow(window);
  return {
    controlKeys,
    [Symbol.asyncDispose]: () => (closed ??= new Promise((done) => client.close(done))),
  };
}
