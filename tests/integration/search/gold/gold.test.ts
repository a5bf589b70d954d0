import { describe, expect, test } from "vitest";
import { goldChats, goldQueries, type GoldChat, type GoldQuery, type GoldTurn } from "./gold.ts";

/** A text as it is compared: letter case and ё do not matter. */
interface Passage {
  readonly text: string;
  /** Its Latin and Cyrillic words and numbers, and the parts of names in camelCase. */
  readonly words: ReadonlySet<string>;
}

interface Place {
  readonly chat: GoldChat;
  readonly turn: GoldTurn;
  readonly title: Passage;
  readonly question: Passage;
  readonly answer: Passage;
}

const DAY_MS = 86_400_000;
/** Han, kana and Hangul: a form in them is found inside a longer word. */
const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const PLAIN_WORD = /^[a-zа-яё]+$/i;

const chats = goldChats();
const { queries, beyond } = goldQueries();
const places = placesOf("vera");
const allWords = wordsIn([...places, ...placesOf("oleg")]);
const classes = [...new Set(queries.map((query) => query.class))];
const ofClass = (...names: readonly string[]): readonly GoldQuery[] =>
  queries.filter((query) => names.includes(query.class));

test("the gold corpus names each turn by its chat and place, in the order of time", () => {
  for (const chat of chats) {
    expect(chat.turns.map((turn) => turn.id)).toEqual(chat.turns.map((_, index) => `${chat.id}:${index}`));
    const times = chat.turns.map((turn) => Date.parse(turn.at));
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(times).not.toContain(Number.NaN);
  }
  expect(new Set(chats.map((chat) => chat.id)).size).toBe(chats.length);
  expect(places.length).toBeGreaterThan(300);
  expect(placesOf("oleg").length).toBeGreaterThan(5);
});

describe("the gold queries", () => {
  test("are 200 different ones that expect turns of Vera's", () => {
    expect(new Set(queries.map(({ query }) => query)).size).toBe(200);
    const known = new Set(places.map(({ turn }) => turn.id));
    const named = [...queries.flatMap(({ expected }) => expected), ...beyond.flatMap(({ hoped }) => hoped)];
    expect(named.filter((id) => !known.has(id))).toEqual([]);
  });

  test.each(classes)("of %s expect exactly the turns that hold one of the forms of each word", (name) => {
    for (const query of ofClass(name)) {
      const hits = places.filter((place) => isHit(place, query)).map(({ turn }) => turn.id);
      expect({ query: query.query, hits }).toEqual({ query: query.query, hits: query.expected });
    }
  });

  const strict = classes.filter((name) => name !== "phrase" && name !== "word-edge");
  test.each(strict)("of %s leave no other turn that a looser reading could find", (name) => {
    for (const query of ofClass(name)) {
      const doubtful = places.filter((place) => !isHit(place, query) && isNear(place, query));
      expect([query.query, ...doubtful.map(({ turn }) => turn.id)]).toEqual([query.query]);
    }
  });

  test("of filter write the filters they name, and have no hit near the day itself", () => {
    for (const { query, filters, forms } of ofClass("filter")) {
      const { in: id, ...others } = filters ?? {};
      const title = chats.find((chat) => chat.id === id)?.title;
      const written = Object.entries(others).map(([key, value]) => `${key}:${value}`);
      if (title !== undefined) written.push(`in:${title.includes(" ") ? `"${title}"` : title}`);
      expect(written.filter((filter) => !query.includes(filter))).toEqual([]);
      expect(query.match(/\b(?:in|before|after|role):/g)?.length).toBe(written.length);
      const days = [others.before, others.after].flatMap((day) =>
        day === undefined ? [] : [Date.parse(day)],
      );
      const times = places.filter((place) => holdsAll(place, forms)).map(({ turn }) => Date.parse(turn.at));
      const near = times.filter((time) => days.some((day) => Math.abs(time - day) < 2 * DAY_MS));
      expect(near).toEqual([]);
    }
  });

  test("of typo have one wrong word, and mean one word only", () => {
    for (const { query, forms } of ofClass("typo")) {
      const wrong = query.split(" ").filter((word) => !allWords.has(word));
      const meant = wrong.flatMap((word) => neighbours(word, allWords));
      const folded = new Set(forms.flat().map(fold));
      expect([query, wrong.length, meant.length > 0]).toEqual([query, 1, true]);
      expect(meant.filter((word) => !folded.has(word))).toEqual([]);
    }
  });

  test("of typo-control stand in the corpus, as does a word near them", () => {
    for (const { query } of ofClass("typo-control")) {
      expect(allWords).toContain(query);
      expect(neighbours(query, allWords).length).toBeGreaterThan(1);
    }
  });

  test("without a hit have no near words that could give one", () => {
    for (const { query } of ofClass("no-hit", "other-person").filter((one) => !CJK.test(one.query))) {
      const words = [...passage(query).words];
      const near = places.filter((place) =>
        words.every((word) => neighbours(word, wordsIn([place])).length > 0),
      );
      expect([query, ...near.map(({ turn }) => turn.id)]).toEqual([query]);
    }
  });
});

function placesOf(person: GoldChat["person"]): readonly Place[] {
  return chats
    .filter((chat) => chat.person === person)
    .flatMap((chat) =>
      chat.turns.map((turn) => ({
        chat,
        turn,
        title: passage(chat.title),
        question: passage(turn.question),
        answer: passage(turn.answer),
      })),
    );
}

function passage(text: string): Passage {
  const whole = text.match(/[a-zа-яё0-9]+/gi) ?? [];
  const parts = whole.flatMap((word) => word.split(/(?<=[a-zа-яё])(?=[A-ZА-ЯЁ])/));
  return { text: fold(text), words: new Set([...whole, ...parts].map(fold)) };
}

function fold(text: string): string {
  return text.toLowerCase().replaceAll("ё", "е");
}

function wordsIn(some: readonly Place[]): ReadonlySet<string> {
  return new Set(some.flatMap(({ question, answer }) => [...question.words, ...answer.words]));
}

function isHit(place: Place, query: GoldQuery): boolean {
  return passes(place, query) && holdsAll(place, query.forms, query.filters?.role);
}

function passes({ chat, turn }: Place, { filters }: GoldQuery): boolean {
  const { in: id, before, after } = filters ?? {};
  return (
    (id === undefined || chat.id === id) &&
    (before === undefined || turn.at < before) &&
    (after === undefined || turn.at > after)
  );
}

function holdsAll(place: Place, forms: GoldQuery["forms"], role?: "user" | "assistant"): boolean {
  return forms.every((some) =>
    passagesOf(place, role).some((text) => some.some((form) => stands(text, form))),
  );
}

function passagesOf({ question, answer }: Place, role?: "user" | "assistant"): readonly Passage[] {
  if (role === "user") return [question];
  return role === "assistant" ? [answer] : [question, answer];
}

/** Whether the form stands there: a plain word as a whole word, all else as a run of characters between its edges. */
function stands({ text, words }: Passage, form: string): boolean {
  const wanted = fold(form);
  if (PLAIN_WORD.test(wanted)) return words.has(wanted);
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + 1)) {
    const isInside = (edge: number): boolean => /^[a-zа-я0-9]{2}$/.test(text.slice(edge - 1, edge + 1));
    if (CJK.test(wanted) || !(isInside(at) || isInside(at + wanted.length))) return true;
  }
  return false;
}

/**
 * Whether a reading looser than README.md's could take the place for a hit: the title counts, a word that only begins
 * as all of the forms do counts, and so do the parts of a name or a path when they stand apart.
 */
function isNear(place: Place, query: GoldQuery): boolean {
  const passages = [...passagesOf(place, query.filters?.role), place.title];
  const words = passages.flatMap((text) => [...text.words]);
  return (
    passes(place, query) &&
    query.forms.every((forms) => {
      if (passages.some((text) => forms.some((form) => stands(text, form)))) return true;
      const beginning = forms.map(fold).reduce(commonBeginning);
      if (PLAIN_WORD.test(beginning)) return words.some((word) => word.startsWith(beginning));
      const parts = [...passage(forms[0] ?? "").words].filter((part) => part.length > 1);
      return parts.length > 0 && !CJK.test(beginning) && parts.every((part) => words.includes(part));
    })
  );
}

function commonBeginning(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return one.slice(0, length);
}

/** The words with the same first letter that differ by one slip, or by two if the word has more than 7 letters. */
function neighbours(word: string, words: ReadonlySet<string>): readonly string[] {
  const slips = word.length > 7 ? 2 : 1;
  return [...words].filter(
    (other) =>
      other[0] === word[0] && Math.abs(other.length - word.length) <= slips && distance(word, other) <= slips,
  );
}

/** Letters to add, take away, change or swap with their neighbour to make one word of the other. */
function distance(one: string, other: string): number {
  const rows = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    rows.push(current);
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1] ? 0 : 1;
      const isSwapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      current.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + same,
          isSwapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(one.length, other.length);
}
