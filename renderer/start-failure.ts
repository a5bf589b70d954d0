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
  const box = document.createElement("main");
  box.setAttribute("role", "alert");
  box.className = "mx-auto flex max-w-sm flex-col items-start gap-3 p-6";
  const title = document.createElement("h1");
  title.className = "font-semibold";
  title.textContent = text.title;
  const cure = document.createElement("p");
  cure.textContent = text.cure;
  const reload = document.createElement("button");
  reload.type = "button";
  reload.className = "underline";
  reload.textContent = text.reload;
  reload.addEventListener("click", () => location.reload());
  box.append(title, cure, reload);
  container.replaceChildren(box);
}
