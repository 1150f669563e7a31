// TC strings with `@iabtcf/core`: a record written, a text read. Must take its fields from the package's own model and
// never from the text, or nothing would be compared.

import { GVL, PurposeRestriction, Segment, SegmentEncoder, TCModel, TCString } from "@iabtcf/core";
import { range } from "./random.mjs";

const PURPOSES = range(1, 11);

function vectors(model, record) {
  const { core, publisher } = record;
  model.specialFeatureOptins.set(core.specialFeatureOptins);
  model.purposeConsents.set(core.purposeConsents);
  model.purposeLegitimateInterests.set(core.purposeLegitimateInterests);
  model.vendorConsents.set(core.vendorConsents);
  model.vendorLegitimateInterests.set(core.vendorLegitimateInterests);
  model.vendorsDisclosed.set(record.vendorsDisclosed);
  model.vendorsAllowed.set(record.vendorsAllowed ?? []);
  model.publisherConsents.set(publisher.consents);
  model.publisherLegitimateInterests.set(publisher.legitimateInterests);
  model.numCustomPurposes = publisher.numCustomPurposes;
  model.publisherCustomConsents.set(publisher.customConsents);
  model.publisherCustomLegitimateInterests.set(publisher.customLegitimateInterests);
  for (const [purpose, kind, vendors] of core.publisherRestrictions) {
    const restriction = new PurposeRestriction(purpose, kind);
    vendors.forEach((vendor) => model.publisherRestrictions.add(vendor, restriction));
  }
}

function filled(model, record) {
  const { core } = record;
  model.created = new Date(core.created * 100);
  model.lastUpdated = new Date(core.lastUpdated * 100);
  const plain = ["cmpId", "cmpVersion", "consentScreen", "consentLanguage", "vendorListVersion", "policyVersion",
    "isServiceSpecific", "useNonStandardStacks", "purposeOneTreatment", "publisherCountryCode"];
  plain.forEach((key) => { model[key] = core[key]; });
  vectors(model, record);
  return model;
}

// By itself the package writes no disclosed vendors for a single site, which TCF 2.3 asks for: they are named here.
function segments(record) {
  const allowed = record.vendorsAllowed === null ? [] : [Segment.VENDORS_ALLOWED];
  return [Segment.CORE, Segment.VENDORS_DISCLOSED, ...allowed, Segment.PUBLISHER_TC];
}

/** The record as the package's encoder of segments writes it. */
export function write(record) {
  const model = filled(new TCModel(), record);
  // Restrictions are written as ranges over the vendors of a list.
  model.publisherRestrictions.gvl = { vendorIds: new Set(record.vendorsDisclosed) };
  return segments(record).map((segment) => SegmentEncoder.encode(model, segment)).join(".");
}

/** The record through the package's front door, with a vendor list on which exactly the disclosed vendors stand. */
export function writeWithVendorList(record) {
  const named = (ids) => Object.fromEntries(ids.map((id) => [id, { id, name: `${id}` }]));
  const vendor = (id) => ({
    id, name: `${id}`, purposes: PURPOSES, legIntPurposes: PURPOSES, flexiblePurposes: PURPOSES,
    specialPurposes: [], features: [], specialFeatures: [],
  });
  const list = new GVL({
    gvlSpecificationVersion: 3,
    vendorListVersion: record.core.vendorListVersion,
    tcfPolicyVersion: record.core.policyVersion,
    lastUpdated: "2026-01-01T00:00:00Z",
    purposes: named(range(1, 24)), specialPurposes: {}, features: {}, specialFeatures: named(range(1, 12)), stacks: {},
    vendors: Object.fromEntries(record.vendorsDisclosed.map((id) => [id, vendor(id)])),
  });
  return TCString.encode(filled(new TCModel(list), record), { segments: segments(record) });
}

const ids = (vector) => [...vector.values()].sort((a, b) => a - b);

/** What the package reads in a text. It doesn't tell an absent segment from an empty one. */
export function read(text) {
  const model = TCString.decode(text);
  const restrictions = model.publisherRestrictions.getRestrictions().map((restriction) => [
    restriction.purposeId, restriction.restrictionType, model.publisherRestrictions.getVendors(restriction),
  ]);
  return {
    core: {
      created: model.created.getTime() / 100,
      lastUpdated: model.lastUpdated.getTime() / 100,
      cmpId: model.cmpId,
      cmpVersion: model.cmpVersion,
      consentScreen: model.consentScreen,
      consentLanguage: model.consentLanguage,
      vendorListVersion: model.vendorListVersion,
      policyVersion: model.policyVersion,
      isServiceSpecific: model.isServiceSpecific,
      useNonStandardStacks: model.useNonStandardStacks,
      specialFeatureOptins: ids(model.specialFeatureOptins),
      purposeConsents: ids(model.purposeConsents),
      purposeLegitimateInterests: ids(model.purposeLegitimateInterests),
      purposeOneTreatment: model.purposeOneTreatment,
      publisherCountryCode: model.publisherCountryCode,
      vendorConsents: ids(model.vendorConsents),
      vendorLegitimateInterests: ids(model.vendorLegitimateInterests),
      publisherRestrictions: restrictions.sort((a, b) => a[0] - b[0] || a[1] - b[1]),
    },
    vendorsDisclosed: ids(model.vendorsDisclosed),
    vendorsAllowed: ids(model.vendorsAllowed),
    publisher: {
      consents: ids(model.publisherConsents),
      legitimateInterests: ids(model.publisherLegitimateInterests),
      numCustomPurposes: model.numCustomPurposes,
      customConsents: ids(model.publisherCustomConsents),
      customLegitimateInterests: ids(model.publisherCustomLegitimateInterests),
    },
  };
}
