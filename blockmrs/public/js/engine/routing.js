// "What's wrong?" on the phone: the complaints and danger signs that somebody's own words may mean. It proposes exactly
// what the server proposes (blockmrs/domain/triage/routing.py, whose names it uses); a test asks both. It only routes:
// a person confirms. Pure: nothing of the text is stored. Needs base.js. docs/offline.md describes the lists' file.
//
//   const propose = routing(lists)
//   propose("hit his hed")          {presentations: ["head"], signs: []}, the likeliest first
//
// It throws {field: "words", problem: "long" or "letters"} for what is too long, or no text.
var routing = (() => {
  "use strict";
  const { WORDS_FORMAT, LONGEST_TEXT, MOST_PROPOSED, MOST_TOKENS, LONGEST_TOKEN } = shared.routing;
  const { SAME, NEAR, PARTICLE_WEIGHT, LESS_PER_EDIT, LEAST_SHARE, EDITS } = shared.routing;
  const { WORDS_FIELD } = shared.field, { theOne } = base;
  // eslint-disable-next-line no-control-regex -- what parts words, as the server has it
  const SPACES = /[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;
  const NO_TEXT = new RegExp("[\\0-\\x1f\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f"
    + "\\ufeff\\ufff0-\\uffff\\ud800-\\udfff\\ue000-\\uf8ff\\u{e0000}-\\u{10ffff}]", "u");
  const FOREIGN = /[^\0-\u2e7f\ufb00-\ufb06\uff01-\uff5e]/gu, ACCENT = /[\u0300-\u036f]/g;
  const BETWEEN = /[^0-9A-Za-z\xc0-\xd6\xd8-\xf6\xf8-\u024f\u1e9e]+/g;

  /** @param {"long" | "letters"} problem @returns {Unroutable} */
  const refusal = problem => Object.assign(new Error(problem), { field: WORDS_FIELD, problem });
  /** @param {string} text */
  const split = text => text.split(SPACES).filter(word => word);

  /** @param {string} text */
  function checked(text) {
    if ([...text].length > LONGEST_TEXT) throw refusal("long");
    const line = split(text).join(" ");
    if (NO_TEXT.test(line)) throw refusal("letters");
    return line;
  }
  /** @param {string} text */
  function normalised(text) {
    const known = text.replace(/[’']/g, "").replace(FOREIGN, " ");
    const plain = known.normalize("NFKD").replace(ACCENT, "").replace(BETWEEN, " ");
    return split(plain.toLowerCase().replace(/ß/g, "ss"));
  }
  // How many letters are wrong, left out, too many, or swapped with their neighbour, each place at most once ("optimal
  // string alignment"); more than `most` where it is more.
  /** @param {string} one @param {string} other @param {number} most */
  function distance(one, other, most) {
    if (Math.abs(one.length - other.length) > most) return most + 1;
    /** @type {number[]} */
    let before = [], last = Array.from({ length: other.length + 1 }, (_, place) => place);
    for (let i = 1; i <= one.length; i++) {
      const row = [i];
      for (let j = 1; j <= other.length; j++) {
        row[j] = Math.min(row[j - 1] + 1, last[j] + 1, last[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1));
        const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
        if (isSwapped) row[j] = Math.min(row[j], before[j - 2] + 1);
      }
      [before, last] = [last, row];
    }
    return last[other.length];
  }
  // Whether one is the other with an ending: "vomit" and "vomited", "heads" and "head".
  /** @param {string} word @param {string} token */
  function isFormOf(word, token) {
    if (word.startsWith(token)) return word.length - token.length <= 2;
    return token.startsWith(word) && token.length - word.length <= (word.length === 4 ? 3 : 4);
  }

  /** @param {Lists} lists @returns {Propose} */
  return lists => {
    if (lists.format !== WORDS_FORMAT) throw new Error("lists of another format");
    const setOf = (/** @type {string} */ line) => new Set(line.split(" "));
    const [fillers, particles, plain] = [lists.fillers, lists.particles, lists.plain].map(setOf);
    /** @param {Record<string, string[]>} list @returns {[string, string[][]][]} */
    const tabled = list => Object.entries(list).map(([name, all]) => [name, all.map(entry => entry.split(" "))]);
    const signs = tabled(lists.signs), presentations = tabled(lists.presentations);
    const vocabulary = [...new Set([...signs, ...presentations].flatMap(([, entries]) => entries.flat()))];
    const known = new Set([...vocabulary, ...plain, ...fillers, ...particles]);

    // Phrases that say how bad somebody thinks it is, or that there is no car: nothing of what is wrong.
    const playsDown = lists.plays_down.map(phrase => phrase.split(" "));
    /** @param {string[]} said */
    function withoutPhrases(said) {
      /** @type {string[]} */
      const left = [];
      for (let place = 0; place < said.length;) {
        const here = playsDown.find(phrase => phrase.every((word, step) => said[place + step] === word));
        if (!here) left.push(said[place]);
        place += here ? here.length : 1;
      }
      return left;
    }
    /** @param {string} text */
    function tokens(text) {
      const said = normalised(text).filter(word => word.length <= LONGEST_TOKEN), left = withoutPhrases(said);
      const every = (left.length ? left : said).slice(0, MOST_TOKENS);
      const joined = every.slice(1).map((word, place) => every[place] + word).filter(word => known.has(word));
      return [...every, ...joined].filter(word => !fillers.has(word));
    }
    // The words of the lists that a token may be, each with how alike they are.
    /** @param {string} token */
    function alike(token) {
      if (particles.has(token)) return new Map([[token, PARTICLE_WEIGHT]]);
      /** @type {Map<string, number>} */
      const words = new Map(), start = token.slice(0, 4);
      for (const word of vocabulary) {
        if (word.length >= 4 && word.slice(0, 4) === start && isFormOf(word, token)) words.set(word, NEAR);
      }
      if (known.has(token)) return words.set(token, SAME);
      const most = EDITS[Math.min(token.length, EDITS.length - 1)];
      for (const word of vocabulary) {
        // The first letter is seldom wrong, but a silent one is left out: "nee", "rist", "ueso".
        if (word.length < 4 || words.has(word) || (word[0] !== token[0] && word.slice(1) !== token)) continue;
        const edits = distance(word, token, most);
        if (edits <= most) words.set(word, SAME - LESS_PER_EDIT * edits);
      }
      return words;
    }
    /** @param {string[]} all */
    function matching(all) {
      /** @type {Matches} */
      const matches = new Map();
      all.forEach((token, number) => alike(token).forEach((likeness, word) => {
        const places = matches.get(word) || new Map();
        matches.set(word, places.set(number, likeness));
      }));
      return matches;
    }
    /** @param {string[][]} entries @param {Matches} matches */
    function score(entries, matches) {
      /** @type {Map<number, number>} */
      const explained = new Map();
      for (const entry of entries) {
        if (!entry.every(word => matches.has(word)) || entry.every(word => particles.has(word))) continue;
        for (const word of entry) {
          theOne(matches, word).forEach((likeness, number) => {
            explained.set(number, Math.max(explained.get(number) || 0, likeness));
          });
        }
      }
      return [...explained.values()].reduce((sum, likeness) => sum + likeness, 0);
    }
    /** @param {string} text @returns {Proposal} */
    const propose = text => {
      const matches = matching(tokens(checked(text)));
      /** @type {[string, number][]} */
      const scored = presentations.map(([name, entries]) => [name, score(entries, matches)]);
      const best = Math.max(0, ...scored.map(([, points]) => points));
      const likely = scored.filter(([, points]) => points > 0 && 100 * points >= LEAST_SHARE * best);
      likely.sort(([, one], [, other]) => other - one);
      return {
        presentations: likely.slice(0, MOST_PROPOSED).map(([name]) => name),
        signs: signs.filter(([, entries]) => score(entries, matches) > 0).map(([name]) => name),
      };
    };
    // The text as it can be shown again in its box.
    /** @param {string} text */
    const shown = text =>
      [...split(text).join(" ")].slice(0, LONGEST_TEXT).filter(sign => !NO_TEXT.test(sign)).join("");
    return Object.assign(propose, { shown });
  };
})();
