//! Which goods are sensitive, by the words of their categories, tags and names. Descriptions aren't read: they say what a
//! thing isn't for as often as what it is for. Capital letters and accents make no difference.
//!
//! Must never look at a person: whatever it says, it says about a thing.

use std::collections::{BTreeSet, HashMap};

use super::{Harmless, SHIPPED, SensitiveKind, SensitiveRules, Spared};

/// A thing in the catalogue, as far as it is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Goods<'a> {
    /// The shop's id.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its categories.
    pub categories: &'a [String],
    /// Its tags.
    pub tags: &'a [String],
}

/// Why a thing is sensitive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// Of which kind.
    pub kind: SensitiveKind,
    /// Where the word stands.
    pub spot: Spot,
    /// The text in which it stands.
    pub text: String,
    /// The word, as the list has it.
    pub word: String,
}

/// Where a word stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// In a category.
    Category,
    /// In a tag.
    Tag,
    /// In the name.
    Name,
}

impl Spot {
    /// The word for people and programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Tag => "tag",
            Self::Name => "name",
        }
    }
}

/// The whole list, shipped and the shop's own, ready to look things over.
#[derive(Debug, Clone)]
pub struct SensitiveGoods {
    /// By the first three letters of the first word.
    patterns: HashMap<String, Vec<Pattern>>,
    /// Whole categories of the shop's own, folded, as written.
    categories: HashMap<Vec<String>, String>,
    harmless: Vec<Harmless>,
}

#[derive(Debug, Clone)]
struct Pattern {
    kind: SensitiveKind,
    words: Vec<String>,
    /// Whether the last word may go on.
    open: bool,
    /// As the list has it.
    written: String,
}

impl SensitiveGoods {
    /// The list that ships with what the shop adds to it.
    ///
    /// ```
    /// use privacy::sensitive::{Goods, SensitiveGoods, SensitiveRules};
    /// let list = SensitiveGoods::of(&SensitiveRules::default());
    /// let test = Goods { id: "t-1", name: "Schwangerschaftstest", categories: &[], tags: &[] };
    /// assert_eq!(list.matches(&test)[0].kind.as_str(), "pregnancy");
    /// let tent = Goods { id: "t-2", name: "Kea tent", categories: &["tramping".into()], tags: &[] };
    /// assert!(list.matches(&tent).is_empty());
    /// ```
    #[must_use]
    pub fn of(rules: &SensitiveRules) -> Self {
        let SensitiveRules { categories, words, harmless } = rules;
        let shipped = SHIPPED.iter().flat_map(|one| {
            let kind: Option<SensitiveKind> = one.kind.parse().ok();
            one.words.iter().filter_map(move |word| Some((kind.clone()?, (*word).to_owned())))
        });
        let own =
            words.iter().flat_map(|(kind, words)| words.iter().map(move |word| (kind.clone(), word.clone())));
        let mut patterns: HashMap<String, Vec<Pattern>> = HashMap::new();
        for (kind, written) in shipped.chain(own) {
            let words = folded(&written);
            let Some(first) = words.first() else { continue };
            let open = written.trim_end().ends_with('*');
            patterns.entry(beginning(first)).or_default().push(Pattern { kind, words, open, written });
        }
        let categories = categories.iter().map(|name| (folded(name), name.clone())).collect();
        Self { patterns, categories, harmless: harmless.clone() }
    }

    /// Why a thing is sensitive, each kind and word once a text; nothing if it isn't.
    #[must_use]
    pub fn matches(&self, goods: &Goods<'_>) -> Vec<Match> {
        let Goods { id: _, name, categories, tags } = goods;
        let texts = (categories.iter().map(|text| (Spot::Category, text.as_str())))
            .chain(tags.iter().map(|text| (Spot::Tag, text.as_str())))
            .chain([(Spot::Name, *name)]);
        let mut found = BTreeSet::new();
        for (spot, text) in texts {
            self.look_over(spot, text, &mut found);
        }
        if !found.is_empty() {
            found.retain(|one| !self.harmless.iter().any(|harmless| spares(harmless, goods, one)));
        }
        found.into_iter().collect()
    }

    fn look_over(&self, spot: Spot, text: &str, found: &mut BTreeSet<Match>) {
        let words = folded(text);
        let mut note = |kind: &SensitiveKind, word: &str| {
            found.insert(Match { kind: kind.clone(), spot, text: text.to_owned(), word: word.to_owned() });
        };
        for (place, word) in words.iter().enumerate() {
            let rest = words.get(place..).unwrap_or_default();
            for pattern in self.patterns.get(&beginning(word)).into_iter().flatten() {
                if pattern.begins(rest) {
                    note(&pattern.kind, &pattern.written);
                }
            }
        }
        if let (Spot::Category | Spot::Tag, Some(written)) = (spot, self.categories.get(&words)) {
            note(&SensitiveKind::shop(), written);
        }
    }
}

impl Pattern {
    fn begins(&self, words: &[String]) -> bool {
        let last = self.words.len().saturating_sub(1);
        self.words.len() <= words.len()
            && self.words.iter().zip(words).enumerate().all(|(place, (mine, word))| {
                mine == word || (place == last && self.open && word.starts_with(mine.as_str()))
            })
    }
}

fn spares(harmless: &Harmless, goods: &Goods<'_>, found: &Match) -> bool {
    let Harmless { kind, spared, reason: _ } = harmless;
    *kind == found.kind
        && match spared {
            Spared::Item(id) => id == goods.id,
            Spared::Category(name) => goods.categories.iter().any(|one| folded(one) == folded(name)),
            Spared::Word(word) => folded(word) == folded(&found.word),
        }
}

fn beginning(word: &str) -> String {
    word.chars().take(3).collect()
}

/// The words of a text, in lower case, without accents.
pub(crate) fn folded(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in text.chars().flat_map(char::to_lowercase) {
        let Some(word) = words.last_mut() else { continue };
        match letter {
            'à'..='å' | 'ā' | 'ă' | 'ą' => word.push('a'),
            'æ' => word.push_str("ae"),
            'ç' | 'ć' | 'č' => word.push('c'),
            'è'..='ë' | 'ē' | 'ę' | 'ě' => word.push('e'),
            'ì'..='ï' | 'ī' => word.push('i'),
            'ñ' | 'ń' => word.push('n'),
            'ò'..='ö' | 'ø' | 'ō' | 'ő' => word.push('o'),
            'œ' => word.push_str("oe"),
            'ù'..='ü' | 'ū' | 'ů' | 'ű' => word.push('u'),
            'ý' | 'ÿ' => word.push('y'),
            'ś' | 'š' => word.push('s'),
            'ß' => word.push_str("ss"),
            'ź' | 'ż' | 'ž' => word.push('z'),
            // Accents that stand beside their letter.
            '\u{300}'..='\u{36f}' => {}
            other if other.is_alphanumeric() => word.push(other),
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds_of(rules: &SensitiveRules, name: &str, categories: &[&str]) -> Vec<String> {
        let categories: Vec<String> = categories.iter().map(|one| (*one).to_owned()).collect();
        let goods = Goods { id: "x", name, categories: &categories, tags: &[] };
        let found = SensitiveGoods::of(rules).matches(&goods);
        let mut kinds: Vec<String> = found.into_iter().map(|one| one.kind.to_string()).collect();
        kinds.dedup();
        kinds
    }

    #[test]
    fn shipped_words_match_in_four_languages() {
        let rules = SensitiveRules::default();
        for (name, kind) in [
            ("Pregnancy test, 2 pcs", "pregnancy"),
            ("PREGNANT? Vitamins", "pregnancy"),
            ("Schwangerschaftstest", "pregnancy"),
            ("Coussin de grossesse", "pregnancy"),
            ("Vitaminas para embarazadas", "pregnancy"),
            ("Blood pressure monitor", "health"),
            ("Blutdruckmessgerät", "health"),
            ("Médicaments", "health"),
            ("Me\u{301}dicaments", "health"),
            ("Silla de ruedas", "health"),
            ("Gebetsteppich", "religion"),
            ("Prayer mat, blue", "religion"),
            ("Kondome 12er", "sexuality"),
            ("Préservatifs", "sexuality"),
            ("Schuldenberatung", "money"),
            ("Ropa para niños", "children"),
            ("Kids' raincoat", "children"),
            ("DNA test kit", "origin"),
            ("Trade union badge", "politics"),
        ] {
            assert_eq!(kinds_of(&rules, name, &[]), [kind], "{name}");
        }
    }

    #[test]
    fn words_within_words_and_everyday_goods_do_not_match() {
        for name in [
            "Kea 40L pack",
            "Kind of blue (vinyl)",
            "Chain lubricant",
            "Enceinte Bluetooth",
            "Veste 3 couches",
            "Skidproof mat",
            "Bicycle bell",
            "Debtor's",
            "Regenjacke",
            "Audífonos",
            "Cancerian mug",
            "First aid kit",
        ] {
            assert_eq!(kinds_of(&SensitiveRules::default(), name, &[]), Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn shop_extends_the_list_and_answers_for_exceptions() {
        let mut rules = SensitiveRules::default();
        rules.categories.insert("Mobility aids".to_owned());
        let gambling: SensitiveKind = "gambling".parse().unwrap();
        rules.words.insert(gambling, ["poker*".to_owned()].into());
        assert_eq!(kinds_of(&rules, "Cane", &["MOBILITY AIDS"]), ["shop"]);
        assert_eq!(kinds_of(&rules, "Cane", &["Mobility aids for bikes"]), Vec::<String>::new());
        assert_eq!(kinds_of(&rules, "Pokerchips", &[]), ["gambling"]);
        assert_eq!(kinds_of(&rules, "Bell", &["Kids' bikes"]), ["children"]);
        let children: SensitiveKind = "children".parse().unwrap();
        let spare = |spared| Harmless { kind: children.clone(), spared, reason: "r".to_owned() };
        for spared in [
            Spared::Category("kids bikes".to_owned()),
            Spared::Word("kids".to_owned()),
            Spared::Item("x".to_owned()),
        ] {
            rules.harmless = vec![spare(spared)];
            assert_eq!(kinds_of(&rules, "Bell", &["Kids' bikes"]), Vec::<String>::new());
            assert_eq!(kinds_of(&rules, "Pregnancy test", &["Kids' bikes"]), ["pregnancy"], "one kind only");
        }
    }

    #[test]
    fn why_a_thing_is_sensitive_is_said_with_the_word() {
        let categories = ["Baby".to_owned()];
        let goods = Goods { id: "x", name: "Pregnancy pillow", categories: &categories, tags: &[] };
        let found = SensitiveGoods::of(&SensitiveRules::default()).matches(&goods);
        let said: Vec<_> = found
            .iter()
            .map(|one| (one.kind.as_str(), one.spot, one.text.as_str(), one.word.as_str()))
            .collect();
        assert_eq!(
            said,
            [
                ("children", Spot::Category, "Baby", "baby*"),
                ("pregnancy", Spot::Name, "Pregnancy pillow", "pregnan*")
            ]
        );
    }

    #[test]
    fn every_shipped_word_is_found_in_itself() {
        let list = SensitiveGoods::of(&SensitiveRules::default());
        for (kind, word) in SHIPPED.iter().flat_map(|one| one.words.iter().map(|word| (one.kind, *word))) {
            let name = word.trim_end_matches('*');
            let found = list.matches(&Goods { id: "x", name, categories: &[], tags: &[] });
            assert!(found.iter().any(|one| one.kind.as_str() == kind && one.word == word), "{word}");
            assert!(
                folded(word).iter().all(|part| part.len() >= 2) && name.len() >= 3,
                "{word} is too short"
            );
        }
    }
}
