// The triage engine on the phone: the compiled rules in, advice and what is still worth asking out. It says exactly what
// the engine on the server says (blockmrs/domain/triage/engine.py, conditions.py and course.py, whose names it uses); a
// test runs both side by side. Pure: no clock, no page, nothing stored. Needs base.js. docs/offline.md describes the rules' file.
//
//   const engine = triage(rules)
//   engine.assess(interview)                                 the advice for what was answered so far
//   engine.openQuestions(interview)                          what could still change it
//
// An interview is {age, complaints, answers, course}. An absent answer is "not asked", null is "can't tell"; `course` are
// the looks since then ("Check again"), each {number, answers}. interviews.js asks its questions.
var triage = (() => {
  "use strict";
  const { RULES_FORMAT, SURE, NOT_MET, AMBULANCE, LEVELS, ALWAYS, UNKNOWN_AGE } = shared.engine;
  const { LOOK_AGAIN_FROM, FOUND, WORSE, PAIN } = shared.engine;

  const has = (object, name) => Object.prototype.hasOwnProperty.call(object, name);
  const unique = list => [...new Set(list)];
  const by = (...keys) => (one, other) => {
    for (const key of keys) if (key(one) !== key(other)) return key(one) - key(other);
    return 0;
  };

  // Conditions: the doubt with which the facts meet one, 0 surely, 5 not at all.
  const doubts = {
    is: ([name, values], facts) => answered(name, facts, answer => values.includes(answer)),
    at_least: ([name, number], facts) => answered(name, facts, answer => answer >= number),
    not_reassured: (names, facts) => names.every(name => facts.answers[name] === true) ? NOT_MET : SURE,
    age: (bands, facts) => bands.some(band => facts.ages.has(band)) ? SURE : NOT_MET,
    complaint: (names, facts) => names.some(name => facts.complaints.includes(name)) ? SURE : NOT_MET,
    all: (parts, facts) => parts.reduce((most, part) => Math.max(most, doubt(part, facts)), SURE),
    any: (parts, facts) => parts.reduce((least, part) => Math.min(least, doubt(part, facts)), NOT_MET),
  };
  function answered(name, facts, isMet) {
    if (!has(facts.answers, name)) return facts.supposed.has(name) ? SURE : NOT_MET;
    const answer = facts.answers[name];
    if (answer === null) return facts.unsure(name);
    return isMet(answer) ? SURE : NOT_MET;
  }
  function doubt(condition, facts) {
    const kind = Object.keys(condition)[0];
    return doubts[kind](condition[kind], facts);
  }
  // The findings that a condition names, and those of them that only ever calm it down.
  function named(condition, calm) {
    const kind = Object.keys(condition)[0], value = condition[kind];
    if (kind === "all" || kind === "any") return value.flatMap(part => named(part, calm));
    if (kind === "not_reassured") return value;
    return (kind === "is" || kind === "at_least") && !calm ? [value[0]] : [];
  }

  // Looks: what each found counts as the finding that the rules have for it; no answer becomes a calmer one.
  function addCourse(answers, course) {
    const found = { ...answers };
    let before = null;
    for (const look of course) {
      for (const [name, finding] of Object.entries(FOUND)) {
        if (has(look.answers, name) && look.answers[name] !== true && found[finding] !== false) {
          found[finding] = look.answers[name];
        }
      }
      const isTold = has(look.answers, PAIN), pain = isTold ? look.answers[PAIN] : null;
      if (before !== null && isTold && found[WORSE] !== true) {
        if (pain === null) found[WORSE] = null;
        else if (pain > before) found[WORSE] = true;
      }
      if (pain !== null) before = pain;
    }
    return found;
  }

  return data => {
    if (data.format !== RULES_FORMAT) throw new Error("rules of another format");
    const findings = new Map(data.findings.map(found => [found.id, {
      kind: "yes-no", nature: "danger", how: "", unsure: AMBULANCE, ages: [], options: [], ...found,
    }]));
    const presentations = new Map(data.presentations.map(found => [found.id, found]));
    const ready = rule => {
      rule.findings = unique(named(rule.when, false));
      rule.calming = new Set(named(rule.when, true));
      rule.unsure = rule.unsure || AMBULANCE;
      rule.otherwise = rule.otherwise || false;
      rule.level = rule.level || Math.min(...rule.raises);
    };
    [...data.presentations.flatMap(found => found.rules), data.fallback].forEach(ready);
    const knownAges = new Set(data.ages.map(band => band.id).filter(id => id !== UNKNOWN_AGE));

    function factsOf(interview) {
      const answers = {};
      for (const [name, value] of Object.entries(addCourse(interview.answers, interview.course || []))) {
        if (findings.has(name)) answers[name] = checked(findings.get(name), value);
      }
      return {
        answers,
        ages: knownAges.has(interview.age) ? new Set([interview.age]) : knownAges,
        complaints: interview.complaints,
        unsure: name => findings.get(name).unsure,
        supposed: new Set(),
      };
    }
    function checked(finding, value) {
      if (finding.kind === "yes-no") return typeof value === "boolean" ? value : null;
      if (finding.kind === "choice") {
        return value === finding.none || finding.options.some(option => option.value === value) ? value : null;
      }
      return typeof value === "number" && finding.least <= value && value <= finding.most ? value : null;
    }
    const concerns = (finding, ages) => !finding.ages.length || finding.ages.some(band => ages.has(band));

    function active(interview) {
      const chosen = interview.complaints.filter(name => presentations.has(name) && !ALWAYS.includes(name));
      return unique([...ALWAYS, ...chosen]).flatMap(name => presentations.get(name).rules);
    }
    const reaches = (rule, doubted) => Math.max(rule.level, doubted, doubted ? rule.unsure : 0);

    function fire(rules, facts) {
      const fired = [];
      for (const rule of rules) {
        const doubted = rule.raises ? NOT_MET : doubt(rule.when, facts);
        if (doubted !== NOT_MET) fired.push({ rule, doubted, level: reaches(rule, doubted) });
      }
      fired.sort(by(entry => entry.level, entry => Number(entry.rule.otherwise), entry => entry.doubted));
      if (!fired.length || !fired[0].rule.otherwise) return fired.filter(entry => !entry.rule.otherwise);
      return fired.filter(entry => !entry.rule.otherwise || entry.level === fired[0].level);
    }
    function raise(rules, facts, level) {
      const modifiers = rules.filter(rule => rule.raises);
      let raised = [];
      for (const stage of unique(modifiers.map(rule => rule.stage)).sort()) {
        const stepped = [];
        for (const rule of modifiers) {
          if (rule.stage !== stage || !rule.raises.includes(level)) continue;
          const doubted = doubt(rule.when, facts);
          if (doubted < level) stepped.push({ rule, doubted, level: Math.max(level - 1, doubted) });
        }
        if (stepped.length) {
          stepped.sort(by(entry => entry.level));
          level = stepped[0].level;
          raised = [...stepped, ...raised];
        }
      }
      return { level, raised };
    }
    function fallen(fired) { return fired.length ? fired[0].level : data.fallback.level; }

    function levelOf(interview) {
      const facts = factsOf(interview), rules = active(interview);
      return raise(rules, facts, fallen(fire(rules, facts))).level;
    }
    function adviceOf(deciding, level) {
      const { rule } = deciding;
      if (rule.advice && deciding.level === level && level === rule.level) {
        const [owner, name] = rule.advice.split("/");
        return presentations.get(owner).advice[name];
      }
      const id = data.levels[level - 1].id;
      return presentations.get(rule.of).advice[id] || presentations.get("any").advice[id];
    }
    function returnToPlay(kept, advice) {
      const said = [advice, ...kept.map(entry => adviceOf(entry, entry.level))];
      const most = said.reduce((one, other) => (other.sport || 0) > (one.sport || 0) ? other : one);
      return most.return_to_play || null;
    }
    function againOf(kept, advice) {
      const asked = [advice, ...kept.map(entry => adviceOf(entry, entry.level))].map(said => said.again);
      return asked.filter(again => again).sort(by(again => again.after_min))[0] || null;
    }
    function soonerIf(interview) {
      const chosen = interview.complaints.filter(name => presentations.has(name));
      return unique((chosen.length ? chosen : ["any"]).flatMap(name => presentations.get(name).sooner_if));
    }
    function unaskedIn(rules, facts, level) {
      const absent = new Set();
      for (const name of rules.flatMap(rule => rule.findings)) {
        const finding = findings.get(name);
        const settled = finding.settled_by && facts.answers[finding.settled_by] === false;
        if (!has(facts.answers, name) && concerns(finding, facts.ages) && !settled) absent.add(name);
      }
      const supposing = { ...facts, supposed: absent };
      const raised = LEVELS.map(base => raise(rules, facts, base).level);
      const found = new Set();
      for (const rule of rules) {
        if (rule.raises ? !rule.raises.includes(level) : raised[rule.level - 1] >= level) continue;
        const doubted = doubt(rule.when, supposing);
        if (doubted === NOT_MET) continue;
        if ((rule.raises ? doubted : raised[reaches(rule, doubted) - 1]) < level) {
          rule.findings.filter(name => absent.has(name) && !rule.calming.has(name)).forEach(name => found.add(name));
        }
      }
      return [...found];
    }
    function lookAgain(facts) {
      const unsure = Object.keys(facts.answers).filter(name => facts.answers[name] === null);
      if (unsure.length < LOOK_AGAIN_FROM) return [];
      return unique(unsure.sort().map(name => findings.get(name).how).filter(how => how));
    }
    function assess(interview) {
      const facts = factsOf(interview), rules = active(interview);
      let fired = fire(rules, facts);
      if (!fired.length) fired = [{ rule: data.fallback, doubted: SURE, level: data.fallback.level }];
      const { level, raised } = raise(rules, facts, fired[0].level);
      const advice = adviceOf(raised.length ? raised[0] : fired[0], level), kept = [...raised, ...fired];
      const unasked = unaskedIn(rules, facts, level);
      return {
        level,
        disposition: data.levels[level - 1].id,
        reasons: kept.map(entry => ({
          rule: entry.rule.id,
          fact: entry.rule.facts[0],
          facts: entry.rule.facts,
          because: entry.rule.because,
          verified: entry.rule.verified,
          level: entry.level,
          sure: entry.doubted === SURE,
        })),
        first_aid: advice.first_aid,
        dont: advice.dont,
        return_to_play: returnToPlay(kept, advice),
        again: againOf(kept, advice),
        sooner_if: level === AMBULANCE ? [] : soonerIf(interview),
        unasked,
        look_again: lookAgain(facts),
        reviewed: data.reviewed,
        version: data.version,
        date: data.date,
        final: level === AMBULANCE || !unasked.length,
      };
    }
    function calming(interview) {
      const facts = factsOf(interview), found = [];
      for (const rule of active(interview)) {
        if (rule.calming.size && doubt(rule.when, facts) !== NOT_MET) {
          found.push(...rule.findings.filter(name => rule.calming.has(name)));
        }
      }
      return unique(found).filter(name => !has(facts.answers, name));
    }
    function levelIfCalmed(interview) {
      const calm = Object.fromEntries(calming(interview).map(name => [name, true]));
      return levelOf({ ...interview, answers: { ...calm, ...interview.answers } });
    }
    function openQuestions(interview) {
      const facts = factsOf(interview), rules = active(interview);
      return [...unaskedIn(rules, facts, levelOf(interview)), ...calming(interview)];
    }
    return { data, findings, presentations, assess, factsOf, checked, concerns, levelOf, levelIfCalmed, openQuestions };
  };
})();
