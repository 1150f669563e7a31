// GPP strings with `@iabgpp/cmpapi`: a record written, a text read. Must take its fields from the package's own model
// and never from the text, or nothing would be compared.

import { GppModel, RangeEntry, UsCaField, UsNatField } from "@iabgpp/cmpapi";
import { range } from "./random.mjs";

const flags = (ids, count) => range(1, count).map((id) => ids.includes(id));
const ids = (flagged) => flagged.flatMap((is, at) => (is ? [at + 1] : []));

// [field of the package, path in the record, into the package, out of it]
const same = (value) => value;
const asDate = (value) => new Date(value * 100);
const asTenths = (date) => date.getTime() / 100;
const bits = (count) => [(value) => flags(value, count), ids];
const TCF = [
  ["CmpId", "core.cmpId", same, same],
  ["CmpVersion", "core.cmpVersion", same, same],
  ["ConsentScreen", "core.consentScreen", same, same],
  ["ConsentLanguage", "core.consentLanguage", same, same],
  ["VendorListVersion", "core.vendorListVersion", same, same],
  ["PolicyVersion", "core.policyVersion", same, same],
  ["IsServiceSpecific", "core.isServiceSpecific", same, same],
  ["UseNonStandardStacks", "core.useNonStandardStacks", same, same],
  ["SpecialFeatureOptins", "core.specialFeatureOptins", ...bits(12)],
  ["PurposeConsents", "core.purposeConsents", ...bits(24)],
  ["PurposeLegitimateInterests", "core.purposeLegitimateInterests", ...bits(24)],
  ["PurposeOneTreatment", "core.purposeOneTreatment", same, same],
  ["PublisherCountryCode", "core.publisherCountryCode", same, same],
  ["VendorConsents", "core.vendorConsents", same, same],
  ["VendorLegitimateInterests", "core.vendorLegitimateInterests", same, same],
  ["PublisherRestrictions", "core.publisherRestrictions",
    (value) => value.map(([purpose, kind, vendors]) => new RangeEntry(purpose, kind, [...vendors])),
    (entries) => entries.map((entry) => [entry.getKey(), entry.getType(), entry.getIds()])],
  ["VendorsDisclosed", "vendorsDisclosed", same, same],
  ["VendorsAllowed", "vendorsAllowed", (value) => value ?? [], same],
  ["PublisherConsents", "publisher.consents", ...bits(24)],
  ["PublisherLegitimateInterests", "publisher.legitimateInterests", ...bits(24)],
  ["NumCustomPurposes", "publisher.numCustomPurposes", same, same],
  ["PublisherCustomConsents", "publisher.customConsents", (value) => flags(value, Math.max(0, ...value)), ids],
  ["PublisherCustomLegitimateInterests", "publisher.customLegitimateInterests",
    (value) => flags(value, Math.max(0, ...value)), ids],
  // Last, because the package sets both dates to today whenever another field changes.
  ["Created", "core.created", asDate, asTenths],
  ["LastUpdated", "core.lastUpdated", asDate, asTenths],
];

const at = (record, path) => path.split(".").reduce((part, key) => part[key], record);

function put(record, path, value) {
  const keys = path.split(".");
  const last = keys.pop();
  let part = record;
  for (const key of keys) part = part[key] ??= {};
  part[last] = value;
}

// These say how the package's model is kept, not what the string says.
const HOUSEKEEPING = ["Version", "GpcSegmentType", "GpcSegmentIncluded"];
const usFields = (fields) => Object.values(fields).filter((name) => !HOUSEKEEPING.includes(name));
const SECTIONS = { usnat: usFields(UsNatField), usca: usFields(UsCaField) };

/** The record as the package writes it. */
export function write(record) {
  const model = new GppModel();
  if (record.tcfeuv2) {
    for (const [field, path, into] of TCF) model.setFieldValue("tcfeuv2", field, into(at(record.tcfeuv2, path)));
  }
  for (const [section, fields] of Object.entries(SECTIONS)) {
    if (!record[section]) continue;
    for (const field of fields) {
      if (field === "Gpc" && record[section].Gpc === null) continue;
      model.setFieldValue(section, field, record[section][field]);
    }
    model.setFieldValue(section, "GpcSegmentIncluded", record[section].Gpc !== null);
  }
  if (record.other["6"]) model.decodeSection("uspv1", record.other["6"]);
  return model.encode();
}

/** What the package reads in a text. */
export function read(text) {
  const model = new GppModel(text);
  const record = { tcfeuv2: null, usnat: null, usca: null, other: {} };
  if (model.hasSection("tcfeuv2")) {
    record.tcfeuv2 = {};
    for (const [field, path, , out] of TCF) put(record.tcfeuv2, path, out(model.getFieldValue("tcfeuv2", field)));
  }
  for (const [section, fields] of Object.entries(SECTIONS)) {
    if (!model.hasSection(section)) continue;
    record[section] = Object.fromEntries(fields.map((field) => [field, model.getFieldValue(section, field)]));
    if (!model.getFieldValue(section, "GpcSegmentIncluded")) record[section].Gpc = null;
  }
  if (model.hasSection("uspv1")) record.other["6"] = model.encodeSection("uspv1");
  return record;
}

/** A section of version 1 of `usnat`, as the package writes it. */
export function writeFirstVersion(record) {
  const model = new GppModel();
  model.setFieldValue("usnat", "Version", 1);
  for (const field of SECTIONS.usnat) {
    if (field !== "Gpc" || record.Gpc !== null) model.setFieldValue("usnat", field, record[field]);
  }
  model.setFieldValue("usnat", "GpcSegmentIncluded", record.Gpc !== null);
  return model.encode();
}
