/** Does in a scene what a user would do next, as soon as there is something to do it with. */
export async function press(selector: string): Promise<void> {
  (await appeared<HTMLElement>(selector)).click();
}

export async function type(selector: string, text: string): Promise<void> {
  const field = await appeared<HTMLInputElement>(selector);
  // React listens to the event, and looks whether the value differs from the one that it has set itself.
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set?.call(field, text);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function appeared<E extends Element>(selector: string): Promise<E> {
  const { promise, resolve } = Promise.withResolvers<E>();
  const look = (): void => {
    const found = document.querySelector<E>(selector);
    if (found === null) return;
    watch.disconnect();
    resolve(found);
  };
  const watch = new MutationObserver(look);
  watch.observe(document, { subtree: true, childList: true });
  look();
  return promise;
}
