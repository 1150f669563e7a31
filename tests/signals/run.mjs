// Compares our consent strings with the IAB's reference packages, both ways and field by field:
// `node run.mjs path/to/consent_strings [records] [seed]`. Needs no server and no network.
// It must never compare a text with itself: what we write is read by the packages, what they write is read by us.

import { execFileSync } from "node:child_process";
import { isDeepStrictEqual } from "node:util";
import { randomFrom } from "./random.mjs";
import { gppRecord, tcfRecord } from "./records.mjs";
import * as gpp from "./gpp.mjs";
import * as tcf from "./tcf.mjs";

const [program, count = "10000", seed = "20261122"] = process.argv.slice(2);
if (!program) {
  console.error("say where the program is: node run.mjs target/debug/examples/consent_strings [records] [seed]");
  process.exit(2);
}
const RECORDS = Number(count);
const AT_A_TIME = 500;

/** Our answers to these lines. */
function ask(lines) {
  const answers = [];
  for (let first = 0; first < lines.length; first += AT_A_TIME) {
    const input = lines.slice(first, first + AT_A_TIME).map((line) => JSON.stringify(line)).join("\n");
    const output = execFileSync(program, { input, maxBuffer: 1 << 30, encoding: "utf8" });
    answers.push(...output.trimEnd().split("\n").map((line) => JSON.parse(line)));
  }
  if (answers.length !== lines.length) throw new Error(`${lines.length} questions, ${answers.length} answers`);
  answers.forEach((answer, at) => {
    if (answer.error) throw new Error(`record ${at}: ${answer.error}\n${JSON.stringify(lines[at])}`);
  });
  return answers;
}

/** Every field that differs, by its path. */
function differences(found, expected, path = "") {
  if (isDeepStrictEqual(found, expected)) return [];
  const open = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  if (open(found) && open(expected)) {
    const keys = new Set([...Object.keys(found), ...Object.keys(expected)]);
    return [...keys].flatMap((key) => differences(found[key], expected[key], `${path}.${key}`));
  }
  return [`${path}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`];
}

function same(found, expected, what) {
  const all = differences(found, expected);
  if (all.length > 0) throw new Error(`${what}\n${all.slice(0, 5).join("\n").slice(0, 2000)}`);
}

/** An absent segment as an empty one, since `@iabtcf/core` and `@iabgpp/cmpapi` can't tell them apart. */
const emptied = (record) => record && { ...record, vendorsAllowed: record.vendorsAllowed ?? [] };
const withoutRestrictions = (record) => ({ ...record, core: { ...record.core, publisherRestrictions: [] } });

const random = randomFrom(Number(seed));
const tcfRecords = Array.from({ length: RECORDS }, () => tcfRecord(random, { maker: "tcf" }));
const gppRecords = Array.from({ length: RECORDS }, () => gppRecord(random));
const theirTcf = [];
const ourTcf = [];
const theirGpp = [];

const tests = {
  "TC strings of @iabtcf/core are read with every field alike": () => {
    theirTcf.push(...tcfRecords.map(tcf.write));
    ask(theirTcf.map((text) => ({ kind: "tcf", text }))).forEach(({ record, again }, at) => {
      const found = emptied(record);
      // The package writes a restriction as ranges that run over numbers which aren't on the vendor list, so that it
      // binds more numbers than were named; what it reads itself is the measure there.
      same(found, tcf.read(theirTcf[at]), `record ${at}: ours, and what the package reads`);
      same(withoutRestrictions(found), withoutRestrictions(emptied(tcfRecords[at])), `record ${at}`);
      same(emptied(tcf.read(again)), found, `record ${at}, written again by us`);
    });
  },
  "our TC strings are read by @iabtcf/core with every field alike": () => {
    ourTcf.push(...ask(tcfRecords.map((record) => ({ kind: "tcf", record }))).map(({ text }) => text));
    ourTcf.forEach((text, at) => same(tcf.read(text), emptied(tcfRecords[at]), `record ${at}`));
  },
  "our TC strings are never longer than those of @iabtcf/core": () => {
    let shorter = 0;
    ourTcf.forEach((text, at) => {
      // Its restrictions may be shorter, because they bind more numbers than were named.
      if (tcfRecords[at].core.publisherRestrictions.length > 0) return;
      if (text.length > theirTcf[at].length) throw new Error(`record ${at}\n${text}\n${theirTcf[at]}`);
      if (text.length < theirTcf[at].length) shorter += 1;
    });
    console.log(`    ${shorter} of ${RECORDS} are shorter`);
  },
  "TC strings made with a vendor list through the package's front door are the same": () => {
    for (let at = 0; at < RECORDS; at += 1) {
      const record = tcfRecords[at];
      if (record.core.consentLanguage !== "EN" || record.vendorsDisclosed.length > 300) continue;
      same(tcf.writeWithVendorList(record), theirTcf[at], `record ${at}`);
    }
  },
  "GPP strings of @iabgpp/cmpapi are read with every field alike, and written letter for letter": () => {
    theirGpp.push(...gppRecords.map(gpp.write));
    ask(theirGpp.map((text) => ({ kind: "gpp", text }))).forEach(({ record, again }, at) => {
      const found = { ...record, tcfeuv2: emptied(record.tcfeuv2) };
      same(found, gpp.read(theirGpp[at]), `record ${at}: ours, and what the package reads`);
      same(found, { ...gppRecords[at], tcfeuv2: emptied(gppRecords[at].tcfeuv2) }, `record ${at}`);
      same(again, theirGpp[at], `record ${at}, written again by us`);
    });
  },
  "our GPP strings are those of @iabgpp/cmpapi, letter for letter": () => {
    ask(gppRecords.map((record) => ({ kind: "gpp", record }))).forEach(({ text }, at) => {
      same(text, theirGpp[at], `record ${at}`);
      const expected = { ...gppRecords[at], tcfeuv2: emptied(gppRecords[at].tcfeuv2) };
      same(gpp.read(text), expected, `record ${at}`);
    });
  },
  "the TC section of a GPP string is a TC string for @iabtcf/core": () => {
    const withSection = gppRecords.flatMap(({ tcfeuv2 }) => (tcfeuv2 ? [tcfeuv2] : []));
    ask(withSection.map((record) => ({ kind: "tcf", record }))).forEach(({ text }, at) => {
      same(tcf.read(text), emptied(withSection[at]), `record ${at}`);
    });
  },
  "version 1 of usnat is read, with what it didn't know as not applicable": () => {
    const sections = gppRecords.flatMap(({ usnat }) => (usnat ? [usnat] : []));
    const texts = sections.map(gpp.writeFirstVersion);
    ask(texts.map((text) => ({ kind: "gpp", text }))).forEach(({ record }, at) => {
      const known = (values, many, all) => [...values.slice(0, many), ...Array(all - many).fill(0)];
      const expected = {
        ...sections[at],
        SensitiveDataProcessing: known(sections[at].SensitiveDataProcessing, 12, 16),
        KnownChildSensitiveDataConsents: known(sections[at].KnownChildSensitiveDataConsents, 2, 3),
      };
      same(record.usnat, expected, `record ${at}: ${texts[at]}`);
    });
  },
};

let [passed, failed] = [0, 0];
console.log(`${RECORDS} random records of each kind, seed ${seed}`);
for (const [name, test] of Object.entries(tests)) {
  const begun = Date.now();
  try {
    test();
    passed += 1;
    console.log(`ok ${name} (${Date.now() - begun} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name} (${Date.now() - begun} ms)\n    ${(error.stack ?? String(error)).split("\n").join("\n    ")}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
