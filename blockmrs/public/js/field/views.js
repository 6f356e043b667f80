// What the pages under /field show, from the fields of a form: which of the blank pages, and what stands in its places.
// The phone's own controllers/field (field.py, views.py and handover.py); a test compares each page with the server's.
// Needs base.js, interviews.js and routing.js; knows no document.
//
//   const shows = views(interviews(triage(rules)), routing(lists), words)
//   shows("/field/check", [["sign", "none"]], at)   {kind, values, state}; it throws what only the server understands
//
// `at` is when it was tapped, in seconds since 1970, now where it is left out.
// `state` are the fields that show the page again: never a text that somebody typed into the box for their own words.
var views = (engine, propose, words) => {
  "use strict";
  const { OLDEST_S, LAY_OPEN_S, MOST_KEPT, MOST_STEPS, MINUTES_AGO, JOURNEY_FIELDS, REPORT_PREFIX, FOR_RECORD } = shared.field;
  const { WORDS_FIELD, OFFERED_FIELD } = shared.field, { MOST_PROPOSED } = shared.routing;
  const { AMBULANCE, LEVELS, ALWAYS, ASKED, AGE, PAIN, UNKNOWN_AGE, MENTAL_HEALTH, MOST_LOOKS } = shared.engine;
  const { WHERE, PICK, ANSWER_PREFIX, LOOK_PREFIX } = shared.engine;
  const OWN = ["rules", ...JOURNEY_FIELDS], BESIDE = [WORDS_FIELD, OFFERED_FIELD, PICK, "answer"];
  const isCarried = ([name]) =>
    name === AGE || name === "complaints" || name.startsWith(ANSWER_PREFIX) || name.startsWith(LOOK_PREFIX);
  const unique = list => [...new Set(list)];
  // While a page is shown once more, the time of its tap: what is counted from it must not begin again.
  let moment = 0;
  const now = () => moment || Math.floor(Date.now() / 1000);

  // from a form's fields to a page, as controllers/field/field.py does
  function believed(text, latest) {
    const seconds = /^[0-9]{1,11}$/.test(text || "") ? Number(text) : -1;
    return latest - OLDEST_S <= seconds && seconds <= latest ? seconds : null;
  }
  function journeyOf(pairs) {
    const given = new Map(), latest = now();
    for (const [name, value] of pairs) if (OWN.includes(name) && !given.has(name)) given.set(name, value);
    const started = believed(given.get("started"), latest), ago = given.get("ago"), was = given.get("was");
    return {
      started: started === null ? latest : started,
      hurt: MINUTES_AGO.includes(ago) ? latest - 60 * Number(ago) : believed(given.get("hurt"), latest),
      was: LEVELS.map(String).includes(was) ? Number(was) : null,
      trail: pairs.filter(([name]) => name === "trail").map(([, value]) => value).slice(0, MOST_STEPS),
      report: pairs.filter(([name]) => name.startsWith(REPORT_PREFIX)).slice(0, MOST_KEPT),
    };
  }
  function after(journey, before, carried) {
    const had = new Set(before.map(pair => pair.join("\n")));
    const added = [...new Set(carried.filter(pair => !had.has(pair.join("\n"))).map(([name]) => name))];
    const layOpen = !journey.trail.length && now() - journey.started > LAY_OPEN_S;
    const begun = layOpen ? { ...journey, started: now() } : journey;
    return added.length ? { ...begun, trail: [...journey.trail, now() + " " + added.join(" ")] } : begun;
  }
  const pairsOf = journey => [
    ...(journey.hurt === null ? [] : [["hurt", String(journey.hurt)]]),
    ...(journey.was === null ? [] : [["was", String(journey.was)]]),
    ...journey.trail.map(entry => ["trail", entry]),
    ...journey.report,
  ];
  function wayBack(carried, journey) {
    if (journey.trail.length < 2) return [];
    const last = journey.trail[journey.trail.length - 1].split(" ");
    const earlier = { ...journey, trail: journey.trail.slice(0, -1) };
    return [
      ...carried.filter(([name]) => !last.includes(name)), ...pairsOf(earlier), ["started", String(journey.started)],
    ];
  }
  // What is said of a record ("I feel ill") is for the server, too.
  const isKnown = name => engine.isMine(name) || OWN.includes(name) || (name.startsWith(REPORT_PREFIX) && name !== FOR_RECORD);
  function known(pairs) {
    const unknown = pairs.find(([name]) => !isKnown(name));
    if (unknown) throw unknown;
    return pairs;
  }
  function understood(pairs) {
    const mine = known(pairs).filter(([name]) => engine.isMine(name));
    const before = engine.read(mine.filter(isCarried));
    const change = pairs.find(([name]) => name === "change"), journey = journeyOf(pairs);
    if (change) return { interview: engine.without(before, change[1]), journey };
    try {
      const interview = engine.read(mine);
      return { interview, journey: after(journey, engine.carry(before), engine.carry(interview)) };
    } catch (refused) {
      if (refused.message !== "nothing was ticked") throw refused;
      return { interview: before, journey, error: true };
    }
  }
  function shown({ interview, journey, error }) {
    const page = engine.nextPage(interview), carried = engine.carry(interview);
    if (!page) return advice(interview, journey, carried);
    const isBegun = (interview.course || []).some(look => !Object.keys(look.answers).length);
    const whole = [...carried, ...pairsOf(journey)];
    const back = isBegun ? [...whole, ["started", String(journey.started)]] : wayBack(carried, journey);
    const values = { ...page, carried: whole, started: journey.started, back, first: !back.length, step: page.number + 1 };
    return { kind: page.kind + (error ? "-error" : ""), values: { ...values, isWhere: page.id === WHERE, typed: "" } };
  }
  // When each field got its value, in seconds since 1970, as far as that can be believed.
  function answeredAt(journey) {
    const times = new Map(), latest = now();
    for (const entry of journey.trail) {
      const [first, ...names] = entry.split(" "), seconds = believed(first, latest);
      if (seconds !== null) names.forEach(name => times.set(name, seconds));
    }
    return times;
  }
  const two = number => String(number).padStart(2, "0");
  const clock = at => two(at.getHours()) + ":" + two(at.getMinutes());
  // Day, time and zone, as the phone has them.
  function full(seconds) {
    const at = new Date(1000 * seconds), format = { day: "numeric", month: "long", year: "numeric" };
    const day = new Intl.DateTimeFormat(words.language === "en" ? "en-GB" : words.language, format).format(at);
    const zone = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" }).formatToParts(at);
    return day + ", " + clock(at) + " " + zone.find(({ type }) => type === "timeZoneName").value;
  }
  function looksOf(interview, times) {
    const whole = (interview.course || []).filter(look => PAIN in look.answers);
    return whole.map(({ number, answers: { awake, breathing, pain } }) => {
      const field = LOOK_PREFIX + number, at = ASKED.map(name => times.get(field + "." + name) || 0);
      const latest = new Date(1000 * Math.max(...at)), isTold = Math.max(...at) > 0;
      const hurts = pain === null ? words.painNull : words.pain.replace("%(number)s", pain);
      const said = [words[key("awake", awake)], words[key("breathing", breathing)], hurts];
      const time = isTold ? clock(latest) : words.noTime;
      return { field, time, looked: said.join(", ") };
    });
  }
  const key = (name, answer) => name + { true: "True", false: "False", null: "Null" }[answer];
  // What is not for every eye in the family, and whom to tell.
  function telling(interview) {
    const { data, presentations } = engine, marks = new Set(interview.complaints.map(name => presentations.get(name).policy));
    for (const finding of data.findings) {
      if (finding.id in interview.answers && interview.answers[finding.id] !== false) marks.add(finding.policy);
    }
    const policies = data.policies.filter(policy => marks.has(policy.id));
    const withheld = policies.filter(policy => words.withheld.split(" ").includes(policy.id));
    const isOffered = withheld.length && withheld.every(policy => policy.parent);
    return {
      policies,
      withheld,
      crisis: policies.some(policy => policy.id === MENTAL_HEALTH),
      parent_words: isOffered ? withheld[0].parent : "",
      may_text: !withheld.length,
    };
  }
  function advice(interview, journey, carried) {
    const found = engine.assess(interview), onward = { ...journey, was: found.level };
    const back = wayBack(carried, onward), seen = engine.seen(interview, false);
    const said = new Set(seen.map(row => row.finding));
    const because = found.reasons.filter((reason, place) => reason.sure || !place)
      .map(reason => reason.sure ? reason.because : words.careful);
    const times = answeredAt(journey), looks = looksOf(interview, times);
    const isChanged = journey.was !== null && journey.was !== found.level;
    return { kind: "result-" + found.level, values: {
      ...found,
      carried: [...carried, ...pairsOf(onward)],
      started: journey.started,
      back,
      first: !back.length,
      changed: isChanged,
      up: isChanged && found.level < journey.was,
      down: isChanged && found.level > journey.was,
      seen,
      other_answers: interview.complaints.length && journey.trail.length > 1 ? otherAnswers(interview, said) : [],
      because: [...new Set(because)].slice(0, 2),
      further: further(interview, found),
      chips: engine.data.signs.filter(sign => !said.has(sign.id)),
      ...telling(interview),
      again_words: found.again && found.again.words,
      looks,
      may_look: (interview.course || []).length < MOST_LOOKS,
      since: times.size ? Math.max(...times.values()) : now(),
      injured: journey.hurt === null ? journey.started : journey.hurt,
    } };
  }
  // The answers and the advice for the crew, in the order in which they were said; those of unknown time first.
  function handover(pairs) {
    const interview = engine.read(known(pairs).filter(isCarried)), journey = journeyOf(pairs);
    if (!Object.keys(interview.answers).length) throw new Error("nothing to show");
    const { kind, values } = advice(interview, journey, engine.carry(interview)), times = answeredAt(journey);
    if (kind !== "result-" + AMBULANCE) throw new Error("only the most urgent advice leads here");
    const at = row => times.get(ANSWER_PREFIX + row.finding) || 0, age = engine.data.ages.find(band => band.id === interview.age);
    const isAge = Boolean(age) && age.id !== UNKNOWN_AGE;
    const seen = values.seen.map(row => ({ ...row, when: at(row), at: at(row) ? clock(new Date(1000 * at(row))) : "" }));
    return { kind: "show", values: {
      ...values,
      seen: seen.sort((one, other) => one.when - other.when),
      none_seen: !seen.length,
      age: isAge ? age.label : "",
      no_age: !isAge,
      places: interview.complaints.filter(name => !ALWAYS.includes(name)).map(name => engine.presentations.get(name).title),
      hurt_at: full(values.injured),
      shown_at: full(now()),
    } };
  }

  // What somebody wrote: what may be meant, to tick; from what was ticked, the next question.
  function described(pairs) {
    const all = name => pairs.filter(([key]) => key === name).map(([, value]) => value);
    const [texts, picked, offered] = [WORDS_FIELD, PICK, OFFERED_FIELD].map(all), isAnswer = all("answer").includes("next");
    const rest = known(pairs.filter(([name]) => !BESIDE.includes(name))), journey = journeyOf(rest);
    const before = engine.read(rest.filter(isCarried)), page = shown({ interview: before, journey });
    if (!page.values.isWhere || !(texts.length || offered.length || isAnswer)) return { ...page, state: rest };
    const offers = texts.length ? null : offersOf(offered);
    const state = [...rest, ...offered.map(name => [OFFERED_FIELD, name])];
    if (isAnswer) {
      const complaints = unique(picked), isComplaint = name => engine.presentations.has(name) && !ALWAYS.includes(name);
      if (!complaints.length && offers) return { ...proposed(page, offers, true), state: [...state, ["answer", "next"]] };
      if (!complaints.length || !complaints.every(isComplaint)) throw new Error("no such complaint");
      const interview = { ...before, complaints: unique([...before.complaints, ...complaints]) };
      const onward = after(journey, engine.carry(before), engine.carry(interview));
      const given = [["answer", "next"], ...complaints.map(name => [PICK, name])];
      return { ...shown({ interview, journey: onward }), state: [...state, ...given] };
    }
    try {
      if (!offers && (texts.length !== 1 || !texts[0].trim())) throw { field: WORDS_FIELD, problem: "none" };
      const found = offers || propose(texts[0]), ids = [...found.presentations, ...found.signs];
      return { ...proposed(page, found, false, propose.shown(texts.join(""))), state: [...rest, ...ids.map(name => [OFFERED_FIELD, name])] };
    } catch (refused) {
      if (refused.field !== WORDS_FIELD) throw refused;
      const problem = words[{ none: "wordsNone", long: "wordsLong", letters: "wordsLetters" }[refused.problem]];
      const values = { ...page.values, problem, typed: propose.shown(texts.join("")) };
      return { kind: "choice-error", values, state: rest };
    }
  }
  function offersOf(offered) {
    const presentations = unique(offered).filter(name => engine.presentations.has(name)).slice(0, MOST_PROPOSED);
    return presentations.length ? { presentations, signs: offered } : null;
  }
  function proposed(page, found, isError, typed) {
    const ids = [...found.presentations, ...found.signs.filter(name => !engine.presentations.has(name))];
    const title = name => engine.presentations.get(name).title;
    const values = {
      ...page.values,
      offered: unique(ids).map(name => [OFFERED_FIELD, name]),
      toggles: found.presentations.map(name => ({ value: name, label: title(name) })),
      signs: engine.data.signs.filter(sign => found.signs.includes(sign.id)),
      hint: true,
      typed,
    };
    return { kind: !found.presentations.length ? "nothing" : isError ? "proposed-error" : "proposed", values };
  }
  function otherAnswers(interview, said) {
    const place = engine.presentations.get(interview.complaints[0]).title;
    const rows = [{ finding: "complaints", label: words.complaints, answer: place }];
    const age = engine.data.ages.find(band => band.id === interview.age);
    if (age) rows.push({ finding: "age", label: words.age, answer: age.label });
    return [...rows, ...engine.seen(interview, true).filter(row => !said.has(row.finding))];
  }
  function further(interview, found) {
    const rows = [];
    for (const sign of engine.data.signs) {
      if (interview.answers[sign.id] !== true) continue;
      const own = engine.assess(engine.read([["sign", sign.id]]));
      if (own.first_aid.join("\n") !== found.first_aid.join("\n")) rows.push({ ...own, label: sign.label });
    }
    return rows;
  }

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
