// Random records of TC strings and of GPP sections, in the form in which `consent_strings` tells them. What the reference
// packages can't write (see the comments) is left out here and named, never silently mended afterwards.

import { range } from "./random.mjs";

const LETTERS = range(65, 90).map((code) => String.fromCharCode(code));
// The languages that the reference package knows: it writes the vendor list's language whatever the record says.
const LANGUAGES = ["EN", "DE", "FR", "ES", "IT", "NL", "PL", "SV", "EL", "FI"];
const DAY = 864_000;

/** Vendors in clusters, as on real lists: mostly few, now and then many, rarely up to the last number there is. */
function vendors(random) {
  const shape = random.unit();
  if (shape < 0.15) return [];
  const highest = shape < 0.7 ? 60 : shape < 0.97 ? 1400 : 9000;
  const ids = new Set();
  for (let clusters = random.between(1, shape < 0.7 ? 6 : 25); clusters > 0; clusters -= 1) {
    const first = random.between(1, highest);
    const last = first + (random.chance(0.5) ? 0 : random.below(shape < 0.7 ? 8 : 60));
    range(first, last).forEach((id) => ids.add(id));
  }
  if (random.chance(0.01)) ids.add(65535);
  return [...ids].sort((a, b) => a - b);
}

const subset = (random, list) => random.some(list);

/** A TC string's record for a service-specific string with every segment; what varies is everything that can. */
export function tcfRecord(random, { maker }) {
  const disclosed = vendors(random);
  const day = random.between(18_000, 25_000) * DAY;
  // `@iabgpp/cmpapi` keeps `Created` and `LastUpdated` alike, as TCF 2.2 asks; `@iabtcf/core` lets them differ.
  const created = maker === "tcf" ? day + random.below(DAY) : day;
  const custom = random.chance(0.5) ? 0 : random.between(1, 63);
  // Policy allows no legitimate interest for purposes 1 and 3 to 6: `@iabgpp/cmpapi` clears these, `@iabtcf/core` the 1.
  const interests = maker === "tcf" ? range(2, 24) : [2, ...range(7, 24)];
  return {
    core: {
      created,
      lastUpdated: maker === "tcf" ? created + random.below(10 * DAY) : created,
      cmpId: random.between(2, 4095),
      cmpVersion: random.below(4096),
      consentScreen: random.below(64),
      consentLanguage: random.pick(LANGUAGES),
      vendorListVersion: random.between(1, 4095),
      policyVersion: random.pick([2, 4, 5, random.below(64)]),
      isServiceSpecific: true,
      useNonStandardStacks: random.chance(0.5),
      specialFeatureOptins: subset(random, range(1, 12)),
      purposeConsents: subset(random, range(1, 24)),
      purposeLegitimateInterests: subset(random, interests),
      purposeOneTreatment: random.chance(0.5),
      publisherCountryCode: random.pick(LETTERS) + random.pick(LETTERS),
      vendorConsents: subset(random, disclosed),
      vendorLegitimateInterests: subset(random, disclosed),
      publisherRestrictions: restrictions(random, disclosed),
    },
    vendorsDisclosed: disclosed,
    vendorsAllowed: maker === "tcf" && random.chance(0.1) ? subset(random, disclosed) : null,
    publisher: {
      consents: subset(random, range(1, 24)),
      legitimateInterests: subset(random, range(1, 24)),
      numCustomPurposes: custom,
      customConsents: subset(random, range(1, custom)),
      customLegitimateInterests: subset(random, range(1, custom)),
    },
  };
}

// Of low numbers only: the reference package keeps them in a tree that it fills in order, so that a range up to 65535
// costs it seconds to read.
function restrictions(random, allDisclosed) {
  const found = new Map();
  const disclosed = allDisclosed.filter((vendor) => vendor <= 1500);
  if (disclosed.length === 0) return [];
  for (let count = random.chance(0.5) ? 0 : random.between(1, 6); count > 0; count -= 1) {
    const [purpose, kind] = [random.between(1, 11), random.below(3)];
    const some = subset(random, disclosed);
    if (some.length > 0) found.set(purpose * 4 + kind, [purpose, kind, some]);
  }
  return [...found.entries()].sort(([a], [b]) => a - b).map(([, restriction]) => restriction);
}

const NOTICES = [
  "SharingNotice", "SaleOptOutNotice", "SharingOptOutNotice", "TargetedAdvertisingOptOutNotice",
  "SensitiveDataProcessingOptOutNotice", "SensitiveDataLimitUseNotice", "SaleOptOut", "SharingOptOut",
  "TargetedAdvertisingOptOut", "PersonalDataConsents", "MspaOptOutOptionMode", "MspaServiceProviderMode",
];
const CALIFORNIAN = NOTICES.filter((name) => !["SharingNotice", "TargetedAdvertisingOptOutNotice",
  "SensitiveDataProcessingOptOutNotice", "TargetedAdvertisingOptOut"].includes(name));

function section(random, names, sensitive, children) {
  const record = Object.fromEntries(names.map((name) => [name, random.below(3)]));
  record.SensitiveDataProcessing = range(1, sensitive).map(() => random.below(3));
  record.KnownChildSensitiveDataConsents = range(1, children).map(() => random.below(3));
  record.MspaCoveredTransaction = random.between(1, 2); // The reference package refuses to write 0 here.
  record.Gpc = random.pick([null, true, false]);
  return record;
}

/** A GPP string's record: any of the sections 2, 7 and 8, and at times a section that we carry along. */
export function gppRecord(random) {
  return {
    tcfeuv2: random.chance(0.4) ? tcfRecord(random, { maker: "gpp" }) : null,
    usnat: random.chance(0.7) ? section(random, NOTICES, 16, 3) : null,
    usca: random.chance(0.7) ? section(random, CALIFORNIAN, 9, 2) : null,
    other: random.chance(0.2) ? { 6: random.pick(["1YNN", "1YYN", "1---"]) } : {},
  };
}
