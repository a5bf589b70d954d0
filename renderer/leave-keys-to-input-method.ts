/**
 * Keeps the keys of an input method from everything in the page: they choose among its candidates, and mean neither
 * send nor close. One rule before every handler, ours and those of the components that we use. Safari ends the
 * composition before the key that ended it, which then is marked by its code alone (UI Events, 7.3.1: 229).
 */
export function leaveKeysToInputMethod(target: Window): void {
  target.addEventListener(
    "keydown",
    (event) => {
      // Deprecated, but the only mark of the key that ended a composition.
      const isAfterwards = !event.isComposing && event.keyCode === 229;
      if (!event.isComposing && !isAfterwards) return;
      event.stopImmediatePropagation();
      // The composition is over: what Enter would do by itself is to submit the field's form.
      if (isAfterwards && event.key === "Enter") event.preventDefault();
    },
    { capture: true },
  );
}
