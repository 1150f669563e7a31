//! What a purpose is called in the standards of others: read, written, and its mistakes.

use super::tests::{GOOD, lines_of};
use super::*;
use crate::register::write;

const PARTNERS: &str = r#"[tcf]
cmp_id = 300
vendor_list_version = 150
country = "de"
[purposes.partner_ads]
reason = "r"
basis = "consent"
gives = "g"
retention_days = 1
sale_or_sharing = true
tcf = [1, 3, 4]
tcf_vendors = [755, 8]
consent_mode = ["ad_storage", "ad_user_data"]
gpp = ["sale"]
data.cart = "all"
"#;

#[test]
fn standards_are_read_and_written_out() {
    let register = read(&(GOOD.to_owned() + PARTNERS)).unwrap_or_else(|m| panic!("{}", lines_of(&m)));
    let standards = &register.purpose("partner_ads").unwrap().standards;
    assert_eq!(standards.tcf.iter().copied().collect::<Vec<_>>(), [1, 3, 4]);
    assert_eq!(standards.tcf_vendors.len(), 2);
    assert_eq!(register.tcf.unwrap().country.to_string(), "DE");
    let written = write(&register);
    assert_eq!(read(&written).unwrap_or_else(|m| panic!("{}\n{written}", lines_of(&m))), register);
    // What is taken for granted stands in what is written, so that a later version can't change it.
    assert!(written.contains("personalization_storage"), "{written}");
    let silenced = GOOD.replace("retention_days = 365", "retention_days = 365\ntcf = []\nconsent_mode = []");
    let silenced = read(&silenced).unwrap_or_else(|m| panic!("{}", lines_of(&m)));
    assert_eq!(silenced.purpose("personalisation").unwrap().standards, Default::default());
}

#[test]
fn a_yes_to_less_does_not_cover_more_partners() {
    let register =
        |text: &str| read(&(GOOD.to_owned() + text)).unwrap_or_else(|m| panic!("{}", lines_of(&m)));
    let agreed = register(PARTNERS);
    let widens = |from: &str, to: &str| {
        assert!(PARTNERS.contains(from));
        let now = register(&PARTNERS.replace(from, to));
        now.purpose("partner_ads").unwrap().widens(agreed.purpose("partner_ads").unwrap())
    };
    assert!(widens("[755, 8]", "[755, 8, 9]"));
    assert!(widens("[1, 3, 4]", "[1, 2, 3, 4]"));
    assert!(widens("\"ad_user_data\"", "\"ad_user_data\", \"ad_personalization\""));
    assert!(widens("[\"sale\"]", "[\"sale\", \"sharing\"]"));
    assert!(!widens("[755, 8]", "[755]"));
    assert!(!widens("vendor_list_version = 150", "vendor_list_version = 151"));
}

#[test]
fn standards_that_others_would_refuse_are_mistakes() {
    let check = |from: &str, to: &str, what: &str, mend: &str| {
        assert!(PARTNERS.contains(from), "{from}");
        let mistakes = read(&(GOOD.to_owned() + &PARTNERS.replacen(from, to, 1))).expect_err(to);
        let all = lines_of(&mistakes);
        assert_eq!(mistakes.len(), 1, "{to}: {all}");
        assert!(mistakes[0].what.contains(what) && mistakes[0].mend.contains(mend), "{to}: {all}");
    };
    check("[1, 3, 4]", "[1, 12]", "something else than numbers from 1 to 11", "[5, 6]");
    check("[1, 3, 4]", "[1, 1]", "says 1 twice", "take one");
    check("[1, 3, 4]", "\"all\"", "a list of numbers", "[5, 6]");
    check("[1, 3, 4]", "[]", "names vendors and no purpose", "tcf = [5, 6]");
    check("[755, 8]", "[0]", "numbers from 1 to 65535", "[755]");
    check("\"ad_user_data\"", "\"ad_userdata\"", "knows no `ad_userdata`", "did you mean `ad_user_data`?");
    check("[\"sale\"]", "[\"sales\"]", "knows no `sales`", "did you mean `sale`?");
    check("sale_or_sharing = true", "", "opt-out signal doesn't reach it", "sale_or_sharing = true");
    check("cmp_id = 300", "cmp_id = 1", "between 2 and 4095", "cmp_id = 300");
    check("country = \"de\"", "country = \"d1\"", "no country code", "DE");
    let section = PARTNERS.split("[purposes").next().unwrap();
    check(section, "", "there is no section `[tcf]`", "add `[tcf]`");
    let interests = |from: &str| from.replace("\"consent\"", "\"legitimate_interests\"");
    check(
        "basis = \"consent\"\ngives = \"g\"\nretention_days = 1\nsale_or_sharing = true\ntcf = [1, 3, 4]",
        &interests("basis = \"consent\"\nretention_days = 1\nsale_or_sharing = true\ntcf = [2, 7]"),
        "advertising types need one",
        "basis = \"consent\"",
    );
    let no_ads = PARTNERS.replace("consent_mode = [\"ad_storage\", \"ad_user_data\"]", "");
    let mistakes = read(&(GOOD.to_owned() + &interests(&no_ads))).unwrap_err();
    assert_eq!(mistakes.len(), 3, "{}", lines_of(&mistakes));
    assert!(mistakes[0].what.contains("can't rest on `partner_ads`'s basis"), "{}", lines_of(&mistakes));
}
