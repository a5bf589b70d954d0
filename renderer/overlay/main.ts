import type { PreloadApi } from "#contract/commands/ipc-schema.ts";
import type { Region } from "#contract/region.ts";
import "./overlay.css";
import { asRegion, isClick, nudged, spanned, type Point, type Rect } from "./selection.ts";

/** Covers one display with its own picture while the person chooses a part of it; the address names the display. */
const { pipit } = globalThis as unknown as { readonly pipit: PreloadApi };
const display = Number(location.hash.slice(1));
const element = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;
const cover = element("cover");
const chosen = element("chosen");

let rect: Rect | undefined;
let from: Point | undefined;

const page = () => ({ width: innerWidth, height: innerHeight });
const end = (region?: Region): void =>
  void pipit.endRegion({ display, ...(region === undefined ? {} : { region }) });

function draw(next: Rect | undefined): void {
  rect = next;
  chosen.hidden = next === undefined;
  element("hint").hidden = from !== undefined;
  if (next === undefined) return;
  for (const [name, side] of [
    ["left", next.x],
    ["top", next.y],
    ["width", next.width],
    ["height", next.height],
  ] as const)
    chosen.style.setProperty(name, `${side}px`);
}

cover.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return end();
  cover.setPointerCapture(event.pointerId);
  from = { x: event.clientX, y: event.clientY };
  draw(undefined);
});
cover.addEventListener("pointermove", (event) => {
  if (from !== undefined) draw(spanned(from, { x: event.clientX, y: event.clientY }, page()));
});
cover.addEventListener("pointerup", () => {
  if (from === undefined) return;
  from = undefined;
  if (rect === undefined || isClick(rect)) draw(undefined);
  else end(asRegion(rect, page()));
});
cover.addEventListener("pointercancel", () => {
  from = undefined;
  draw(undefined);
});
addEventListener("contextmenu", (event) => event.preventDefault());
addEventListener("keydown", (event) => {
  // The input method's own key.
  if (event.isComposing) return;
  if (event.key === "Escape") return end();
  if (event.key === "Enter") return end(asRegion(rect ?? { x: 0, y: 0, ...page() }, page()));
  const next = nudged(rect, event, page());
  if (next === undefined) return;
  event.preventDefault();
  draw(next);
});

const reply = await pipit.regionPicture({ display });
if (!reply.ok) end();
else {
  const { bytes, texts, language } = reply.value;
  const picture = element<HTMLImageElement>("picture");
  document.documentElement.lang = language;
  cover.setAttribute("aria-label", texts.name);
  element("hint").textContent = texts.hint;
  picture.src = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  await picture.decode().catch(() => undefined);
  await pipit.regionReady({ display });
  cover.focus();
}
