// The triage engine on the phone: the compiled rules in, advice and what is still worth asking out. It says exactly
// what the engine on the server says (blockmrs/domain/triage/engine.py, conditions.py and course.py, whose names it
// uses); a test runs both side by side. Pure: no clock, no page, nothing stored. Needs base.js. docs/offline.md
// describes the rules' file.
//
//   const engine = triage(rules)
//   engine.assess(interview)                                 the advice for what was answered so far
//   engine.openQuestions(interview)                          what could still change it
//
// An interview is {age, complaints, answers, course}. An absent answer is "not asked", null is "can't tell"; `course`
// are the looks since then ("Check again"), each {number, answers}. interviews.js asks its questions.
var triage = (() => {
  "use strict";
  const { RULES_FORMAT, SURE, NOT_MET, AMBULANCE, LEVELS, ALWAYS, UNKNOWN_AGE } = shared.engine;
  const { LOOK_AGAIN_FROM, FOUND, WORSE, PAIN } = shared.engine, { theOne } = base;

  // What a finding is where its data does not say otherwise.
  const USUAL = {
    kind: "yes-no", nature: "danger", how: "", how_alone: false, unsure: AMBULANCE, ages: [], options: [], opens: [],
    settles: "", asked_by: [], former: false, part: false, urgency: LEVELS[2],
  };

  /** @param {object} object @param {string} name */
  const has = (object, name) => Object.prototype.hasOwnProperty.call(object, name);
  /** @type {<T>(list: T[]) => T[]} */
  const unique = list => [...new Set(list)];
  /** @type {<T>(...keys: ((entry: T) => number)[]) => (one: T, other: T) => number} */
  const by = (...keys) => (one, other) => {
    for (const key of keys) if (key(one) !== key(other)) return key(one) - key(other);
    return 0;
  };

  // Conditions: the doubt with which the facts meet one, 0 surely, 5 not at all.
  /** @type {{ [K in keyof Condition]-?: (value: Required<Condition>[K], facts: Facts) => number }} */
  const doubts = {
    is: ([name, values], facts) => answered(name, facts, answer => values.includes(answer)),
    at_least: ([name, number], facts) => answered(name, facts, answer => Number(answer) >= number),
    not_reassured: (names, facts) => names.every(name => facts.answers[name] === true) ? NOT_MET : SURE,
    age: (bands, facts) => bands.some(band => facts.ages.has(band)) ? SURE : NOT_MET,
    complaint: (names, facts) => names.some(name => facts.complaints.includes(name)) ? SURE : NOT_MET,
    all: (parts, facts) => parts.reduce((most, part) => Math.max(most, doubt(part, facts)), SURE),
    any: (parts, facts) => parts.reduce((least, part) => Math.min(least, doubt(part, facts)), NOT_MET),
  };
  /** @param {string} name @param {Facts} facts @param {(answer: Answer) => boolean} isMet */
  function answered(name, facts, isMet) {
    if (!has(facts.answers, name)) return facts.supposed.has(name) ? SURE : NOT_MET;
    const answer = facts.answers[name];
    if (answer === null) return facts.unsure(name);
    return isMet(answer) ? SURE : NOT_MET;
  }
  /** @param {Condition} condition @param {Facts} facts @returns {number} */
  function doubt(condition, facts) {
    const [[kind, value]] = Object.entries(condition), check = doubts[/** @type {keyof Condition} */ (kind)];
    // Which kind the value is of stands in its name alone.
    return check(/** @type {never} */ (value), facts);
  }
  // The findings that a condition names, and those of them that only ever calm it down.
  /** @param {Condition} condition @param {boolean} calm @returns {string[]} */
  function named(condition, calm) {
    const parts = condition.all || condition.any, about = condition.is || condition.at_least;
    if (parts) return parts.flatMap(part => named(part, calm));
    if (condition.not_reassured) return condition.not_reassured;
    return about && !calm ? [about[0]] : [];
  }

  // Looks: what each saw counts as the finding that the rules have for it; no answer becomes a calmer one.
  /** @param {Answers} answers @param {Look[]} course */
  function addCourse(answers, course) {
    const all = { ...answers };
    let before = null;
    for (const look of course) {
      for (const [name, finding] of Object.entries(FOUND)) {
        if (has(look.answers, name) && look.answers[name] !== true && all[finding] !== false) {
          all[finding] = look.answers[name];
        }
      }
      const isAnswered = has(look.answers, PAIN), pain = isAnswered ? look.answers[PAIN] : null;
      if (before !== null && isAnswered && all[WORSE] !== true) {
        if (pain === null) all[WORSE] = null;
        else if (pain > before) all[WORSE] = true;
      }
      if (pain !== null) before = pain;
    }
    return all;
  }

  /** @param {Rules} data @returns {Engine} */
  return data => {
    if (data.format !== RULES_FORMAT) throw new Error("rules of another format");
    const findings = new Map(data.findings.map(finding => [finding.id, { ...USUAL, ...finding }]));
    /** @param {string} name @returns {Finding} */
    const findingOf = name => theOne(findings, name);
    /** @param {string} name @returns {Presentation} */
    const presentationOf = name => theOne(presentations, name);
    const presentations = new Map(data.presentations.map(entry => [entry.id, entry]));
    /** @param {Rule} rule */
    const ready = rule => {
      rule.findings = unique(named(rule.when, false));
      rule.calming = new Set(named(rule.when, true));
      rule.unsure = rule.unsure || AMBULANCE;
      rule.otherwise = rule.otherwise || false;
      rule.level = rule.level || Math.min(...(rule.raises || []));
    };
    [...data.presentations.flatMap(entry => entry.rules), data.fallback].forEach(ready);
    const knownAges = new Set(data.ages.map(band => band.id).filter(id => id !== UNKNOWN_AGE));

    const openers = new Map(data.presentations.map(({ id }) => [
      id, [...findings.values()].filter(finding => finding.of === id && finding.opens.length),
    ]));
    // The known complaints: those that were chosen, then what their questions opened.
    /** @param {Interview} interview */
    function complaintsOf({ complaints, answers }) {
      const known = unique(complaints.filter(name => presentations.has(name)));
      for (const name of known) {
        for (const { id, opens } of theOne(openers, name)) {
          if (has(answers, id) && answers[id] !== false) known.push(...opens.filter(opened => !known.includes(opened)));
        }
      }
      return known;
    }
    /** @param {Interview} interview @returns {Facts} */
    function factsOf(interview) {
      /** @type {Answers} */
      const answers = {};
      for (const [name, value] of Object.entries(addCourse(interview.answers, interview.course || []))) {
        if (findings.has(name)) answers[name] = checked(findingOf(name), value);
      }
      return {
        answers,
        ages: interview.age !== null && knownAges.has(interview.age) ? new Set([interview.age]) : knownAges,
        complaints: complaintsOf(interview),
        unsure: name => findingOf(name).unsure,
        supposed: new Set(),
      };
    }
    /** @param {Finding} finding @param {Answer} value @returns {Answer} */
    function checked(finding, value) {
      if (finding.kind === "yes-no") return typeof value === "boolean" ? value : null;
      if (finding.kind === "choice") {
        return value === finding.none || finding.options.some(option => option.value === value) ? value : null;
      }
      return typeof value === "number" && finding.least <= value && value <= finding.most ? value : null;
    }
    /** @param {Finding} finding @param {Set<string>} ages */
    const concerns = (finding, ages) => !finding.ages.length || finding.ages.some(band => ages.has(band));

    /** @param {Interview} interview */
    function active(interview) {
      return unique([...ALWAYS, ...complaintsOf(interview)]).flatMap(name => presentationOf(name).rules);
    }
    /** @param {Rule} rule @param {number} doubted */
    const reaches = (rule, doubted) => Math.max(rule.level, doubted, doubted ? rule.unsure : 0);

    /** @param {Rule[]} rules @param {Facts} facts @returns {Reached[]} */
    function fire(rules, facts) {
      /** @type {Reached[]} */
      const fired = [];
      for (const rule of rules) {
        const doubted = rule.raises ? NOT_MET : doubt(rule.when, facts);
        if (doubted !== NOT_MET) fired.push({ rule, doubted, level: reaches(rule, doubted) });
      }
      /** @type {((entry: Reached) => number)[]} */
      const order = [entry => entry.level, entry => Number(entry.rule.otherwise), entry => entry.doubted];
      fired.sort(by(...order));
      if (!fired.length || !fired[0].rule.otherwise) return fired.filter(entry => !entry.rule.otherwise);
      return fired.filter(entry => !entry.rule.otherwise || entry.level === fired[0].level);
    }
    /** @param {Rule[]} rules @param {Facts} facts @param {number} level */
    function raise(rules, facts, level) {
      const modifiers = rules.filter(rule => rule.raises);
      /** @type {Reached[]} */
      let raised = [];
      for (const stage of unique(modifiers.map(rule => rule.stage)).sort()) {
        /** @type {Reached[]} */
        const stepped = [];
        for (const rule of modifiers) {
          if (rule.stage !== stage || !rule.raises || !rule.raises.includes(level)) continue;
          const doubted = doubt(rule.when, facts);
          if (doubted < level) stepped.push({ rule, doubted, level: Math.max(level - 1, doubted) });
        }
        if (stepped.length) {
          stepped.sort(by(/** @param {Reached} entry */ entry => entry.level));
          level = stepped[0].level;
          raised = [...stepped, ...raised];
        }
      }
      return { level, raised };
    }
    /** @param {Reached[]} fired */
    function fallen(fired) { return fired.length ? fired[0].level : data.fallback.level; }

    /** @param {Interview} interview */
    function levelOf(interview) {
      const facts = factsOf(interview), rules = active(interview);
      return raise(rules, facts, fallen(fire(rules, facts))).level;
    }
    /** @param {Reached} deciding @param {number} level @returns {Advice} */
    function adviceOf(deciding, level) {
      const { rule } = deciding;
      if (rule.advice && deciding.level === level && level === rule.level) {
        const [owner, name] = rule.advice.split("/");
        return presentationOf(owner).advice[name];
      }
      const id = data.levels[level - 1].id;
      return presentationOf(rule.of).advice[id] || presentationOf("any").advice[id];
    }
    /** @param {Reached[]} reasons @param {Advice} advice */
    function returnToPlay(reasons, advice) {
      const every = [advice, ...reasons.map(entry => adviceOf(entry, entry.level))];
      const strictest = every.reduce((one, other) => (other.sport || 0) > (one.sport || 0) ? other : one);
      return strictest.return_to_play || null;
    }
    /** @param {Reached[]} reasons @param {Advice} advice */
    function againOf(reasons, advice) {
      const every = [advice, ...reasons.map(entry => adviceOf(entry, entry.level))].flatMap(({ again }) => again || []);
      return every.sort(by(/** @param {Again} again */ again => again.after_min))[0] || null;
    }
    /** @param {Interview} interview */
    function soonerIf(interview) {
      const chosen = complaintsOf(interview);
      return unique((chosen.length ? chosen : ["any"]).flatMap(name => presentationOf(name).sooner_if));
    }
    // Texts of the advice to somebody who gave these answers: none that contradicts or repeats one, and none twice.
    /** @param {string[]} lines @param {Facts} facts */
    function asSaid(lines, facts) {
      return unique(lines.map(line => {
        const holding = (has(data.omissions, line) ? data.omissions[line] : []).find(({ when, ages }) =>
          (!when || doubt(when, facts) === SURE) && (!ages || [...facts.ages].every(band => ages.includes(band))));
        return holding ? holding.instead || "" : line;
      })).filter(line => line);
    }
    /** @param {Facts} facts */
    const mayPlay = facts => data.sport_ages.some(band => facts.ages.has(band));
    /** @param {Finding} finding @param {Facts} facts */
    const isSettled = ({ settled_by: name }, { answers }) => name !== undefined && answers[name] === false;
    // Whether the questions of a group that asks for the same were all answered with no.
    /** @param {Finding} finding @param {Facts} facts */
    function isAsked({ asked_by: groups }, { answers }) {
      /** @param {string} name */
      const no = name => findingOf(name).kind === "yes-no" ? false : findingOf(name).none;
      return groups.some(group => group.every(name => has(answers, name) && answers[name] === no(name)));
    }
    /** @param {Rule[]} rules @param {Facts} facts @param {number} level */
    function unaskedIn(rules, facts, level) {
      /** @type {Set<string>} */
      const absent = new Set();
      for (const name of rules.flatMap(rule => rule.findings)) {
        const finding = findingOf(name);
        const settled = isSettled(finding, facts) || isAsked(finding, facts);
        const isOpen = !finding.former && !settled && concerns(finding, facts.ages);
        if (!has(facts.answers, name) && isOpen) absent.add(name);
      }
      const supposing = { ...facts, supposed: absent };
      const raised = LEVELS.map(base => raise(rules, facts, base).level);
      // What a further complaint would ask may be of any level, so the question that opens it is always worth asking.
      const opening = unique([...ALWAYS, ...facts.complaints]).flatMap(name => theOne(openers, name))
        .filter(finding => level !== AMBULANCE && !has(facts.answers, finding.id) && concerns(finding, facts.ages))
        .filter(finding => !isSettled(finding, facts));
      const unasked = new Set(opening.map(({ id }) => id));
      for (const rule of rules) {
        if (rule.raises ? !rule.raises.includes(level) : raised[rule.level - 1] >= level) continue;
        const doubted = doubt(rule.when, supposing);
        if (doubted === NOT_MET) continue;
        if ((rule.raises ? doubted : raised[reaches(rule, doubted) - 1]) < level) {
          rule.findings.filter(name => absent.has(name) && !rule.calming.has(name)).forEach(name => unasked.add(name));
        }
      }
      return [...unasked];
    }
    /** @param {Facts} facts */
    function lookAgain(facts) {
      const unsure = Object.keys(facts.answers).filter(name => facts.answers[name] === null);
      if (unsure.length < LOOK_AGAIN_FROM) return [];
      return unique(unsure.sort().map(name => findingOf(name).how).filter(how => how));
    }
    // While nobody has said which of several is so, all of them count, unless it is level 1 without them.
    /** @param {Interview} given @returns {Assessment} */
    function assess(given) {
      const waiting = (given.which || []).filter(name => !has(given.answers, name));
      const isOpen = waiting.length && levelOf(given) !== AMBULANCE;
      const counted = Object.fromEntries((isOpen ? waiting : []).map(name => [name, true]));
      const interview = { ...given, answers: { ...given.answers, ...counted } };
      const facts = factsOf(interview), rules = active(interview);
      let fired = fire(rules, facts);
      if (!fired.length) fired = [{ rule: data.fallback, doubted: SURE, level: data.fallback.level }];
      const { level, raised } = raise(rules, facts, fired[0].level);
      const advice = adviceOf(raised.length ? raised[0] : fired[0], level), all = [...raised, ...fired];
      const unasked = unaskedIn(rules, facts, level);
      return {
        level,
        disposition: data.levels[level - 1].id,
        reasons: all.map(entry => ({
          rule: entry.rule.id,
          fact: entry.rule.facts[0],
          facts: entry.rule.facts,
          because: entry.rule.because,
          verified: entry.rule.verified,
          level: entry.level,
          sure: entry.doubted === SURE,
        })),
        first_aid: asSaid(advice.first_aid, facts),
        dont: asSaid(advice.dont, facts),
        return_to_play: mayPlay(facts) ? returnToPlay(all, advice) : null,
        again: againOf(all, advice),
        sooner_if: level === AMBULANCE ? [] : asSaid(soonerIf(interview), facts),
        unasked,
        look_again: lookAgain(facts),
        reviewed: data.reviewed,
        version: data.version,
        date: data.date,
        final: level === AMBULANCE || !unasked.length,
      };
    }
    /** @param {Interview} interview */
    function calming(interview) {
      const facts = factsOf(interview), names = [];
      for (const rule of active(interview)) {
        if (rule.calming.size && doubt(rule.when, facts) !== NOT_MET) {
          names.push(...rule.findings.filter(name => rule.calming.has(name)));
        }
      }
      return unique(names).filter(name => !has(facts.answers, name) && !findingOf(name).settles);
    }
    /** @param {Interview} interview */
    function levelIfCalmed(interview) {
      const calm = Object.fromEntries(calming(interview).map(name => [name, true]));
      return levelOf({ ...interview, answers: { ...calm, ...interview.answers } });
    }
    /** @param {Interview} interview */
    function openQuestions(interview) {
      const facts = factsOf(interview), rules = active(interview);
      return [...unaskedIn(rules, facts, levelOf(interview)), ...calming(interview)];
    }
    return {
      data, findings, presentations, complaintsOf, assess, factsOf, checked, concerns, levelOf, levelIfCalmed,
      openQuestions,
    };
  };
})();
