// The shapes that the scripts hand to each other: what they read of the server's data (docs/offline.md describes the files)
// and what lies on the phone (docs/phone.md). Nothing here is sent to a browser.

// --- the rules, as blockmrs/domain/triage/portable.py writes them ---

type Answer = boolean | string | number | null;
type Answers = Record<string, Answer>;

interface Condition {
  is?: [string, Answer[]];
  at_least?: [string, number];
  not_reassured?: string[];
  age?: string[];
  complaint?: string[];
  all?: Condition[];
  any?: Condition[];
}
interface Named { id: string; label: string }
interface Sign extends Named { presentation: string }
type BodyPart = Named & ({ opens: string[]; inner?: undefined } | { opens?: undefined; inner: BodyPart[] });
interface Policy { id: string; parent?: string; why: string; tell: string }
interface Finding {
  id: string;
  of: string;
  label: string;
  ask: string;
  how: string;
  how_alone: boolean;
  former: boolean;
  kind: string;
  nature: string;
  unsure: number;
  ages: string[];
  options: { value: Answer; label: string }[];
  none: Answer;
  least: number;
  most: number;
  settled_by?: string;
  opens: string[];
  settles: string;
  asked_by: string[][];
  policy?: string;
  part: boolean;
  urgency: number;
}
interface Rule {
  id: string;
  of: string;
  when: Condition;
  level: number;
  raises?: number[];
  stage: number;
  unsure: number;
  otherwise: boolean;
  advice?: string;
  facts: string[];
  because: string;
  verified: string;
  // worked out when the rules are read
  findings: string[];
  calming: Set<string>;
}
interface Again { after_min: number; words: string; evidence: string }
interface Advice { first_aid: string[]; dont: string[]; sport?: number; return_to_play?: string; again?: Again }
interface PagePlan { id: string; title: string; hint?: string; findings: string[] }
interface Presentation {
  id: string;
  title: string;
  policy?: string;
  pages: PagePlan[];
  rules: Rule[];
  advice: Record<string, Advice>;
  sooner_if: string[];
}
interface Omission { when?: Condition; ages?: string[]; instead?: string }
interface Rules {
  format: number;
  version: string;
  date: string;
  reviewed: boolean;
  levels: { id: string; words: string }[];
  words: Record<string, string>;
  ages: (Named & { button: string })[];
  signs: Sign[];
  parts: BodyPart[];
  policies: Policy[];
  findings: Finding[];
  rows: { most: number; sizes: number[][] };
  presentations: Presentation[];
  fallback: Rule;
  sport_ages: string[];
  omissions: Record<string, Omission[]>;
  pictures: Record<string, string>;
}

// --- an interview and its advice ---

interface Look { number: number; answers: Answers }
interface Interview { age: string | null; complaints: string[]; answers: Answers; course?: Look[]; which?: string[] }
interface Facts {
  answers: Answers;
  ages: Set<string>;
  complaints: string[];
  unsure: (name: string) => number;
  supposed: Set<string>;
}
/** A rule that speaks: with which doubt its condition is met, and the level it leads to. */
interface Reached { rule: Rule; doubted: number; level: number }
interface Assessment {
  level: number;
  disposition: string;
  reasons: {
    rule: string; fact: string; facts: string[]; because: string; verified: string; level: number; sure: boolean;
  }[];
  first_aid: string[];
  dont: string[];
  return_to_play: string | null;
  again: Again | null;
  sooner_if: string[];
  unasked: string[];
  look_again: string[];
  reviewed: boolean;
  version: string;
  date: string;
  final: boolean;
}
interface Engine {
  complaintsOf(interview: Interview): string[];
  data: Rules;
  findings: Map<string, Finding>;
  presentations: Map<string, Presentation>;
  assess(interview: Interview): Assessment;
  factsOf(interview: Interview): Facts;
  checked(finding: Finding, value: Answer): Answer;
  concerns(finding: Finding, ages: Set<string>): boolean;
  levelOf(interview: Interview): number;
  levelIfCalmed(interview: Interview): number;
  openQuestions(interview: Interview): string[];
}

// --- the questions ---

/** The name and the value of one field of a form. */
type Pair = [string, string];
interface Choice { value: string; label: string; hint: string }
/** One thing to tick; an umbrella has the questions for which it stands as its parts. */
interface Toggle extends Choice { parts: { label: string; hint: string }[] }
interface QuestionPage {
  id: string;
  kind: string;
  title: string;
  hint: string;
  toggles: Toggle[];
  choices: Choice[];
  findings: string[];
  number: number;
  may_be_unsure: boolean;
}
interface Row { finding: string; label: string; answer: string }
interface Asking {
  data: Rules;
  presentations: Map<string, Presentation>;
  signs: string[];
  isMine(name: string): boolean;
  assess(interview: Interview): Assessment;
  nextPage(interview: Interview): QuestionPage | null;
  settlingPage(interview: Interview): QuestionPage | null;
  read(fields: Pair[]): Interview;
  carry(interview: Interview): Pair[];
  without(interview: Interview, name: string): Interview;
  seen(interview: Interview, allAnswers: boolean): Row[];
  shownFindings(interview: Interview, plan: PagePlan): string[];
  answerAll(interview: Interview, names: string[], unsure: boolean): Interview;
}

// --- somebody's own words ---

interface Lists {
  format: number;
  fillers: string;
  particles: string;
  plain: string;
  plays_down: string[];
  signs: Record<string, string[]>;
  presentations: Record<string, string[]>;
}
/** For each word of the lists, the places of the text that may mean it, each with how alike they are. */
type Matches = Map<string, Map<number, number>>;
interface Proposal { presentations: string[]; signs: string[] }
interface Propose { (text: string): Proposal; shown(text: string): string }
/** Why a text is not routed: `field` is that of the form. */
interface Unroutable extends Error { field: string; problem: "none" | "long" | "letters" }

// --- the pages of the field ---

interface Journey {
  started: number;
  hurt: number | null;
  was: number | null;
  trail: string[];
  report: Pair[];
}
/** What a form says: the interview so far, and how it came there; `error` where nothing was ticked. */
interface Understood { interview: Interview; journey: Journey; error?: boolean }
/** What stands in the places of a blank page; lists are repeated, and what is empty is left out. */
type Values = Record<string, any>;
interface BlankFilled { kind: string; values: Values }
interface PageShown extends BlankFilled { state: Pair[] }
type Shows = (path: string, pairs: Pair[], at?: number) => PageShown;
/** What the history keeps of a page that was shown without a request. */
interface Step { path: string; pairs: Pair[]; rules: string; at: number; fromFirst: boolean }
/** What it keeps of a tap on the first screen. */
interface Tap { sign: string; at: number; started: number }
/** The list of what the phone keeps (blockmrs/controllers/field/offline.py). */
interface KeptList {
  rules: string;
  words: string;
  pages: string;
  scripts: string[];
  version: string;
  language: string;
  keep: string[];
  away: string;
  own: string;
  pages_for_all: string[];
}

// --- reports that wait on the phone ---

interface Owner { account: string; key: CryptoKey; since: number; until: number }
interface GivenAdvice {
  level: number;
  words: string;
  seen: [string, string, number | null][];
  rules: string;
  tell: string[];
}
/** How the sending of a report stands, in clear beside what is sealed. */
interface Standing { state: string; why: string; keptAt: number; savedAt: number; going: boolean }
interface SealedReport extends Standing { id: string; by: string; iv: Uint8Array<ArrayBuffer>; sealed: ArrayBuffer }
interface Content {
  fields: Pair[];
  advice?: GivenAdvice | null;
  who?: string;
  sentAs?: string;
  owner?: Owner | null;
}
interface WaitingReport extends Standing {
  id: string;
  by: string;
  fields: Pair[];
  advice: GivenAdvice | null;
  who: string;
  sentAs?: string;
  owner?: Owner | null;
  /** Somebody else's, or of somebody who is not signed in. */
  locked?: boolean;
  /** It does not open, though it should. */
  broken?: boolean;
}
/** What came of sending a report: `sent` is its address, `why` says that it stays. */
interface Sending { sent?: string; again?: boolean; why?: string; words?: string; gone?: boolean }
/** The players of a coach, and where their team is today. */
// Of whom to call: who it is, the number, and the number as it is dialled.
interface KeptPlayer { id: string; number: string; name: string; calls?: [string, string, string][] }
interface KeptTeam { players: KeptPlayer[]; place: string }
interface Session { token: string; account: string; owner: Owner }

// --- help of page/base.js ---

interface One {
  (selector: string, within?: ParentNode): HTMLElement;
  <E extends Element>(selector: string, within: ParentNode, kind: new () => E): E;
}
interface Part {
  (root: ParentNode, name: string): HTMLElement;
  <E extends HTMLElement>(root: ParentNode, name: string, kind: new () => E): E;
}
interface Closest {
  (event: Event, selector: string): HTMLElement | null;
  <E extends Element>(event: Event, selector: string, kind: new () => E): E | null;
}
interface All {
  (selector: string, within?: ParentNode): HTMLElement[];
  <E extends Element>(selector: string, within: ParentNode, kind: new () => E): E[];
}
