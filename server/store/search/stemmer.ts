import { stemEnglish } from "./english-stemmer.ts";

/**
 * Cuts inflection endings so that forms of one word meet in the index, by the algorithms of Snowball; Russian is
 * https://snowballstem.org/algorithms/russian/stemmer.html. A stem is a key, never shown.
 */

const cyrillic = /\p{Script=Cyrillic}/u;
const latinOnly = /^[a-z]+$/;

/** Stem of one word that {@link import("./search-text.ts").words} made: lower case, no diacritics. */
export function stem(word: string): string {
  if (cyrillic.test(word)) return stemRussian(word);
  return latinOnly.test(word) ? stemEnglish(word) : word;
}

const perfectiveGerund = /(?:(?<=[ая])(?:вшись|вши|в)|(?:ив|ыв)(?:ши(?:сь)?)?)$/;
const reflexive = /с[яь]$/;
const adjective = /(?:ее|ие|ые|ое|ими|ыми|ей|ий|ый|ой|ем|им|ым|ом|его|ого|ему|ому|их|ых|ую|юю|ая|яя|ою|ею)$/;
const participle = /(?:(?<=[ая])(?:ем|нн|вш|ющ|щ)|ивш|ывш|ующ)$/;
const verb =
  /(?:(?<=[ая])(?:ла|на|ете|йте|ли|й|л|ем|н|ло|но|ет|ют|ны|ть|ешь|нно)|ила|ыла|ена|ейте|уйте|ите|или|ыли|ей|уй|ил|ыл|им|ым|ен|ило|ыло|ено|ят|ует|уют|ит|ыт|ены|ить|ыть|ишь|ую|ю)$/;
const noun =
  /(?:а|ев|ов|ие|ье|е|иями|ями|ами|еи|ии|и|ией|ей|ой|ий|й|иям|ям|ием|ем|ам|ом|о|у|ах|иях|ях|ы|ь|ию|ью|ю|ия|ья|я)$/;
const derivational = /[^аеиоуыэюя][аеиоуыэюя]+[^аеиоуыэюя]+[аеиоуыэюя].*ость?$/;
const superlative = /ейше?$/;

function stemRussian(word: string): string {
  const firstVowel = word.search(/[аеиоуыэюя]/);
  if (firstVowel === -1) return word;
  const head = word.slice(0, firstVowel + 1);
  let tail = cutForm(word.slice(firstVowel + 1));
  tail = tail.replace(/и$/, "");
  if (derivational.test(head + tail)) tail = tail.replace(/ость?$/, "");
  if (superlative.test(tail)) tail = tail.replace(superlative, "");
  else if (tail.endsWith("ь")) return head + tail.slice(0, -1);
  return head + tail.replace(/нн$/, "н");
}

/** Step 1 of Snowball: a gerund ending, or else a reflexive one and then the first of adjective, verb, noun. */
function cutForm(tail: string): string {
  const gerundless = tail.replace(perfectiveGerund, "");
  if (gerundless !== tail) return gerundless;
  const active = tail.replace(reflexive, "");
  const adjectiveless = active.replace(adjective, "");
  if (adjectiveless !== active) return adjectiveless.replace(participle, "");
  const verbless = active.replace(verb, "");
  return verbless === active ? active.replace(noun, "") : verbless;
}
