/** How far beyond the visible part something is still near. */
const margin = "1500px";

type OnChange = (near: boolean) => void;

const listeners = new WeakMap<Element, OnChange>();
let observer: IntersectionObserver | undefined;

/** One observer for the page: an answer may have hundreds of groups. */
function pageObserver(): IntersectionObserver {
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) listeners.get(target)?.(isIntersecting);
    },
    { rootMargin: margin, scrollMargin: margin },
  );
  return observer;
}

/** Says whether `element` is near the visible part: once soon, and whenever it changes. Returns what ends it. */
export function watchNear(element: Element, onChange: OnChange): () => void {
  listeners.set(element, onChange);
  pageObserver().observe(element);
  return () => {
    listeners.delete(element);
    pageObserver().unobserve(element);
  };
}
