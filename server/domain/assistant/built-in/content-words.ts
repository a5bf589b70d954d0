/** Words that questions are made of; that two texts share them says nothing. */
const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about again all am an and any are as at be because been but by can could did do does for from get give go had has
  have he her here him his how i if in into is it its just know let like make many may me might more most much must my
  no not now of on one or our out please say she should show so some such tell than that the their them then there
  these they this those to too up us very want was we were what when where which who whom whose why will with would
  you your
  а без более бы вспомни напомни покажи был была были было быть в вам вас весь во вот все всё вы где да дай даже для до его ее её если есть
  еще ещё же за и из или им их к как какая какие какой какое ко когда кто ли мне много может можно мой моя мы на над
  нам нас не него нет ни но ну о об он она они оно от по под пожалуйста почему при про расскажи с сам сейчас скажи
  сколько со так там те тебе тебя то того тоже только том тот ты у уже хочу чего чем что чтобы это этот эта я`.split(
    /\s+/u,
  ),
);
/** Of a word this much must be the same: what comes after is often only its ending. */
const ENDING_CHARS = 2;
const MIN_STEM_CHARS = 4;

/** The words of a question that it is about, in lower case; none for one that only asks. */
export function contentWords(text: string): readonly string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return [...new Set(words)].filter((word) => word.length > 1 && !STOP_WORDS.has(word));
}

/** Whether a text is about all of the words. */
export function holdsAll(text: string, words: readonly string[]): boolean {
  const own = text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return words.every((word) => own.some((other) => isSameWord(word, other)));
}

function isSameWord(one: string, other: string): boolean {
  if (one === other) return true;
  const stem = one.slice(0, Math.max(MIN_STEM_CHARS, one.length - ENDING_CHARS));
  const isLong = one.length >= MIN_STEM_CHARS && other.length <= one.length + ENDING_CHARS;
  return isLong && other.startsWith(stem);
}
