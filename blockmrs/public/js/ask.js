// The questions and the advice under /field without a request: each form is answered here, by triage.js and
// interviews.js, in the server's own markup (templates/field/blank.xhtml). What this does not understand goes to the
// server. docs/offline.md has more.
(() => {
  "use strict";
  const OLDEST_S = 7 * 24 * 3600, MOST_KEPT = 60, MOST_STEPS = 80, MOST_LOOKS = 15;
  const AGO = ["0", "5", "15", "30"], OWN = ["started", "hurt", "ago", "was", "trail", "change"];
  const isCarried = ([name]) => name === "age" || name === "complaints" || /^(a|again)\./.test(name);
  const script = document.currentScript;
  const root = document.documentElement, main = document.getElementById("main");
  const original = [...main.childNodes], title = document.title;
  const all = (selector, within) => [...within.querySelectorAll(selector)];
  const now = () => Math.floor(Date.now() / 1000);
  const state = () => history.state || {};
  let engine = null, blanks = null;

  // from a form's fields to a page, as controllers/field.py does
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
      hurt: AGO.includes(ago) ? latest - 60 * Number(ago) : believed(given.get("hurt"), latest),
      was: ["1", "2", "3", "4"].includes(was) ? Number(was) : null,
      trail: pairs.filter(([name]) => name === "trail").map(([, value]) => value).slice(0, MOST_STEPS),
      kept: pairs.filter(([name]) => name.startsWith("r-")).slice(0, MOST_KEPT),
    };
  }
  function after(journey, before, carried) {
    const had = new Set(before.map(pair => pair.join("\n")));
    const added = [...new Set(carried.filter(pair => !had.has(pair.join("\n"))).map(([name]) => name))];
    return added.length ? { ...journey, trail: [...journey.trail, now() + " " + added.join(" ")] } : journey;
  }
  const pairsOf = journey => [
    ...(journey.hurt === null ? [] : [["hurt", String(journey.hurt)]]),
    ...(journey.was === null ? [] : [["was", String(journey.was)]]),
    ...journey.trail.map(entry => ["trail", entry]),
    ...journey.kept,
  ];
  function wayBack(carried, journey) {
    if (journey.trail.length < 2) return [];
    const last = journey.trail[journey.trail.length - 1].split(" ");
    const earlier = { ...journey, trail: journey.trail.slice(0, -1) };
    return [
      ...carried.filter(([name]) => !last.includes(name)), ...pairsOf(earlier), ["started", String(journey.started)],
    ];
  }
  function understood(pairs) {
    // What is said of a record ("I feel ill") is for the server, too.
    const isKnown = name => engine.isMine(name) || OWN.includes(name) || (name.startsWith("r-") && name !== "r-for");
    const unknown = pairs.find(([name]) => !isKnown(name));
    if (unknown) throw unknown;
    const mine = pairs.filter(([name]) => engine.isMine(name));
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
    const kind = page.kind + (error ? "-error" : "");
    const values = { ...page, carried: whole, started: journey.started, back };
    return filled(kind, { ...values, first: !back.length, step: page.number + 1, isWhere: page.id === "where" });
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
  function looksOf(interview, times) {
    const words = blanks.words, whole = (interview.course || []).filter(look => "pain" in look.answers);
    return whole.map(({ number, answers: { awake, breathing, pain } }) => {
      const field = "again." + number, at = ["awake", "breathing", "pain"].map(name => times.get(field + "." + name) || 0);
      const latest = new Date(1000 * Math.max(...at)), isTold = Math.max(...at) > 0;
      const hurts = pain === null ? words.painNull : words.pain.replace("%(number)s", pain);
      const said = [words[key("awake", awake)], words[key("breathing", breathing)], hurts];
      const time = isTold ? two(latest.getHours()) + ":" + two(latest.getMinutes()) : words.noTime;
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
    const withheld = policies.filter(policy => blanks.words.withheld.split(" ").includes(policy.id));
    const isOffered = withheld.length && withheld.every(policy => policy.parent);
    return {
      policies,
      withheld,
      crisis: policies.some(policy => policy.id === "mental_health"),
      parent_words: isOffered ? withheld[0].parent : "",
      may_text: !withheld.length,
    };
  }
  function advice(interview, journey, carried) {
    const found = engine.assess(interview), onward = { ...journey, was: found.level };
    const back = wayBack(carried, onward), seen = engine.seen(interview, false);
    const said = new Set(seen.map(row => row.finding));
    const because = found.reasons.filter((reason, place) => reason.sure || !place)
      .map(reason => reason.sure ? reason.because : blanks.words.careful);
    const times = answeredAt(journey), looks = looksOf(interview, times);
    const isChanged = journey.was !== null && journey.was !== found.level;
    return filled("result-" + found.level, {
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
    });
  }
  function otherAnswers(interview, said) {
    const place = engine.presentations.get(interview.complaints[0]).title;
    const rows = [{ finding: "complaints", label: blanks.words.complaints, answer: place }];
    const age = engine.data.ages.find(band => band.id === interview.age);
    if (age) rows.push({ finding: "age", label: blanks.words.age, answer: age.label });
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

  // the server's markup, filled
  function filled(kind, values) {
    const blank = blanks.pages.get(kind), content = document.importNode(blank.content, true);
    ticks(content, values);
    fillChildren(content, values);
    all("fieldset.picks", content).forEach((group, place) => {
      const about = ["h-pick", "e-pick"].filter(id => content.querySelector("#" + id)).join(" ");
      if (about) group.setAttribute("aria-describedby", about); else group.removeAttribute("aria-describedby");
      all("input", group).forEach((input, number) => { input.id = "f-pick" + (number ? "-" + number : ""); });
    });
    all("[data-from]", content).forEach(line => {
      line.setAttribute("data-from", values.since);
      line.setAttribute("data-min", values.again.after_min);
    });
    all("[data-since]", content).forEach(line => line.setAttribute("data-since", values.injured));
    return { content, title: inWords(blank.getAttribute("data-title"), values) };
  }
  // Rows of parts that other pages use too, and that know nothing of blank pages.
  function ticks(content, values) {
    all("form.words", content).forEach(form => form.setAttribute("data-if", "isWhere"));
    all(".who-told li", content).forEach(row => row.setAttribute("data-each", "policies"));
    all("label.pick", content).forEach(row => row.setAttribute("data-each", "toggles"));
    all("#h-pick, label.pick .hint", content).forEach(hint => hint.setAttribute("data-if", "hint"));
  }
  const inWords = (text, values) => text.replace(/\{\{(\w+)\}\}/g, (place, name) => name in values ? values[name] : place);
  const isThere = value => Array.isArray(value) ? value.length > 0 : Boolean(value);

  function fillChildren(parent, values) {
    for (const child of [...parent.childNodes]) {
      if (child.nodeType === 3) child.data = inWords(child.data, values);
      else if (child.nodeType === 1) fillElement(child, values);
    }
  }
  function fillElement(element, values) {
    const when = element.getAttribute("data-if"), each = element.getAttribute("data-each");
    element.removeAttribute("data-if");
    element.removeAttribute("data-each");
    if (when && !isThere(values[when])) { element.remove(); return; }
    if (each) {
      for (const item of values[each]) {
        const copy = element.cloneNode(true);
        element.before(copy);
        fillElement(copy, typeof item === "string" ? { ...values, it: item } : { ...values, ...item });
      }
      element.remove();
      return;
    }
    const pairs = /^\{\{(carried|back)\}\}$/.exec(element.getAttribute("name") || "");
    if (pairs) {
      for (const [name, value] of values[pairs[1]]) {
        const copy = element.cloneNode();
        copy.setAttribute("name", name);
        copy.setAttribute("value", value);
        element.before(copy);
      }
      element.remove();
      return;
    }
    for (const { name, value } of [...element.attributes]) {
      if (value.includes("{{")) element.setAttribute(name, inWords(value, values));
    }
    fillChildren(element, values);
  }

  // the page in the browser
  function put(nodes, name) {
    main.replaceChildren(...nodes);
    document.title = name;
    window.scrollTo(0, 0);
    document.dispatchEvent(new Event("shown"));
    const target = document.getElementById("errors") || document.getElementById("result") || main.querySelector("h1");
    if (!target) return;
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }
  function show(pairs) {
    const { content, title: name } = shown(understood(pairs));
    put([content], name);
  }
  function fieldsOf(form, button) {
    const pairs = [...new FormData(form)];
    if (button && button.name) pairs.push([button.name, button.value]);
    return pairs;
  }
  function isOurs(form, button) {
    const address = button && button.hasAttribute("formaction") ? button.formAction : form.action;
    return form.method === "post" && /^\/field\/(check|ask\/[^/]*)$/.test(new URL(address).pathname);
  }

  main.addEventListener("submit", event => {
    const form = event.target, button = event.submitter;
    if (!isOurs(form, button)) return;
    try {
      const pairs = fieldsOf(form, button), page = shown(understood(pairs));
      event.preventDefault();
      const { pairs: earlier, sign } = state();
      history.pushState({ pairs, fromFirst: !earlier && !sign && Boolean(main.querySelector("#signs.now")) }, "");
      put([page.content], page.title);
    } catch (error) { /* the server is asked */ }
  });
  main.addEventListener("click", event => {
    const link = event.target.closest("a.back");
    if (!link || !state().fromFirst) return;
    event.preventDefault();
    history.back();
  });
  window.addEventListener("popstate", event => {
    const { pairs, sign } = event.state || {};
    if (pairs) show(pairs);
    else if (!sign && !document.getElementById("signs")) put(original, title);
  });

  function ready([rules, pages]) {
    engine = interviews(triage(rules));
    const parts = new DOMParser().parseFromString(pages, "text/html");
    const words = { ...parts.getElementById("words").dataset };
    blanks = { words, pages: new Map(all("template", parts).map(entry => [entry.id, entry])) };
    // Loaded again in the middle of the questions: they go on where they were.
    const how = (performance.getEntriesByType("navigation")[0] || {}).type;
    if (state().pairs && (how === "reload" || how === "back_forward")) show(state().pairs);
    root.setAttribute("data-asks", "here");
  }
  const loaded = (address, read) => fetch(address).then(answer => answer.ok ? read(answer) : Promise.reject(answer.status));
  loaded("/field/kept/addresses/" + root.lang, answer => answer.json().then(list => {
    // Of another version than this script: the server answers, as without it.
    if (!list.scripts.includes(new URL(script.src).pathname + new URL(script.src).search)) throw list;
    const seen = Date.parse(answer.headers.get("Date") || "");
    if (seen) root.setAttribute("data-checked", Math.floor(seen / 1000));
    return Promise.all([
      loaded(list.rules, answer => answer.json()), loaded(list.pages, answer => answer.text()),
    ]);
  })).then(ready).catch(() => { /* the server asks, as before */ });
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js").catch(() => {});
})();
