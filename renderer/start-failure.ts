import { languageOfLocale } from "#contract/language.ts";

const texts = {
  en: {
    title: "Pipit could not start in this browser.",
    cure: "Reload the page. If that does not help, update the browser or allow this page to store data.",
    reload: "Reload",
  },
  ru: {
    title: "Не удалось запустить Pipit в этом браузере.",
    cure: "Обновите страницу. Если не поможет, обновите браузер или разрешите этой странице хранить данные.",
    reload: "Обновить страницу",
  },
} as const;

/** Instead of a blank page: says what to do. Made without React, which may be what failed. */
export function showStartFailure(container: HTMLElement): void {
  const text = texts[languageOfLocale(navigator.language)];
  const box = element("main", "mx-auto flex max-w-sm flex-col items-start gap-3 p-6");
  box.setAttribute("role", "alert");
  const reload = element("button", "underline", text.reload);
  reload.type = "button";
  reload.addEventListener("click", () => location.reload());
  box.append(element("h1", "font-semibold", text.title), element("p", "", text.cure), reload);
  container.replaceChildren(box);
}

function element<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, className: string, textContent = "") {
  return Object.assign(document.createElement(tag), { className, textContent });
}
