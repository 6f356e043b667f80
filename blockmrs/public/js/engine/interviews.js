// The questions on the phone, in the order in which the server asks them, and the fields of its forms: what
// blockmrs/domain/triage/pages.py and blockmrs/services/advice/interviews.py say on the server. A test runs both side
// by side. Needs base.js.
//
// `which` of an interview: findings of which somebody said that one or more are so, but not which.
//
//   const asking = interviews(triage(rules))
//   let interview = asking.read([["sign", "none"]])          what was answered, from the fields of a form
//   asking.nextPage(interview)                               the page to ask now, or null
//   asking.carry(interview)                                  the fields that bring it to the next page
var interviews = (() => {
  "use strict";
  const { AMBULANCE, HOSPITAL, MOST_PAIN, MOST_LOOKS, CHECKS, SINGLE, PICK, ASKED, PAIN } = shared.engine;
  const { SIGNS, SIGNS_AGAIN, WHERE, WHERE_INNER, AGE, AGAIN, LOOKED_AGAIN, SAFEGUARDING, UNSURE } = shared.engine;
  const { ANSWER_PREFIX, LOOK_PREFIX, WHICH_PREFIX, SETTLE, ONE_OR_MORE, BETWEEN } = shared.engine;
  const { theOne } = base, WORDS = new Map(/** @type {[string, Answer][]} */ (Object.entries(shared.engine.ANSWERS)));

  /** @param {object} object @param {string} name */
  const has = (object, name) => Object.prototype.hasOwnProperty.call(object, name);
  /** @type {<T>(list: T[]) => T[]} */
  const unique = list => [...new Set(list)];
  /** @param {Interview} interview */
  const courseOf = interview => interview.course || [];
  /** @param {Look} look */
  const nextQuestion = look => ASKED.find(name => !has(look.answers, name));

  // Of which one or more are so, without an answer of their own yet.
  /** @param {Interview} interview */
  const waitingIn = ({ which, answers }) => (which || []).filter(name => !has(answers, name));

  class Refused extends Error {
    /** @param {string} message @param {string} field */
    constructor(message, field) { super(message); this.field = field; }
  }

  /** @param {Engine} engine @returns {Asking} */
  return engine => {
    const { data, findings, presentations, complaintsOf, assess } = engine;
    const { factsOf, checked, concerns, levelOf, levelIfCalmed, openQuestions } = engine;
    const signs = data.signs.map(sign => sign.id), words = data.words;

    // --- one row for several questions, as blockmrs/domain/triage/umbrellas.py says --------------------------------
    const { most, sizes: steps } = data.rows;
    /** @param {string} name */
    const mayBePart = name => findings.has(name) && theOne(findings, name).part;
    /** @param {string} name */
    const urgencyOf = name => theOne(findings, name).urgency;
    /** @param {string[]} names @param {number[]} sizes @returns {string[][]} */
    function rowsOf(names, sizes) {
      const parts = names.filter(mayBePart).sort((one, other) => urgencyOf(one) - urgencyOf(other));
      const made = names.filter(name => !mayBePart(name)).map(name => [name]);
      /** @param {number} place @returns {number} */
      const sharesWith = place => sizes[place] ? place : sharesWith(place - 1);
      sizes.forEach((size, place) => {
        const sharing = parts.filter(name => sharesWith(urgencyOf(name) - 1) === place);
        const count = Math.ceil(sharing.length / (size || 1));
        /** @param {number} row */
        const start = row => Math.floor(row * sharing.length / count);
        for (let row = 0; row < count; row++) made.push(sharing.slice(start(row), start(row + 1)));
      });
      if (made.length === names.length) return names.map(name => [name]);
      /** @param {string[]} row */
      const rank = ([first]) => urgencyOf(first) * names.length + names.indexOf(first);
      return made.sort((one, other) => rank(one) - rank(other));
    }
    /** @param {string[][]} pages @returns {number[]} */
    function sizesFor(pages) {
      /** @param {number[]} sizes */
      const fits = sizes => pages.flatMap(names => rowsOf(names, sizes)).length <= most;
      return steps.find(fits) || steps[steps.length - 1];
    }

    // --- the pages --------------------------------------------------------------------------------------------------
    /** @param {string} id @param {string} kind @param {string} title @param {string=} hint
     * @param {Partial<QuestionPage>=} more @returns {QuestionPage} */
    const page = (id, kind, title, hint, more) => ({
      id, kind, title, hint: hint || "", toggles: [], choices: [], findings: [], number: 0,
      may_be_unsure: true, ...more,
    });
    /** @param {Named[]} list */
    const choices = list => list.map(entry => ({ value: entry.id, label: entry.label, hint: "" }));
    /** @param {string[]} names */
    const plansOf = names => names.flatMap(name => presentations.has(name) ? theOne(presentations, name).pages : []);
    /** @param {string} name */
    const isReassuring = name => theOne(findings, name).nature === "reassuring";

    /** @param {Interview} interview @returns {QuestionPage | null} */
    function nextPage(interview) {
      const begun = courseOf(interview).map(nextQuestion).find(name => name);
      if (begun) return againPage(begun);
      interview = { ...interview, course: [] };
      if (levelOf(interview) === AMBULANCE && levelIfCalmed(interview) === AMBULANCE) return null;
      if (signs.some(sign => !has(interview.answers, sign))) {
        if (!has(interview.answers, LOOKED_AGAIN)) return signsPage(SIGNS, "");
        for (const [id, name] of Object.entries(CHECKS)) {
          if (!has(interview.answers, name)) return choicePage({ id, findings: [name] });
        }
        return signsPage(SIGNS_AGAIN, words.signs_again_hint);
      }
      return interview.complaints.length ? complaintPage(interview) : wherePage(interview);
    }
    /** @param {string} id @param {string} hint */
    function signsPage(id, hint) {
      return page(id, "signs", words.signs_title, hint, { choices: choices(data.signs), findings: signs });
    }
    /** @param {Interview} interview */
    function wherePage(interview) {
      const chosen = data.parts.find(part => part.inner && part.id === interview.answers[WHERE]);
      if (!chosen || !chosen.inner) {
        const more = { choices: choices(data.parts), number: 1 };
        return page(WHERE, "choice", words.where_title, "", more);
      }
      const more = { choices: choices(chosen.inner), number: 2 };
      return page(WHERE_INNER + chosen.id, "choice", words.where_inner_title, "", more);
    }
    /** @param {{ id: string, findings: string[] }} plan @param {number=} number */
    function choicePage(plan, number) {
      const finding = theOne(findings, plan.findings[0]);
      const labels = [["yes", words.yes], ["no", words.no], [UNSURE, words.not_sure]];
      return page(plan.id, "choice", finding.ask, finding.how, {
        choices: labels.map(([value, label]) => ({ value, label, hint: "" })),
        findings: plan.findings,
        number: number || 0,
      });
    }
    /** @param {string} name */
    function againPage(name) {
      let labels = [["yes", words.yes], ["no", words.no]];
      if (name === PAIN) labels = Array.from({ length: MOST_PAIN + 1 }, (_, pain) => [String(pain), String(pain)]);
      return page(AGAIN + name, "choice", words["again_" + name], words["again_" + name + "_how"], {
        choices: [...labels, [UNSURE, words.cant_tell]].map(([value, label]) => ({ value, label, hint: "" })),
      });
    }
    // The question below level 1 that came of a danger sign alone, or null.
    /** @param {Interview} interview @returns {QuestionPage | null} */
    function settlingPage(interview) {
      const asked = [...findings.values()].filter(({ settles }) => settles && interview.answers[settles] === true);
      const waiting = asked.map(({ id }) => id).filter(id => !has(interview.answers, id));
      const calm = withAnswers(interview, Object.fromEntries(waiting.map(id => [id, true])));
      if (!waiting.length || levelOf(interview) !== AMBULANCE || levelOf(calm) === AMBULANCE) return null;
      return choicePage({ id: SETTLE + waiting[0], findings: [waiting[0]] });
    }
    // Those of a page's findings of which one or more are so, without it having been said which.
    /** @param {Interview} interview @param {PagePlan} plan */
    function waitingOn(interview, plan) {
      const { ages } = factsOf(interview), waiting = waitingIn(interview);
      return plan.findings.filter(name => waiting.includes(name) && concerns(theOne(findings, name), ages));
    }
    /** @param {Interview} interview */
    function whichPage(interview) {
      for (const plan of waitingIn(interview).length ? inOrder(interview) : []) {
        const names = waitingOn(interview, plan);
        const asked = { ...plan, title: words.which_title, hint: "" };
        if (names.length) return togglesPage(asked, names.map(name => [name]));
      }
      return null;
    }
    /** @param {PagePlan} plan @param {string[][]} rows */
    function togglesPage(plan, rows) {
      const names = new Set(rows.flat());
      const more = { toggles: rows.flatMap(togglesOf), findings: plan.findings.filter(name => names.has(name)) };
      return page(plan.id, "toggles", plan.title, plan.hint, more);
    }
    // How many questions one row may stand for: more than one only where several complaints show too many.
    /** @param {Interview} interview @param {Set<string>} worthwhile */
    function sizesIn(interview, worthwhile) {
      if (complaintsOf(interview).length < 2) return sizesFor([]);
      const known = new Set([...worthwhile, ...Object.keys(interview.answers)]), counted = new Set();
      return sizesFor(inOrder(interview).map(plan => {
        const names = shownOf(interview, plan, known).filter(name => !counted.has(name));
        names.forEach(name => counted.add(name));
        return names.length && isReassuring(names[0]) ? names.slice(0, 1) : names;
      }));
    }
    /** @param {Interview} interview */
    function complaintPage(interview) {
      const number = pageNumber(interview), which = whichPage(interview), worthwhile = worthwhileIn(interview);
      if (which) return { ...which, number };
      for (const plan of inOrder(interview)) {
        if (plan.id === AGE) {
          if (interview.age === null) {
            const bands = data.ages.map(({ id, button }) => ({ value: id, label: button, hint: "" }));
            return page(AGE, "choice", plan.title, plan.hint, { choices: bands, number });
          }
          continue;
        }
        const shown = shownOf(interview, plan, worthwhile);
        if (!shown.length) continue;
        if (isReassuring(shown[0])) return choicePage(plan, number);
        return { ...togglesPage(plan, rowsOf(shown, sizesIn(interview, worthwhile))), number };
      }
      return null;
    }
    // How to understand it; how to look is left out beside other labels.
    /** @param {Finding} finding */
    const howOf = finding => finding.how_alone ? "" : finding.how;
    /** @param {string[]} row @returns {Toggle[]} */
    function togglesOf(row) {
      const [finding, ...others] = row.map(name => theOne(findings, name)), { id } = finding, hint = howOf(finding);
      if (others.length) {
        const parts = [finding, ...others].map(known => ({ label: known.label, hint: howOf(known) }));
        return [{ value: ONE_OR_MORE + ":" + row.join(BETWEEN), label: words.one_or_more, hint: "", parts }];
      }
      if (finding.kind === "yes-no") return [{ value: id + ":yes", label: finding.label, hint, parts: [] }];
      return finding.options.map(({ value, label }, place) => ({
        value: id + ":" + value, label, hint: place ? "" : hint, parts: [],
      }));
    }
    /** @param {Interview} interview */
    function worthwhileIn(interview) {
      const bands = interview.age === null ? data.ages.map(band => band.id) : [interview.age];
      return new Set(bands.flatMap(age => openQuestions({ ...interview, age })));
    }
    /** @param {Interview} interview @param {PagePlan} plan @param {Set<string>} worthwhile */
    function shownOf(interview, plan, worthwhile) {
      const { ages } = factsOf(interview);
      /** @param {string} name */
      const isTelling = name => theOne(findings, name).policy === SAFEGUARDING && !has(interview.answers, name);
      return plan.findings.filter(
        name => (worthwhile.has(name) || isTelling(name)) && concerns(theOne(findings, name), ages));
    }
    /** @param {Interview} interview @param {PagePlan} plan */
    function shownFindings(interview, plan) {
      const asked = { ...interview, course: [] }, waiting = waitingOn(asked, plan);
      return waiting.length ? waiting : shownOf(asked, plan, worthwhileIn(asked));
    }
    /** @param {Interview} interview @returns {PagePlan[]} */
    function inOrder(interview) {
      /** @type {[number, PagePlan][]} */
      const before = [], /** @type {[number, PagePlan][]} */ after = [];
      for (const complaint of complaintsOf(interview)) {
        const plans = theOne(presentations, complaint).pages, turn = plans.findIndex(plan => plan.id === AGE);
        plans.forEach((plan, place) => {
          if (place < turn) before.push([place, plan]); else after.push([place - turn, plan]);
        });
      }
      const ranked = [before, after].flatMap(rows => rows.sort((one, other) => one[0] - other[0]));
      const plans = [...new Map(ranked.map(([, plan]) => [plan.id, plan])).values()], level = levelOf(interview);
      const soothe = level <= HOSPITAL && levelIfCalmed(interview) !== level;
      return soothe ? [...plans.filter(plan => plan.findings.some(isReassuring)), ...plans] : plans;
    }
    /** @param {Interview} interview */
    function pageNumber(interview) {
      /** @param {PagePlan} plan */
      const isDone = plan => plan.findings.some(name => has(interview.answers, name));
      const done = new Set(plansOf(complaintsOf(interview)).filter(isDone).map(plan => plan.id));
      return 2 + Number(has(interview.answers, WHERE)) + done.size + Number(interview.age !== null);
    }
    /** @param {Finding} finding */
    const absence = finding => finding.kind === "yes-no" ? false : finding.none;
    /** @param {Interview} interview @param {string[]} names @param {boolean} unsure */
    function answerAll(interview, names, unsure) {
      const rest = names.map(name => [name, unsure ? null : absence(theOne(findings, name))]);
      return withAnswers(interview, Object.fromEntries(rest));
    }
    /** @param {Interview} interview @param {Answers} answers @returns {Interview} */
    function withAnswers(interview, answers) {
      return { ...interview, answers: { ...interview.answers, ...answers } };
    }

    // --- the fields of a form ---------------------------------------------------------------------------------------
    /** @param {string} name */
    const isCarried = name => [ANSWER_PREFIX, LOOK_PREFIX, WHICH_PREFIX].some(prefix => name.startsWith(prefix));
    /** @param {string} name */
    const isMine = name => SINGLE.includes(name) || name === PICK || isCarried(name);

    /** @param {Pair[]} fields @returns {Interview} */
    function read(fields) {
      const values = new Map(), picks = [];
      for (const [name, value] of fields) {
        if (name === PICK ? picks.includes(value) : values.has(name)) throw new Refused("there twice", name);
        if (!isMine(name)) throw new Refused("unknown", name);
        if (name === PICK) picks.push(value); else values.set(name, value);
      }
      const interview = carried(values);
      if (values.has("sign")) return afterSign(interview, values.get("sign"));
      if (values.has("page")) return afterPage(interview, values, picks);
      if (values.has("look")) {
        if (values.get("look") !== "again") throw new Refused("unknown", "look");
        return beginLook(interview);
      }
      if (values.has("choose") || values.has("answer") || picks.length) throw new Refused("no page", "page");
      return interview;
    }
    /** @param {Map<string, string>} values @returns {Interview} */
    function carried(values) {
      /** @type {Answers} */
      const answers = {};
      for (const [field, text] of values) {
        if (!field.startsWith(ANSWER_PREFIX)) continue;
        const name = field.slice(ANSWER_PREFIX.length);
        answers[name] = parse(name, text);
      }
      const age = values.get("age") ?? null;
      if (age !== null && !data.ages.some(band => band.id === age)) throw new Refused("unknown", "age");
      const listed = values.get("complaints"), complaints = listed === undefined ? [] : listed.split(",");
      if (!complaints.every(name => presentations.has(name)) || unique(complaints).length !== complaints.length) {
        throw new Refused("unknown", "complaints");
      }
      return { age, complaints, answers, course: readCourse(values), which: readWhich(values) };
    }
    /** @param {Map<string, string>} values */
    function readWhich(values) {
      const fields = [...values.keys()].filter(field => field.startsWith(WHICH_PREFIX));
      return fields.map(field => {
        if (values.get(field) !== "yes") throw new Refused("no answer", field);
        return partNamed(field.slice(WHICH_PREFIX.length), field);
      });
    }
    // A finding for which a row of several may stand.
    /** @param {string} name @param {string} field */
    function partNamed(name, field) {
      if (!mayBePart(name)) throw new Refused("unknown", field);
      return name;
    }
    /** @param {Map<string, string>} values @returns {Look[]} */
    function readCourse(values) {
      /** @type {Map<number, Look>} */
      const looks = new Map();
      for (const [field, text] of values) {
        if (!field.startsWith(LOOK_PREFIX)) continue;
        const [count, name, ...more] = field.slice(LOOK_PREFIX.length).split(".");
        if (!/^[1-9][0-9]?$/.test(count) || !ASKED.includes(name) || more.length) throw new Refused("unknown", field);
        const number = Number(count), look = looks.get(number) || { number, answers: {} };
        look.answers[name] = parseLook(name, text);
        looks.set(number, look);
      }
      if (looks.size > MOST_LOOKS) throw new Refused("too many", "look");
      return [...looks.values()].sort((one, other) => one.number - other.number);
    }
    /** @param {string} name @param {string} text @returns {Answer} */
    function parseLook(name, text) {
      if (text === UNSURE) return null;
      if (name === PAIN && /^[0-9]{1,2}$/.test(text) && Number(text) <= MOST_PAIN) return Number(text);
      const answer = WORDS.get(text);
      if (name !== PAIN && answer !== undefined) return answer;
      throw new Refused("no answer", name);
    }
    /** @param {Interview} interview @returns {Interview} */
    function beginLook(interview) {
      const course = courseOf(interview);
      if (course.some(nextQuestion) || course.length >= MOST_LOOKS) return interview;
      const number = Math.max(0, ...course.map(look => look.number)) + 1;
      return { ...interview, course: [...course, { number, answers: {} }] };
    }
    /** @param {Interview} interview @param {string} name @param {string | undefined} choose @returns {Interview} */
    function takeLook(interview, name, choose) {
      const answer = parseLook(name, choose || ""), course = courseOf(beginLook(interview));
      const taken = course.find(nextQuestion);
      if (!taken) throw new Refused("too many", "look");
      const now = { number: taken.number, answers: { ...taken.answers, [name]: answer } };
      return { ...interview, course: course.map(look => look === taken ? now : look) };
    }
    /** @param {string} name @param {string} text @returns {Answer} */
    function parse(name, text) {
      const finding = findings.get(name);
      if (!finding) throw new Refused("unknown", name);
      if (text === UNSURE) return null;
      const answer = WORDS.get(text);
      if (finding.kind === "yes-no" && answer !== undefined) return answer;
      if (finding.kind === "choice" && checked(finding, text) !== null) return text;
      if (finding.kind === "number" && /^[0-9]{1,9}$/.test(text)) return checked(finding, Number(text));
      throw new Refused("no answer", name);
    }
    /** @param {Interview} interview @param {string} sign @returns {Interview} */
    function afterSign(interview, sign) {
      const open = signs.filter(name => interview.answers[name] !== true);
      if (sign === "none") return answerAll(interview, open, false);
      if (sign === UNSURE) {
        if (!has(interview.answers, LOOKED_AGAIN)) return withAnswers(interview, { [LOOKED_AGAIN]: true });
        return answerAll(interview, open, true);
      }
      const danger = data.signs.find(entry => entry.id === sign);
      if (!danger) throw new Refused("unknown", "sign");
      const complaints = unique([...interview.complaints, danger.presentation]);
      // Tapped once more, a sign stands again: what had settled it is asked anew.
      const settling = [...findings.values()].filter(({ settles }) => settles === sign).map(({ id }) => id);
      const kept = Object.entries(interview.answers).filter(([name]) => !settling.includes(name));
      return { ...withAnswers({ ...interview, answers: Object.fromEntries(kept) }, { [sign]: true }), complaints };
    }
    /** @param {Interview} interview @param {Map<string, string>} values @param {string[]} picks @returns {Interview} */
    function afterPage(interview, values, picks) {
      const name = values.get("page") || "", choose = values.get("choose");
      if (choose !== undefined && picks.length) throw new Refused("one or the other", "pick");
      if (name === SIGNS || name === SIGNS_AGAIN) throw new Refused("a sign is tapped", "page");
      if (name === WHERE) return at(interview, data.parts, choose);
      const question = ASKED.find(asked => AGAIN + asked === name);
      if (question) return takeLook(interview, question, choose);
      const place = data.parts.find(part => part.inner && WHERE_INNER + part.id === name);
      if (place && place.inner) return at(interview, place.inner, choose);
      if (name === AGE) return withAge(interview, choose);
      const settling = name.startsWith(SETTLE) ? findings.get(name.slice(SETTLE.length)) : undefined;
      if (settling && settling.settles) return withWord(interview, settling.id, choose);
      const check = new Map(Object.entries(CHECKS)).get(name);
      return check === undefined ? afterPlan(interview, name, values, picks) : withWord(interview, check, choose);
    }
    // After a page about one complaint.
    /** @param {Interview} interview @param {string} id @param {Map<string, string>} values @param {string[]} picks */
    function afterPlan(interview, id, values, picks) {
      const plan = plansOf([...presentations.keys()]).find(entry => entry.id === id && entry.findings.length);
      if (!plan) throw new Refused("unknown", "page");
      if (isReassuring(plan.findings[0])) return withWord(interview, plan.findings[0], values.get("choose"));
      return ticked(interview, plan, values.get("answer") || "", picks);
    }
    /** @param {Interview} interview @param {string | undefined} choose @returns {Interview} */
    function withAge(interview, choose) {
      const band = data.ages.find(({ id }) => id === choose);
      if (!band) throw new Refused("unknown", "choose");
      return { ...interview, age: band.id };
    }
    /** @param {Interview} interview @param {BodyPart[]} parts @param {string | undefined} choose
     * @returns {Interview} */
    function at(interview, parts, choose) {
      const part = parts.find(entry => entry.id === choose);
      if (!part) throw new Refused("unknown", "choose");
      if (part.inner) return withAnswers(interview, { [WHERE]: part.id });
      return { ...interview, complaints: unique([...interview.complaints, ...part.opens]) };
    }
    /** @param {Interview} interview @param {string} name @param {string | undefined} choose */
    function withWord(interview, name, choose) {
      const answer = WORDS.get(choose || "");
      if (answer === undefined) throw new Refused("unknown", "choose");
      return withAnswers(interview, { [name]: answer });
    }
    /** @param {Interview} interview @param {PagePlan} plan @param {string} answer @param {string[]} picks */
    function ticked(interview, plan, answer, picks) {
      if (!["next", "none", UNSURE].includes(answer)) throw new Refused("unknown", "answer");
      if (answer === "next" && !picks.length) throw new Refused("nothing was ticked", "pick");
      /** @type {Answers} */
      const chosen = {}, several = ONE_OR_MORE + ":";
      const which = unique(picks.filter(pick => pick.startsWith(several))
        .flatMap(pick => pick.slice(several.length).split(BETWEEN).map(name => partNamed(name, PICK))));
      for (const pick of picks.filter(one => !one.startsWith(several))) {
        const cut = pick.indexOf(":"), name = cut < 0 ? pick : pick.slice(0, cut);
        const value = parse(name, cut < 0 ? "" : pick.slice(cut + 1)), finding = theOne(findings, name);
        chosen[name] = has(chosen, name) ? worse(finding, chosen[name], value) : value;
      }
      let rest = shownFindings(interview, plan).filter(name => !has(chosen, name) && !which.includes(name));
      const others = rest.filter(name => !theOne(findings, name).policy);
      const isSecond = plan.findings.some(name => interview.answers[name] === null);
      if (answer === UNSURE && !isSecond && others.length) rest = others;
      const every = unique([...interview.which || [], ...which]);
      return { ...withAnswers(answerAll(interview, rest, answer === UNSURE), chosen), which: every };
    }
    /** @param {Finding} finding @param {Answer} one @param {Answer} other */
    function worse(finding, one, other) {
      /** @param {Answer} value */
      const rank = value => {
        const place = finding.options.findIndex(option => option.value === value);
        return place < 0 ? finding.options.length : place;
      };
      return rank(other) < rank(one) ? other : one;
    }
    /** @param {Answer} value */
    const asText = value => value === null ? UNSURE : value === true ? "yes" : value === false ? "no" : String(value);
    /** @param {Interview} interview @returns {Pair[]} */
    function carry(interview) {
      /** @type {Pair[]} */
      const fields = [];
      for (const [name, value] of Object.entries(interview.answers)) fields.push([ANSWER_PREFIX + name, asText(value)]);
      if (interview.age !== null) fields.push(["age", interview.age]);
      if (interview.complaints.length) fields.push(["complaints", interview.complaints.join(",")]);
      for (const name of interview.which || []) fields.push([WHICH_PREFIX + name, "yes"]);
      for (const look of courseOf(interview)) {
        for (const [name, value] of Object.entries(look.answers)) {
          fields.push([LOOK_PREFIX + look.number + "." + name, asText(value)]);
        }
      }
      return fields;
    }
    /** @param {string} id */
    const placeOf = id => (findings.get(id) || { of: "" }).of;
    /** @param {Interview} interview @param {string} name @returns {Interview} */
    function without(interview, name) {
      if (name === "age") return { ...interview, age: null };
      if (name.startsWith(LOOK_PREFIX)) {
        const course = courseOf(interview).filter(look => LOOK_PREFIX + look.number !== name);
        if (course.length === courseOf(interview).length) throw new Refused("unknown", name);
        return beginLook({ ...interview, course });
      }
      if (name !== "complaints" && !findings.has(name)) throw new Refused("unknown", name);
      const isTaken = name === "complaints"
        ? (/** @type {string} */ id) => id === WHERE || interview.complaints.includes(placeOf(id))
        : (/** @type {string} */ id) => id === name;
      const answers = Object.fromEntries(Object.entries(interview.answers).filter(([id]) => !isTaken(id)));
      const isAll = name === "complaints", which = isAll ? [] : (interview.which || []).filter(id => id !== name);
      return { ...interview, complaints: isAll ? [] : interview.complaints, answers, which };
    }
    /** @param {Finding} finding @param {Answer} value */
    function inWords(finding, value) {
      if (value === null) return words.not_sure;
      if (typeof value === "boolean") return value ? words.yes : words.no;
      const isNumber = typeof value === "number";
      const option = finding.options.find(entry => value === entry.value || (isNumber && value >= Number(entry.value)));
      return option ? option.label : words.no;
    }
    /** @param {Interview} interview @param {boolean} allAnswers */
    function seen(interview, allAnswers) {
      /** @type {Row[]} */
      const rows = [], waiting = waitingIn(interview).map(name => [name, null]);
      /** @type {Answers} */
      const answers = { ...Object.fromEntries(waiting), ...interview.answers };
      for (const [id, finding] of findings) {
        if (!has(answers, id) || finding.nature === "note") continue;
        const value = answers[id], usual = finding.nature === "reassuring" ? true : absence(finding);
        if (allAnswers || value === null || value !== usual) {
          rows.push({ finding: id, label: finding.label, answer: inWords(finding, value) });
        }
      }
      return rows;
    }
    return {
      data, presentations, signs, isMine, assess, nextPage, settlingPage, read, carry, without, seen, shownFindings,
      answerAll,
    };
  };
})();
