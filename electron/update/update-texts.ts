import type { UpdateProblem } from "#contract/app-state.ts";

/** What is said about newer versions, outside the window. */
export type UpdateTexts = typeof updatesEn;

const problemsEn: Readonly<Record<UpdateProblem, { readonly what: string; readonly cure: string }>> = {
  unreachable: {
    what: "Pipit could not find out whether there is a newer version.",
    cure: "Look at your connection and try again later, or look at the download page.",
  },
  unsigned: {
    what: "The newer version that is offered is not signed by those who made this Pipit.",
    cure: "It was not downloaded. Look at the download page, and tell whoever runs it.",
  },
  interrupted: {
    what: "The download broke off.",
    cure: "Try again, or get the newer version from the download page.",
  },
  corrupt: {
    what: "The download is damaged: it is not what was published.",
    cure: "It was not installed. Try again later, or get the newer version from the download page.",
  },
  "not-installed": {
    what: "Pipit was started anew, but the newer version was not installed.",
    cure: "Get it from the download page and install it in place of this one.",
  },
};

export const updatesEn = {
  check: "Check for updates…",
  checking: "Checking for updates…",
  available: (version: string) => `Update to ${version}…`,
  downloading: (version: string, percent: number) => `Downloading ${version}: ${percent} %`,
  waiting: (version: string) => `${version} comes after the answer`,
  offer: (version: string) => `Pipit ${version} is there.`,
  howItGoes: "Pipit downloads it, waits until no answer is being written or read aloud, and starts anew.",
  install: "Update",
  later: "Not now",
  newest: (version: string) => `Pipit ${version} is the newest version.`,
  older: (offered: string, version: string) =>
    `The download server offers ${offered}, which is older. Pipit stays at ${version}.`,
  stays: "The Pipit that runs stays as it is.",
  openPage: "Download page",
  close: "Close",
  problems: problemsEn,
};

export const updatesRu: UpdateTexts = {
  check: "Проверить обновления…",
  checking: "Проверка обновлений…",
  available: (version) => `Обновить до ${version}…`,
  downloading: (version, percent) => `Загрузка ${version}: ${percent} %`,
  waiting: (version) => `${version} будет установлена после ответа`,
  offer: (version) => `Вышла новая версия: Pipit ${version}.`,
  howItGoes: "Pipit загрузит её, дождётся конца ответа и его чтения и запустится заново.",
  install: "Обновить",
  later: "Не сейчас",
  newest: (version) => `Pipit ${version} — самая новая версия.`,
  older: (offered, version) =>
    `Сервер загрузок предлагает версию ${offered}, она старше. Pipit остаётся на версии ${version}.`,
  stays: "Работающий Pipit остаётся как есть.",
  openPage: "Страница загрузки",
  close: "Закрыть",
  problems: {
    unreachable: {
      what: "Не удалось узнать, есть ли новая версия.",
      cure: "Проверьте соединение и попробуйте позже или откройте страницу загрузки.",
    },
    unsigned: {
      what: "Предложенная новая версия не подписана теми, кто сделал этот Pipit.",
      cure: "Она не загружена. Откройте страницу загрузки и сообщите её владельцу.",
    },
    interrupted: {
      what: "Загрузка прервалась.",
      cure: "Попробуйте ещё раз или возьмите новую версию на странице загрузки.",
    },
    corrupt: {
      what: "Загруженный файл повреждён: опубликован был другой.",
      cure: "Он не установлен. Попробуйте позже или возьмите новую версию на странице загрузки.",
    },
    "not-installed": {
      what: "Pipit запущен заново, но новая версия не установлена.",
      cure: "Возьмите её на странице загрузки и установите вместо этой.",
    },
  },
};
