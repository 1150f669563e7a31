//! Each mistake, with its line and its mend.

use super::*;
use crate::data::Kind;
use crate::purpose::{BUILT_IN, LegalBasis, PurposeId};
use crate::register::{Fields, OptOutSignal, write};

pub(super) const GOOD: &str = r#"[shop]
name = "Tui"
controller = "Tui Ltd, 1 Queen Street, Auckland"
contact = "privacy@tui.example"
stored_in = "New Zealand"
jurisdictions = ["NZ"]
currency = "NZD"
origins = ["https://tui.example"]
[intake]
write_keys = ["web-01234567"]
[purposes.service]
reason = "To deliver."
basis = "contract"
retention_days = 730
data.orders = "all"
[purposes.personalisation]
reason = "To fit."
basis = "consent"
gives = "Fit."
retention_days = 365
[purposes.personalisation.data]
browsing = ["item"]
"#;

pub(super) fn lines_of(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(|m| format!("{m}\n")).collect()
}

#[test]
fn template_is_free_of_mistakes_and_declares_every_built_in_purpose() {
    let register = read(TEMPLATE).unwrap_or_else(|m| panic!("{}", lines_of(&m)));
    assert!(BUILT_IN.iter().all(|id| register.purpose(id).is_some()));
    assert_eq!(register.purposes.len(), BUILT_IN.len());
    assert_eq!(register.purpose("service").unwrap().basis, LegalBasis::Contract);
    assert_eq!(register.purpose("offers").unwrap().opt_out_signal, OptOutSignal::Refuses);
    assert_eq!(register.purpose("personalisation").unwrap().opt_out_signal, OptOutSignal::Ignored);
    assert_eq!(register.kept_by_law[0].keep_days, 2557);
}

#[test]
fn written_register_reads_back_the_same() {
    for text in [TEMPLATE, GOOD] {
        let register = read(text).unwrap();
        let written = write(&register);
        assert_eq!(read(&written).unwrap_or_else(|m| panic!("{}\n{written}", lines_of(&m))), register);
        assert_eq!(write(&read(&written).unwrap()), written);
    }
    let odd = GOOD.replace("\"Tui\"", r#""Tūī \"&\" 'Co' \\ #1 = [x]""#).replace(
        "[intake]",
        "officer = \"Ada\"\n[sensitive]\ncategories = [\"a.b\", \"ü \\\"q\\\"\"]\n[intake]",
    ) + "[events.\"A.b \\\"c\\\"\"]\nfields = [\"x\"]\n[[kept_by_law]]\nkind=\"orders\"\nlaw=\"L\"\nkeep_days=30\n";
    let register = read(&odd).unwrap_or_else(|m| panic!("{}", lines_of(&m)));
    assert_eq!(read(&write(&register)).unwrap(), register);
}

#[test]
fn sharing_defaults_to_refused_by_signal_for_marketing_alone() {
    let text = GOOD.to_owned()
        + "[purposes.offers]\nreason='r'\nbasis='consent'\ngives='g'\nretention_days=1\ndata.contact=['email']\n\
           [purposes.personalised_pricing]\nreason='r'\nbasis='consent'\ngives='g'\nretention_days=1\ndata.cart='all'\n\
           [purposes.partner_news]\nreason='r'\nbasis='consent'\ngives='g'\nretention_days=1\ndata.cart='all'\nsale_or_sharing=true\n";
    let register = read(&text).unwrap_or_else(|m| panic!("{}", lines_of(&m)));
    let signal = |id: &str| register.purpose(id).unwrap().opt_out_signal;
    for id in ["offers", "personalised_pricing", "partner_news"] {
        assert_eq!(signal(id), OptOutSignal::Refuses, "{id}");
    }
    assert_eq!(signal("personalisation"), OptOutSignal::Ignored);
    assert_eq!(register.purpose("offers").unwrap().consent_valid_days, 365);
}

#[test]
fn shape_of_a_row_is_declared_with_its_fields() {
    let register = read(GOOD).unwrap();
    let data = &register.purpose("personalisation").unwrap().data;
    let Fields::Only(names) = &data[&Kind::BrowsingHistory] else { panic!("not a list") };
    assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), ["action", "at", "item"]);
    assert!("service".parse::<PurposeId>().is_ok());
}

/// Changes `GOOD` by replacing `from`, and expects exactly one mistake.
fn check(from: &str, to: &str, line: usize, what: &str, mend: &str) {
    assert!(GOOD.contains(from), "{from}");
    let mistakes = read(&GOOD.replacen(from, to, 1)).expect_err(to);
    let all = lines_of(&mistakes);
    assert_eq!(mistakes.len(), 1, "{to}: {all}");
    assert_eq!(mistakes[0].line, line, "{to}: {all}");
    assert!(mistakes[0].what.contains(what), "{to}: {all}");
    assert!(mistakes[0].mend.contains(mend), "{to}: {all}");
}

#[test]
fn each_mistake_has_its_line_and_its_mend() {
    let end = "browsing = [\"item\"]\n";
    let and = |more: &str| format!("{end}{more}");
    for (from, to, line, what, mend) in [
        // Keys and sections.
        ("name =", "nmae = \"x\"\nname =", 2, "no key `nmae`", "did you mean `name`"),
        ("[intake]", "[intakes]\nx = 1\n[intake]", 9, "no section `[intakes]`", "did you mean `intake`"),
        ("reason = \"To fit.\"\n", "", 16, "has no `reason`", "add the line `reason ="),
        ("name = \"Tui\"\n", "", 1, "[shop] has no `name`", "add the line `name ="),
        ("[intake]\nwrite_keys = [\"web-01234567\"]\n", "", 1, "no section `[intake]`", "write_keys"),
        ("[shop]", "[[shop]]", 1, "`[shop]` must be a section, not a list", "begin a line with `[shop]`"),
        // Forms.
        ("name = \"Tui\"", "name = 7", 2, "a text in quotes, not a number", "`name = \"Your Shop\"`"),
        ("name = \"Tui\"", "name = \" \"", 2, "is empty", "Your Shop"),
        ("name = \"Tui\"", "name = \"a\\tb\"", 2, "control character", "one line"),
        ("365", "\"24 months\"", 20, "a whole number without quotes, not a text", "`retention_days = 720`"),
        ("365", "\"730d\"", 20, "not a text", "`retention_days = 730`"),
        ("365", "3.5", 20, "not a number with a decimal point", "retention_days = 365"),
        ("365", "0", 20, "between 1 and 3650", "retention_days"),
        ("365", "-1", 20, "between 1 and 3650", "retention_days"),
        ("365", "99999999999999999999", 20, "between 1 and 3650", "retention_days"),
        ("[\"NZ\"]", "\"NZ\"", 6, "a list of texts, not a text", "[\"NZ\"]"),
        ("[\"NZ\"]", "[\"NZ\",\n 1]", 7, "holds a number", "quotes"),
        ("[\"NZ\"]", "[\"NZ\", \"NZ\"]", 6, "`NZ` twice", "take one"),
        ("[\"NZ\"]", "[]", 6, "is empty", "[\"NZ\"]"),
        ("[\"NZ\"]", "[\"NZL\"]", 6, "`NZL` is no jurisdiction", "did you mean `NZ`"),
        // The shop.
        (
            "Tui Ltd, 1 Queen Street, Auckland",
            "Tui Ltd",
            3,
            "has no address",
            "a comma and its postal address",
        ),
        ("privacy@tui.example", "the counter", 4, "neither an e-mail address nor a page", "https://"),
        ("privacy@tui.example", "http://tui.example", 4, "neither", "https://"),
        ("\"NZD\"", "\"nzd\"", 7, "no currency code", "capital"),
        ("https://tui.example", "https://tui.example/", 8, "not the address of a site", "without a path"),
        ("https://tui.example", "http://tui.example", 8, "not the address", "localhost"),
        ("https://tui.example", "tui.example", 8, "not the address", "https://"),
        ("web-01234567", "short", 10, "write key is too short", "8 to 64"),
        ("web-01234567", "web 01234567", 10, "other characters", "8 to 64"),
        // Purposes.
        ("\"consent\"", "\"consnet\"", 18, "no legal basis", "did you mean `consent`"),
        (
            "\"contract\"",
            "\"consent\"\ngives = \"x\"",
            13,
            "can't rest on the basis `consent`",
            "\"contract\"",
        ),
        ("\"consent\"", "\"contract\"", 18, "can't rest on the basis `contract`", "legitimate_interests"),
        ("gives = \"Fit.\"\n", "", 16, "doesn't say what the customer gets", "gives ="),
        (
            "retention_days = 365",
            "retention_days = 365\nretention = 1",
            21,
            "no key `retention`",
            "retention_days",
        ),
        ("365\n", "365\nconsent_valid_days = 1000\n", 21, "between 1 and 730", "365"),
        ("365\n", "365\nsale_or_sharing = \"no\"\n", 21, "true or false without quotes", "true"),
        ("data.orders = \"all\"", "", 11, "doesn't say which data", "[purposes.service.data]"),
        ("browsing = [\"item\"]", "browse = [\"item\"]", 22, "no kind of data", "did you mean `browsing`"),
        (
            "browsing = [\"item\"]",
            "contact = [\"email\"]",
            22,
            "may never be used for `personalisation`",
            "browsing, cart, orders",
        ),
        ("browsing = [\"item\"]", "browsing = [\"itme\"]", 22, "no field `itme`", "did you mean `item`"),
        ("browsing = [\"item\"]", "orders = [\"note\"]", 22, "no field `note`", "did you mean `lines.note`"),
        (
            "browsing = [\"item\"]",
            "orders = [\"lines\"]",
            22,
            "no field `lines`",
            "did you mean `lines.item`",
        ),
        (
            "browsing = [\"item\"]",
            "browsing = \"some\"",
            22,
            "must be \"all\" or a list",
            "browsing = \"all\"",
        ),
        ("browsing = [\"item\"]", "browsing = true", 22, "not true or false", "browsing = \"all\""),
        ("browsing = [\"item\"]", "browsing = []", 22, "lists no field", "take the line out"),
        ("browsing = [\"item\"]", "browsing = [\"item\", \"item\"]", 22, "twice", "take one"),
        (
            "browsing = [\"item\"]",
            "browsing = [\"item\"]\ndeclared = \"all\"",
            23,
            "there are none",
            "[events.",
        ),
        ("data.orders = \"all\"", "data = 1", 15, "must be a section", "[purposes.service.data]"),
        ("[purposes.service]", "[purposes.Gifts]", 11, "can't name a purpose", "gift_registry"),
    ] {
        check(from, to, line, what, mend);
    }
    for (more, line, what, mend) in [
        (
            "[purposes.personalization]\nreason='r'\nbasis='consent'\ngives='g'\nretention_days=1\ndata.cart='all'",
            23,
            "nearly",
            "did you mean `personalisation`",
        ),
        (
            "[purposes.service2]\nreason='r'\nbasis='consent'\ngives='g'\nretention_days=1\ndata.cart='all'",
            23,
            "nearly",
            "did you mean `service`",
        ),
        (
            "[purposes.offers]\nreason='r'\nbasis='legitimate_interests'\nretention_days=1\ndata.cart='all'",
            25,
            "can't rest",
            "consent",
        ),
        (
            "[purposes.personalised_pricing]\nreason='r'\nbasis='legitimate_interests'\nretention_days=1\ndata.cart='all'",
            25,
            "can't rest",
            "consent",
        ),
        (
            "[purposes.offers]\nreason='r'\nbasis='consent'\ngives='g'\nretention_days=1\ndata.cart='all'\nsale_or_sharing=false",
            29,
            "direct marketing",
            "true",
        ),
        (
            "[purposes.personalised_pricing]\nreason='r'\nbasis='consent'\ngives='g'\nretention_days=1\ndata.orders='all'",
            28,
            "may never be used",
            "cart",
        ),
        ("[[kept_by_law]]\nkind='contact'\nlaw='L'\nyears=7", 24, "can't be kept by law", "`orders`"),
        ("[[kept_by_law]]\nkind='orders'\nyears=7", 23, "has no `law`", "Tax"),
        ("[[kept_by_law]]\nkind='orders'\nlaw='L'", 23, "for how long", "years = 7"),
        ("[[kept_by_law]]\nkind='orders'\nlaw='L'\nyears=7\nkeep_days=3", 27, "both", "take one"),
        ("[[kept_by_law]]\nkind='orders'\nlaw='L'\nyears=99", 26, "between 1 and 50", "7"),
        (
            "[[kept_by_law]]\nkind='orders'\nlaw='L'\nyears=7\n[[kept_by_law]]\nkind='orders'\nlaw='L'\nyears=7",
            27,
            "twice",
            "take one",
        ),
        ("[kept_by_law]\nkind='orders'\nlaw='L'\nyears=7", 23, "a list of sections", "[[kept_by_law]]"),
        (
            "[events.\"product viewed\"]\nfields=['x']",
            23,
            "`Product Viewed` is built in",
            "take this section out",
        ),
        ("[events.Joined]\nfields=[]", 24, "is empty", "tier"),
        ("[events.Joined]", 23, "has no `fields`", "tier"),
        ("[events.Joined]\nfields=['a b']", 24, "can't name a field", "letters"),
        ("[events.Joined]\nfields=['a']\n[events.joined]\nfields=['a']", 25, "twice", "take one"),
        ("[sensitive]\ncategories='x'", 24, "a list of texts", "["),
        ("[sensitve]\ncategories=['x']", 23, "no section `[sensitve]`", "did you mean `sensitive`"),
        ("[sensitive]\ncategory=['x']", 24, "no key `category`", "did you mean `categories`"),
        ("[sensitive.words]\nhelth=['clinic']", 24, "nearly, but not quite", "did you mean `health`"),
        ("[sensitive.words]\nshop=['clinic']", 24, "`shop` is the kind", "`categories`"),
        ("[sensitive.words]\nhealth=['ab*']", 24, "so short", "3 letters"),
        ("[sensitive.words]\nhealth=['*clinic']", 24, "a `*` in the middle", "at the end"),
        (
            "[[sensitive.harmless]]\nkind='childs'\nword='kids'\nreason='r'",
            24,
            "`childs` is no kind",
            "`children`",
        ),
        ("[[sensitive.harmless]]\nkind='children'\nword='kids'", 23, "has no `reason`", "reason ="),
        (
            "[[sensitive.harmless]]\nkind='children'\nreason='r'",
            23,
            "doesn't say what is harmless",
            "`word =",
        ),
        (
            "[[sensitive.harmless]]\nkind='children'\nitem='a'\nword='kids'\nreason='r'",
            23,
            "more than one thing",
            "write one of",
        ),
        (
            "[[sensitive.harmless]]\nkind='children'\nword='babys'\nreason='r'",
            25,
            "no word `babys`",
            "did you mean `baby*`",
        ),
        ("[offers]\nzone='Auckland'", 24, "`Auckland` is no time zone", "Europe/Berlin"),
        ("[offers]\nquiet_from='9pm'", 24, "`9pm` is no time of the day", "quiet_from = \"21:00\""),
        ("[offers]\nquiet_from=21", 24, "a text in quotes, not a number", "21:00"),
        ("[offers]\ndays_off=['sundays']", 24, "`sundays` is no day", "\"12-25\""),
        ("[offers]\nhold_minutes=0", 24, "between 1 and 1440", "hold_minutes"),
        ("[offers.caps]\ndaily=1", 24, "no key `daily`", "use one of day"),
        ("[offers.caps.mail]\nday=1", 23, "no key `mail`", "did you mean `email`"),
        ("[offers.caps.sms]\nday=-1", 24, "between 0 and 1000", "day"),
    ] {
        check(end, &and(more), line, what, mend);
    }
}

#[test]
fn text_that_is_not_toml_is_one_mistake_with_its_line() {
    for (from, to, line, mend) in [
        ("name = \"Tui\"", "name = Tui", 2, "quotes"),
        ("name = \"Tui\"", "name = \"Tui", 2, "quotes"),
        ("name = \"Tui\"", "name \"Tui\"", 2, "key = value"),
        ("name = \"Tui\"", "name = \"Tui\"\nname = \"Tui\"", 3, "once"),
        ("[\"NZ\"]", "[\"NZ\"", 7, "square brackets"),
        ("[intake]", "[intake", 9, "key = value"),
    ] {
        check(from, to, line, "can't be read", mend);
    }
}

#[test]
fn all_mistakes_are_reported_from_top_to_bottom() {
    let text = GOOD.replace("NZD", "dollars").replace("365", "\"2y\"").replace("item", "itme");
    let mistakes = read(&text).unwrap_err();
    assert_eq!(mistakes.iter().map(|m| m.line).collect::<Vec<_>>(), [7, 20, 22], "{}", lines_of(&mistakes));
    let whole: Vec<_> = read("").unwrap_err();
    assert_eq!(whole.len(), 3, "{}", lines_of(&whole));
}

proptest::proptest! {
    #[test]
    fn damaged_file_is_read_or_explained(from in 0..TEMPLATE.len(), length in 0..60_usize, into in "[a-z\"=\\[\\]\n{},.0-9]{0,3}") {
        let chars: Vec<char> = TEMPLATE.chars().collect();
        let damaged: String = chars.iter().take(from).copied()
            .chain(into.chars())
            .chain(chars.iter().skip(from + length).copied())
            .collect();
        match read(&damaged) {
            Ok(register) => proptest::prop_assert_eq!(read(&write(&register)), Ok(register)),
            Err(mistakes) => {
                let lines = damaged.lines().count() + 1;
                proptest::prop_assert!(!mistakes.is_empty());
                for mistake in mistakes {
                    proptest::prop_assert!((1..=lines).contains(&mistake.line) && !mistake.mend.is_empty(), "{}", mistake);
                }
            }
        }
    }
}

fn with_purpose(more: &str) -> String {
    format!("{GOOD}[purposes.family]\nreason='r'\ngives='g'\nretention_days=90\ndata.cart='all'\n{more}")
}

#[test]
fn explicit_yes_is_a_question_of_its_own() {
    let register = read(&with_purpose("basis='consent'\nexplicit_for=['children','pregnancy']\n")).unwrap();
    assert_eq!(register.purpose("family").unwrap().explicit_for.len(), 2);
    assert_eq!(read(&write(&register)).unwrap(), register);
    for (text, what) in [
        (with_purpose("basis='consent'\nexplicit_for=['childhood']\n"), "`childhood` is no kind"),
        (
            with_purpose("basis='legitimate_interests'\nexplicit_for=['children']\n"),
            "doesn't rest on consent",
        ),
        (
            GOOD.replace("gives = \"Fit.\"", "gives = \"Fit.\"\nexplicit_for = ['health']"),
            "a question of its own",
        ),
    ] {
        let mistakes = read(&text).unwrap_err();
        assert!(mistakes.len() == 1 && mistakes[0].what.contains(what), "{}", lines_of(&mistakes));
    }
}

#[test]
fn wider_explicit_yes_must_be_asked_for_again() {
    let narrow = read(&with_purpose("basis='consent'\nexplicit_for=['children']\n")).unwrap();
    let wide = read(&with_purpose("basis='consent'\nexplicit_for=['children','health']\n")).unwrap();
    let of = |register: &crate::register::Register| register.purpose("family").unwrap().clone();
    assert!(of(&wide).widens(&of(&narrow)) && !of(&narrow).widens(&of(&wide)));
}

#[test]
fn what_is_counted_over_a_month_is_kept_for_a_month() {
    let offers = |days: u32| {
        format!(
            "{GOOD}[purposes.offers]\nreason='r'\nbasis='consent'\ngives='g'\nretention_days={days}\ndata.offered='all'\n"
        )
    };
    assert!(read(&offers(31)).is_ok());
    let mistakes = read(&offers(30)).unwrap_err();
    assert!(mistakes.len() == 1 && mistakes[0].line == 27, "{}", lines_of(&mistakes));
    assert!(mistakes[0].mend.contains("retention_days = 31"));
}

#[test]
fn sensitive_goods_and_offers_read_back_the_same() {
    let text = format!(
        "{GOOD}[sensitive]\ncategories=['Mobility aids']\n[sensitive.words]\ngambling=['poker*']\nhealth=['walking frame*']\n\
         [[sensitive.harmless]]\nkind='children'\nword='kids'\nreason='r'\n[[sensitive.harmless]]\nkind='gambling'\n\
         item='a'\nreason='r'\n[offers]\nzone='Europe/Berlin'\nquiet_from='20:30'\ndays_off=['sunday','12-25','2026-12-26']\n\
         [offers.caps]\nday=2\n[offers.caps.post]\nweek=0\n"
    );
    let register = read(&text).unwrap_or_else(|m| panic!("{}", lines_of(&m)));
    assert_eq!(read(&write(&register)).unwrap(), register);
    assert_eq!(register.offers.caps.together[&crate::offers::Span::Day], 2);
    assert_eq!(register.offers.caps.together[&crate::offers::Span::Week], 3, "what is left out is as usual");
    assert_eq!(register.offers.quiet.zone, "Europe/Berlin");
}
