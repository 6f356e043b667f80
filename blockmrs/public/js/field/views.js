// What the pages under /field show, from the fields of a form: which of the blank pages, and what stands in its places.
// The phone's own controllers/field (field.py, views.py and handover.py); a test compares each page with the server's.
// Needs base.js, interviews.js and routing.js; knows no document.
//
//   const shows = views(interviews(triage(rules)), routing(lists), words)
//   shows("/field/check", [["sign", "none"]], at)   {kind, values, state}; it throws what only the server understands
//
// `at` is when it was tapped, in seconds since 1970, now where it is left out.
// `state` are the fields that show the page again: never a text that somebody typed into the box for their own words.
/** @type {(engine: Asking, propose: Propose, words: Record<string, string>) => Shows} */
var views = (engine, propose, words) => {
  "use strict";
  const { OLDEST_S, LAY_OPEN_S, MOST_KEPT, MOST_STEPS, MINUTES_AGO, JOURNEY_FIELDS } = shared.field;
  const { REPORT_PREFIX, FOR_RECORD, WORDS_FIELD, OFFERED_FIELD } = shared.field, { MOST_PROPOSED } = shared.routing;
  const { AMBULANCE, LEVELS, ALWAYS, ASKED, AGE, PAIN, UNKNOWN_AGE, MENTAL_HEALTH, MOST_LOOKS } = shared.engine;
  const { WHERE, PICK, ANSWER_PREFIX, LOOK_PREFIX, WHICH_PREFIX } = shared.engine, { theOne } = base;
  const OWN = ["rules", ...JOURNEY_FIELDS], BESIDE = [WORDS_FIELD, OFFERED_FIELD, PICK, "answer"];
  /** @param {Pair} pair */
  const isCarried = ([name]) =>
    name === AGE || name === "complaints" ||
    [ANSWER_PREFIX, LOOK_PREFIX, WHICH_PREFIX].some(prefix => name.startsWith(prefix));
  /** @param {string} name @param {string | number} value @returns {Pair} */
  const pair = (name, value) => [name, String(value)];
  /** @type {<T>(list: T[]) => T[]} */
  const unique = list => [...new Set(list)];
  // While a page is shown once more, the time of its tap: what is counted from it must not begin again.
  let moment = 0;
  const now = () => moment || Math.floor(Date.now() / 1000);

  // from a form's fields to a page, as controllers/field/field.py does
  /** @param {string | undefined} text @param {number} latest */
  function believed(text, latest) {
    const seconds = /^[0-9]{1,11}$/.test(text || "") ? Number(text) : -1;
    return latest - OLDEST_S <= seconds && seconds <= latest ? seconds : null;
  }
  /** @param {Pair[]} pairs @returns {Journey} */
  function journeyOf(pairs) {
    /** @type {Map<string, string>} */
    const given = new Map(), latest = now();
    for (const [name, value] of pairs) if (OWN.includes(name) && !given.has(name)) given.set(name, value);
    const started = believed(given.get("started"), latest), ago = given.get("ago") || "", was = given.get("was") || "";
    return {
      started: started === null ? latest : started,
      hurt: MINUTES_AGO.includes(ago) ? latest - 60 * Number(ago) : believed(given.get("hurt"), latest),
      was: LEVELS.map(String).includes(was) ? Number(was) : null,
      trail: pairs.filter(([name]) => name === "trail").map(([, value]) => value).slice(0, MOST_STEPS),
      report: pairs.filter(([name]) => name.startsWith(REPORT_PREFIX)).slice(0, MOST_KEPT),
    };
  }
  /** @param {Journey} journey @param {Pair[]} before @param {Pair[]} carried @returns {Journey} */
  function after(journey, before, carried) {
    const had = new Set(before.map(field => field.join("\n")));
    const added = [...new Set(carried.filter(field => !had.has(field.join("\n"))).map(([name]) => name))];
    const layOpen = !journey.trail.length && now() - journey.started > LAY_OPEN_S;
    const begun = layOpen ? { ...journey, started: now() } : journey;
    return added.length ? { ...begun, trail: [...journey.trail, now() + " " + added.join(" ")] } : begun;
  }
  /** @param {Journey} journey @returns {Pair[]} */
  const pairsOf = journey => [
    ...(journey.hurt === null ? [] : [pair("hurt", journey.hurt)]),
    ...(journey.was === null ? [] : [pair("was", journey.was)]),
    ...journey.trail.map(entry => pair("trail", entry)),
    ...journey.report,
  ];
  /** @param {Pair[]} carried @param {Journey} journey @returns {Pair[]} */
  function wayBack(carried, journey) {
    if (journey.trail.length < 2) return [];
    const last = journey.trail[journey.trail.length - 1].split(" ");
    const earlier = { ...journey, trail: journey.trail.slice(0, -1) };
    return [
      ...carried.filter(([name]) => !last.includes(name)), ...pairsOf(earlier), pair("started", journey.started),
    ];
  }
  // What is said of a record ("I feel ill") is for the server, too.
  /** @param {string} name */
  const isKnown = name =>
    engine.isMine(name) || OWN.includes(name) || (name.startsWith(REPORT_PREFIX) && name !== FOR_RECORD);
  /** @param {Pair[]} pairs */
  function known(pairs) {
    const unknown = pairs.find(([name]) => !isKnown(name));
    if (unknown) throw unknown;
    return pairs;
  }
  /** @param {Pair[]} pairs @returns {Understood} */
  function understood(pairs) {
    const mine = known(pairs).filter(([name]) => engine.isMine(name));
    const before = engine.read(mine.filter(isCarried));
    const change = pairs.find(([name]) => name === "change"), journey = journeyOf(pairs);
    if (change) return { interview: engine.without(before, change[1]), journey };
    try {
      const interview = engine.read(mine);
      return { interview, journey: after(journey, engine.carry(before), engine.carry(interview)) };
    } catch (refused) {
      if (!(refused instanceof Error) || refused.message !== "nothing was ticked") throw refused;
      return { interview: before, journey, error: true };
    }
  }
  /** @param {Understood} understood @returns {BlankFilled} */
  function shown({ interview, journey, error }) {
    const page = engine.nextPage(interview), carried = engine.carry(interview);
    if (!page) return advice(interview, journey, carried);
    const isBegun = (interview.course || []).some(look => !Object.keys(look.answers).length);
    const whole = [...carried, ...pairsOf(journey)];
    const back = isBegun ? [...whole, pair("started", journey.started)] : wayBack(carried, journey);
    const way = { carried: whole, started: journey.started, back, first: !back.length, step: page.number + 1 };
    const values = { ...page, ...way, isWhere: page.id === WHERE, typed: "" };
    return { kind: page.kind + (error ? "-error" : ""), values };
  }
  // When each field got its value, in seconds since 1970, as far as that can be believed.
  /** @param {Journey} journey */
  function answeredAt(journey) {
    /** @type {Map<string, number>} */
    const times = new Map(), latest = now();
    for (const entry of journey.trail) {
      const [first, ...names] = entry.split(" "), seconds = believed(first, latest);
      if (seconds !== null) names.forEach(name => times.set(name, seconds));
    }
    return times;
  }
  /** @param {number} number */
  const two = number => String(number).padStart(2, "0");
  /** @param {Date} at */
  const clock = at => two(at.getHours()) + ":" + two(at.getMinutes());
  // Day, time and zone, as the phone has them.
  /** @param {number} seconds */
  function full(seconds) {
    /** @type {Intl.DateTimeFormatOptions} */
    const format = { day: "numeric", month: "long", year: "numeric" };
    const at = new Date(1000 * seconds);
    const day = new Intl.DateTimeFormat(words.language === "en" ? "en-GB" : words.language, format).format(at);
    const zone = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" }).formatToParts(at);
    const zoneName = zone.filter(({ type }) => type === "timeZoneName").map(({ value }) => value).join("");
    return `${day}, ${clock(at)} ${zoneName}`;
  }
  /** @param {Interview} interview @param {Map<string, number>} times */
  function looksOf(interview, times) {
    const whole = (interview.course || []).filter(look => PAIN in look.answers);
    return whole.map(({ number, answers: { awake, breathing, pain } }) => {
      const field = LOOK_PREFIX + number, at = ASKED.map(name => times.get(field + "." + name) || 0);
      const latest = Math.max(...at);
      const hurts = pain === null ? words.painNull : words.pain.replace("%(number)s", String(pain));
      const time = latest > 0 ? clock(new Date(1000 * latest)) : words.noTime;
      const looked = [words[wordOf("awake", awake)], words[wordOf("breathing", breathing)], hurts].join(", ");
      return { field, time, looked };
    });
  }
  /** @param {string} name @param {Answer} answer */
  const wordOf = (name, answer) => name + (answer === null ? "Null" : answer ? "True" : "False");
  // What is not for every eye in the family, and whom to tell.
  /** @param {Interview} interview */
  function telling(interview) {
    const { data, presentations } = engine;
    const marks = new Set(interview.complaints.map(name => theOne(presentations, name).policy));
    for (const finding of data.findings) {
      if (finding.id in interview.answers && interview.answers[finding.id] !== false) marks.add(finding.policy);
    }
    const policies = data.policies.filter(policy => marks.has(policy.id));
    const withheld = policies.filter(policy => words.withheld.split(" ").includes(policy.id));
    const isOffered = withheld.length > 0 && withheld.every(policy => policy.parent);
    return {
      policies,
      withheld,
      crisis: policies.some(policy => policy.id === MENTAL_HEALTH),
      parent_words: isOffered ? withheld[0].parent : "",
      may_text: !withheld.length,
    };
  }
  /** @param {Interview} interview @param {Journey} journey @param {Pair[]} carried @returns {BlankFilled} */
  function advice(interview, journey, carried) {
    const result = engine.assess(interview), onward = { ...journey, was: result.level };
    const back = wayBack(carried, onward), seen = engine.seen(interview, false);
    const shownAbove = new Set(seen.map(row => row.finding));
    const because = result.reasons.filter((reason, place) => reason.sure || !place)
      .map(reason => reason.sure ? reason.because : words.careful);
    const times = answeredAt(journey), looks = looksOf(interview, times), settling = engine.settlingPage(interview);
    const before = journey.was === null ? result.level : journey.was, others = further(interview, result);
    return { kind: "result-" + result.level, values: {
      ...result,
      carried: [...carried, ...pairsOf(onward)],
      started: journey.started,
      back,
      first: !back.length,
      changed: before !== result.level,
      up: result.level < before,
      down: result.level > before,
      seen,
      other_answers: interview.complaints.length && journey.trail.length > 1 ? otherAnswers(interview, shownAbove) : [],
      because: [...new Set(because)].slice(0, 2),
      further: others,
      ...pictures([result, ...others].flatMap(({ first_aid: lines }) => lines)),
      chips: engine.data.signs.filter(sign => !shownAbove.has(sign.id)),
      ...telling(interview),
      settling: Boolean(settling),
      settling_id: settling ? settling.id : "",
      settling_title: settling ? settling.title : "",
      settling_hint: settling ? settling.hint : "",
      again_words: result.again && result.again.words,
      looks,
      may_look: (interview.course || []).length < MOST_LOOKS,
      since: times.size ? Math.max(...times.values()) : now(),
      injured: journey.hurt === null ? journey.started : journey.hurt,
    } };
  }
  // Which drawings stand below these lines, where the blank page has any.
  /** @param {string[]} lines */
  function pictures(lines) {
    const { pictures: drawn } = engine.data, has = Object.prototype.hasOwnProperty;
    return Object.fromEntries(lines.flatMap(line => has.call(drawn, line) ? [["picture_" + drawn[line], true]] : []));
  }
  // The answers and the advice for the crew, in the order in which they were said; those of unknown time first.
  /** @param {Pair[]} pairs @returns {BlankFilled} */
  function handover(pairs) {
    const interview = engine.read(known(pairs).filter(isCarried)), journey = journeyOf(pairs);
    if (!Object.keys(interview.answers).length) throw new Error("nothing to show");
    const { kind, values } = advice(interview, journey, engine.carry(interview)), times = answeredAt(journey);
    if (kind !== "result-" + AMBULANCE) throw new Error("only the most urgent advice leads here");
    /** @param {Row} row */
    const at = row => times.get(ANSWER_PREFIX + row.finding) || times.get(WHICH_PREFIX + row.finding) || 0;
    const age = engine.data.ages.find(band => band.id === interview.age);
    const ageLabel = age && age.id !== UNKNOWN_AGE ? age.label : "", /** @type {Row[]} */ signs = values.seen;
    const seen = signs.map(row => ({ ...row, when: at(row), at: at(row) ? clock(new Date(1000 * at(row))) : "" }));
    return { kind: "show", values: {
      ...values,
      seen: seen.sort((one, other) => one.when - other.when),
      none_seen: !seen.length,
      age: ageLabel,
      no_age: !ageLabel,
      places: interview.complaints.filter(name => !ALWAYS.includes(name)).map(title),
      hurt_at: full(values.injured),
      shown_at: full(now()),
    } };
  }

  // What somebody wrote: what may be meant, to tick; from what was ticked, the next question.
  /** @param {Pair[]} pairs @returns {PageShown} */
  function described(pairs) {
    /** @param {string} name */
    const all = name => pairs.filter(([key]) => key === name).map(([, value]) => value);
    const [texts, picked, offered] = [WORDS_FIELD, PICK, OFFERED_FIELD].map(all);
    const rest = known(pairs.filter(([name]) => !BESIDE.includes(name))), isAnswer = all("answer").includes("next");
    const journey = journeyOf(rest), interview = engine.read(rest.filter(isCarried));
    const page = shown({ interview, journey });
    if (!page.values.isWhere || !(texts.length || offered.length || isAnswer)) return { ...page, state: rest };
    const offers = texts.length ? null : offersOf(offered);
    const state = [...rest, ...offered.map(name => pair(OFFERED_FIELD, name)), pair("answer", "next")];
    if (!isAnswer) return offers ? offer(page, offers, texts, rest) : routed(page, texts, rest);
    if (!picked.length && offers) return { ...proposed(page, offers, true), state };
    return confirmed({ interview, journey }, unique(picked), state);
  }
  /** @param {Understood} before @param {string[]} complaints @param {Pair[]} state @returns {PageShown} */
  function confirmed({ interview, journey }, complaints, state) {
    const isComplaint = (/** @type {string} */ name) => engine.presentations.has(name) && !ALWAYS.includes(name);
    if (!complaints.length || !complaints.every(isComplaint)) throw new Error("no such complaint");
    const onward = { ...interview, complaints: unique([...interview.complaints, ...complaints]) };
    const way = after(journey, engine.carry(interview), engine.carry(onward));
    const ticks = complaints.map(name => pair(PICK, name));
    return { ...shown({ interview: onward, journey: way }), state: [...state, ...ticks] };
  }
  /** @param {BlankFilled} page @param {string[]} texts @param {Pair[]} rest @returns {PageShown} */
  function routed(page, texts, rest) {
    if (texts.length !== 1 || !texts[0].trim()) return refusedWords(page, "none", texts, rest);
    try {
      return offer(page, propose(texts[0]), texts, rest);
    } catch (error) {
      const { field, problem } = /** @type {Unroutable} */ (error);
      if (field !== WORDS_FIELD) throw error;
      return refusedWords(page, problem, texts, rest);
    }
  }
  /** @param {BlankFilled} page @param {Proposal} proposal @param {string[]} texts @param {Pair[]} rest
   * @returns {PageShown} */
  function offer(page, proposal, texts, rest) {
    const names = [...proposal.presentations, ...proposal.signs];
    const state = [...rest, ...names.map(name => pair(OFFERED_FIELD, name))];
    return { ...proposed(page, proposal, false, propose.shown(texts.join(""))), state };
  }
  /** @param {BlankFilled} page @param {"none" | "long" | "letters"} why @param {string[]} texts
   * @param {Pair[]} state @returns {PageShown} */
  function refusedWords(page, why, texts, state) {
    const problem = words[{ none: "wordsNone", long: "wordsLong", letters: "wordsLetters" }[why]];
    return { kind: "choice-error", values: { ...page.values, problem, typed: propose.shown(texts.join("")) }, state };
  }
  /** @param {string} name */
  const title = name => theOne(engine.presentations, name).title;
  /** @param {string[]} offered */
  function offersOf(offered) {
    const presentations = unique(offered).filter(name => engine.presentations.has(name)).slice(0, MOST_PROPOSED);
    return presentations.length ? { presentations, signs: offered } : null;
  }
  /** @param {BlankFilled} page @param {Proposal} proposal @param {boolean} isError @param {string=} typed
   * @returns {BlankFilled} */
  function proposed(page, proposal, isError, typed) {
    const ids = [...proposal.presentations, ...proposal.signs.filter(name => !engine.presentations.has(name))];
    const values = {
      ...page.values,
      offered: unique(ids).map(name => pair(OFFERED_FIELD, name)),
      toggles: proposal.presentations.map(name => ({ value: name, label: title(name), parts: [] })),
      signs: engine.data.signs.filter(sign => proposal.signs.includes(sign.id)),
      hint: true,
      typed,
    };
    return { kind: !proposal.presentations.length ? "nothing" : isError ? "proposed-error" : "proposed", values };
  }
  /** @param {Interview} interview @param {Set<string>} shownAbove */
  function otherAnswers(interview, shownAbove) {
    const place = title(interview.complaints[0]);
    const rows = [{ finding: "complaints", label: words.complaints, answer: place }];
    const age = engine.data.ages.find(band => band.id === interview.age);
    if (age) rows.push({ finding: "age", label: words.age, answer: age.label });
    return [...rows, ...engine.seen(interview, true).filter(row => !shownAbove.has(row.finding))];
  }
  // The first aid of each sign that was tapped but did not decide, with what was answered below its advice.
  /** @param {Interview} interview @param {Assessment} result */
  function further(interview, result) {
    const rows = [];
    for (const sign of engine.data.signs) {
      if (interview.answers[sign.id] !== true) continue;
      const below = engine.data.findings.filter(({ id, settles }) => settles === sign.id && id in interview.answers);
      const alone = engine.read([["sign", sign.id]]), age = interview.age;
      const settled = Object.fromEntries(below.map(({ id }) => [id, interview.answers[id]]));
      const own = engine.assess({ ...alone, age, answers: { ...alone.answers, ...settled } });
      if (own.level !== AMBULANCE || own.first_aid.join("\n") === result.first_aid.join("\n")) continue;
      rows.push({ ...own, label: sign.label });
    }
    return rows;
  }

  /** @param {string} path @param {Pair[]} pairs @returns {PageShown} */
  function asked(path, pairs) {
    if (path === "/field/words") return described(pairs);
    if (path === "/field/show") return { ...handover(pairs), state: pairs };
    return { ...shown(understood(pairs)), state: pairs };
  }
  return (path, pairs, at) => {
    moment = at || 0;
    try { return asked(path, pairs); } finally { moment = 0; }
  };
};
