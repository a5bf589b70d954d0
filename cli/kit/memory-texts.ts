const english = {
  none: "Nothing is remembered of you yet.",
  off: "Memories are off: no answer knows of them, and nothing is added from what you say. 'pipit memories on' switches them on.",
  switchedOn: "Memories are on.",
  added: (text: string) => `Remembered: ${text}`,
  changed: (text: string) => `It says now: ${text}`,
  forgotten: (text: string, id: string) =>
    `Forgotten: ${text}\nFor 10 seconds, this brings it back: pipit memories restore ${id}`,
  restored: (text: string) => `Remembered again: ${text}`,
  unknown: (name: string) => `There is no memory "${name}". 'pipit memories list' shows them.`,
  several: (name: string) => `More than one memory begins with "${name}". Give more of its id.`,
  tooLate: "Nothing to bring back: it was not forgotten in the last 10 seconds, or the id is not whole.",
  noNumber: (count: number) => `There is no memory of that number; /memories lists ${count}.`,
};
const russian: typeof english = {
  none: "О вас пока ничего не запомнено.",
  off: "Память выключена: ответы её не учитывают, и из ваших слов ничего не запоминается. Включить: 'pipit memories on'.",
  switchedOn: "Память включена.",
  added: (text) => `Запомнено: ${text}`,
  changed: (text) => `Теперь записано так: ${text}`,
  forgotten: (text, id) => `Забыто: ${text}\nВернуть можно в течение 10 секунд: pipit memories restore ${id}`,
  restored: (text) => `Снова запомнено: ${text}`,
  unknown: (name) => `Записи памяти «${name}» нет. Все записи: 'pipit memories list'.`,
  several: (name) => `С «${name}» начинается несколько записей. Укажите больше знаков id.`,
  tooLate: "Возвращать нечего: за последние 10 секунд эту запись не забывали, или id указан не полностью.",
  noNumber: (count) => `Записи с таким номером нет; всего в /memories: ${count}.`,
};

/** What the terminal client says of what is remembered of a person. */
export const memoryTexts = { en: english, ru: russian } as const;
