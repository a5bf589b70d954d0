/**
 * Runs in the page: a virtual list of `count` titles over the window, which draws what is in view and does nothing else.
 * Resolves to the time until it is drawn, in ms.
 */
export async function showBareList(count: number): Promise<number> {
  const [rowPx, ahead] = [36, 5];
  const startedMs = performance.now();
  const titles = Array.from({ length: count }, (_, at) => `Chat ${at}`);
  const list = document.createElement("div");
  list.id = "bare-list";
  list.style.cssText =
    "position: fixed; inset: 0 auto 0 0; width: 270px; overflow-y: auto; background: Canvas";
  const room = document.createElement("div");
  room.style.cssText = `position: relative; height: ${count * rowPx}px`;
  list.append(room);
  document.body.append(list);
  const drawn = new Map<number, HTMLElement>();
  const draw = (): void => {
    const first = Math.max(0, Math.floor(list.scrollTop / rowPx) - ahead);
    const last = Math.min(count - 1, Math.ceil((list.scrollTop + list.clientHeight) / rowPx) + ahead);
    for (const [at, row] of drawn) {
      if (at >= first && at <= last) continue;
      row.remove();
      drawn.delete(at);
    }
    for (let at = first; at <= last; at += 1) {
      if (drawn.has(at)) continue;
      const row = document.createElement("button");
      row.textContent = titles[at] ?? "";
      row.style.cssText = `position: absolute; top: ${at * rowPx}px; height: ${rowPx}px; width: 100%`;
      drawn.set(at, row);
      // In their order, so that the last one in view is the last of the list.
      room.append(row);
    }
  };
  list.addEventListener("scroll", draw, { passive: true });
  draw();
  await new Promise(requestAnimationFrame);
  await new Promise((resolve) => setTimeout(resolve));
  return performance.now() - startedMs;
}
