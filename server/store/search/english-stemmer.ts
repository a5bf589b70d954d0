/**
 * The English stemmer of Snowball ("Porter2", https://snowballstem.org/algorithms/english/stemmer.html), for words of
 * the letters a to z.
 */

const exceptions = new Map(
  Object.entries({
    skis: "ski",
    skies: "sky",
    dying: "die",
    lying: "lie",
    tying: "tie",
    idly: "idl",
    gently: "gentl",
    ugly: "ugli",
    early: "earli",
    only: "onli",
    singly: "singl",
    sky: "sky",
    news: "news",
    howe: "howe",
    atlas: "atlas",
    cosmos: "cosmos",
    bias: "bias",
    andes: "andes",
  }),
);
const keptAfterPlural = new Set("inning outing canning herring earring proceed exceed succeed".split(" "));

/** Capital Y stands for a consonant. */
const vowel = "aeiouy";
const region = new RegExp(`^.*?[${vowel}][^${vowel}]`);
const special = /^(?:gener|commun|arsen)/;
const shortEnd = new RegExp(`(?:[^${vowel}][${vowel}][^${vowel}wxY]|^[${vowel}][^${vowel}])$`);

const step2 = endings({
  ational: "ate",
  ization: "ize",
  fulness: "ful",
  ousness: "ous",
  iveness: "ive",
  tional: "tion",
  biliti: "ble",
  lessli: "less",
  entli: "ent",
  ation: "ate",
  alism: "al",
  aliti: "al",
  ousli: "ous",
  iviti: "ive",
  fulli: "ful",
  enci: "ence",
  anci: "ance",
  abli: "able",
  izer: "ize",
  ator: "ate",
  alli: "al",
  bli: "ble",
  ogi: "og",
  li: "",
});
const step3 = endings({
  ational: "ate",
  tional: "tion",
  alize: "al",
  icate: "ic",
  iciti: "ic",
  ative: "",
  ical: "ic",
  ness: "",
  ful: "",
});
const step4 = endings(
  Object.fromEntries(
    "ement ance ence able ible ment ant ent ism ate iti ous ive ize ion al er ic"
      .split(" ")
      .map((ending) => [ending, ""]),
  ),
);

/** The longest first, as they are tried. */
function endings(map: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(map);
}

export function stemEnglish(word: string): string {
  if (word.length <= 2) return word;
  const exception = exceptions.get(word);
  if (exception !== undefined) return exception;
  const marked = word.replace(/^y/, "Y").replace(/(?<=[aeiouy])y/g, "Y");
  const first = (special.exec(marked) ?? region.exec(marked))?.[0].length ?? marked.length;
  const second = first + (region.exec(marked.slice(first))?.[0].length ?? marked.length);
  let base = cutPlural(marked);
  if (keptAfterPlural.has(base)) return base;
  base = cutVerb(base, first);
  if (base.length > 2) base = base.replace(/(?<=[^aeiouy])[yY]$/, "i");
  base = replaceEnding(base, step2, first, (stem, ending) => {
    if (ending === "ogi") return stem.endsWith("l");
    return ending !== "li" || /[cdeghkmnrt]$/.test(stem);
  });
  base = replaceEnding(base, step3, first, (stem, ending) => ending !== "ative" || stem.length >= second);
  base = replaceEnding(base, step4, second, (stem, ending) => ending !== "ion" || /[st]$/.test(stem));
  return cutLast(base, first, second).toLowerCase();
}

function cutPlural(word: string): string {
  if (word.endsWith("sses")) return word.slice(0, -2);
  if (/ie[ds]$/.test(word)) return word.slice(0, word.length > 4 ? -2 : -1);
  if (/(?:us|ss)$/.test(word)) return word;
  return /[aeiouy].+s$/.test(word) ? word.slice(0, -1) : word;
}

function cutVerb(word: string, first: number): string {
  const agreed = /eed(?:ly)?$/.exec(word);
  if (agreed !== null) return agreed.index >= first ? `${word.slice(0, agreed.index)}ee` : word;
  const stem = /^(.*[aeiouy].*?)(?:ed|edly|ing|ingly)$/.exec(word)?.[1];
  if (stem === undefined) return word;
  if (/(?:at|bl|iz)$/.test(stem)) return `${stem}e`;
  if (/([bdfgmnprt])\1$/.test(stem)) return stem.slice(0, -1);
  return stem.length <= first && shortEnd.test(stem) ? `${stem}e` : stem;
}

/** Only the longest ending that fits counts; it goes when it lies in the region. */
function replaceEnding(
  word: string,
  all: readonly (readonly [string, string])[],
  from: number,
  allows: (stem: string, ending: string) => boolean,
): string {
  const found = all.find(([ending]) => word.endsWith(ending));
  if (found === undefined) return word;
  const [ending, instead] = found;
  const stem = word.slice(0, word.length - ending.length);
  return stem.length >= from && allows(stem, ending) ? stem + instead : word;
}

function cutLast(word: string, first: number, second: number): string {
  const stem = word.slice(0, -1);
  if (word.endsWith("e")) {
    const goes = stem.length >= second || (stem.length >= first && !shortEnd.test(stem));
    return goes ? stem : word;
  }
  return word.endsWith("ll") && stem.length >= second ? stem : word;
}
