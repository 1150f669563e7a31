//! The list that ships: words of categories, tags and names that make goods sensitive, in English, German, French and
//! Spanish. A `*` at a word's end stands for any ending. A word may stand here only if it is seldom harmless.

/// A kind of sensitive goods that ships.
#[derive(Debug, Clone, Copy)]
pub struct Shipped {
    /// Its name in `equipoise.toml`.
    pub kind: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// The words.
    pub words: &'static [&'static str],
}

/// Every kind that ships.
pub const SHIPPED: &[Shipped] = &[
    Shipped { kind: "health", label: "health", words: HEALTH },
    Shipped { kind: "pregnancy", label: "pregnancy and fertility", words: PREGNANCY },
    Shipped { kind: "religion", label: "religion", words: RELIGION },
    Shipped { kind: "sexuality", label: "sexuality", words: SEXUALITY },
    Shipped { kind: "money", label: "money trouble", words: MONEY },
    Shipped { kind: "children", label: "children", words: CHILDREN },
    Shipped { kind: "politics", label: "politics and trade unions", words: POLITICS },
    Shipped { kind: "origin", label: "ethnic origin and genes", words: ORIGIN },
];

#[rustfmt::skip]
const HEALTH: &[&str] = &[
    "medicine*", "medication*", "medical", "pharmacy", "pharmaceutical*", "prescription*", "blood pressure",
    "blood sugar", "blood glucose", "diabet*", "insulin*", "asthma*", "inhaler*", "cancer", "chemotherap*", "hiv",
    "antidepress*", "depression*", "anxiety", "mental health", "adhd", "epilep*", "dementia", "alzheimer*",
    "incontinen*", "catheter*", "stoma", "ostomy", "haemorrhoid*", "hemorrhoid*", "wheelchair*", "prosthe*",
    "orthopaed*", "orthoped*", "hearing aid*", "menopaus*", "psoriasis", "eczema", "weight loss", "quit smoking",
    "stop smoking", "nicotine*",
    "medikament*", "medizin*", "arznei*", "apotheke*", "blutdruck*", "blutzucker*", "inkontinenz*", "rollstuhl*",
    "rollstühl*", "hörgerät*", "wechseljahr*", "schuppenflechte", "neurodermitis", "krebstherapie*", "gehhilfe*",
    "raucherentwöhnung", "angststörung*",
    "médicament*", "pharmacie*", "tension artérielle", "glycémie", "fauteuil roulant", "fauteuils roulants",
    "prothèse*", "ménopause", "santé mentale", "dépression", "appareil auditif", "perte de poids",
    "medicamento*", "farmacia", "presión arterial", "tensiómetro*", "glucosa", "silla de ruedas", "sillas de ruedas",
    "prótesis", "menopausia", "salud mental", "depresión", "audífono médico", "pérdida de peso",
];

#[rustfmt::skip]
const PREGNANCY: &[&str] = &[
    "pregnan*", "maternity", "prenatal", "antenatal", "postnatal", "ovulation*", "fertility", "morning sickness",
    "breastfeed*", "breast feeding", "breast pump*", "nursing bra*",
    "schwanger*", "umstandsmode", "umstandskleid*", "umstandshose*", "stillkissen", "still bh", "stilltee",
    "milchpumpe*", "kinderwunsch*", "eisprung*",
    "grossesse*", "femme enceinte", "femmes enceintes", "maternité", "allaitement", "tire lait", "fertilité",
    "embaraz*", "premamá", "maternidad", "lactancia", "sacaleches", "ovulación", "fertilidad",
];

#[rustfmt::skip]
const RELIGION: &[&str] = &[
    "bible*", "quran*", "koran*", "torah*", "rosary", "rosaries", "crucifix*", "christening*", "baptism*",
    "first communion", "halal", "kosher", "hijab*", "kippah*", "yarmulke*", "prayer mat*", "prayer rug*",
    "prayer bead*", "hanukkah*", "menorah*", "ramadan*",
    "bibel*", "thora*", "rosenkranz", "rosenkränze", "kruzifix*", "taufkleid*", "taufkerze*", "kommunion*",
    "konfirmation*", "gebetsteppich*", "gebetskette*", "koscher*",
    "coran", "chapelet*", "baptême*", "première communion", "tapis de prière", "casher", "voile islamique",
    "biblia*", "corán", "rosario*", "crucifijo*", "bautizo*", "primera comunión", "alfombra de oración",
];

#[rustfmt::skip]
const SEXUALITY: &[&str] = &[
    "sex toy*", "vibrator*", "dildo*", "condom*", "personal lubricant*", "lgbt*", "gay", "lesbian*", "queer*",
    "transgender", "chest binder*", "erotic*", "fetish*", "viagra", "erectile",
    "sexspielzeug*", "kondom*", "erotik*", "gleitgel*", "lesbisch*", "homosexu*", "potenzmittel",
    "sextoy*", "préservatif*", "érotique*", "lesbien*", "lubrifiant intime",
    "juguete sexual", "juguetes sexuales", "preservativo*", "condón", "vibrador*", "lesbian*", "lubricante íntimo",
];

#[rustfmt::skip]
const MONEY: &[&str] = &[
    "debt", "debts", "bankrupt*", "insolvenc*", "payday loan*", "bad credit", "credit repair", "pawn loan*",
    "loan consolidation",
    "schulden*", "insolvenz*", "pfandleih*", "pfandkredit*", "kredit ohne schufa", "umschuldung*",
    "surendettement", "dettes", "faillite", "rachat de crédit*", "crédit renouvelable",
    "deuda*", "bancarrota", "insolvencia", "crédito rápido", "créditos rápidos", "préstamo rápido",
];

#[rustfmt::skip]
const CHILDREN: &[&str] = &[
    "child", "children*", "kids", "kidswear", "baby*", "babies", "infant", "infants", "toddler*", "newborn*", "nappy",
    "nappies", "diaper*", "pushchair*", "pram", "prams", "stroller*", "school uniform*",
    "kinder*", "kleinkind*", "säugling*", "windel", "windeln", "schulranzen",
    "enfant*", "bébé*", "nourrisson*", "couches bébé", "poussette*", "puériculture",
    "niño*", "niña*", "infantil*", "pañales", "cochecito*",
];

#[rustfmt::skip]
const POLITICS: &[&str] = &[
    "political party", "trade union*", "labour union*", "labor union*", "election campaign*",
    "politische partei", "gewerkschaft*", "wahlkampf*",
    "parti politique", "syndicat", "syndicats", "campagne électorale",
    "partido político", "sindicato*", "campaña electoral",
];

#[rustfmt::skip]
const ORIGIN: &[&str] = &[
    "dna test*", "genetic test*", "ancestry test*", "skin lightening", "skin whitening",
    "dna analyse", "gentest*", "ahnentest*", "hautaufhell*",
    "test adn", "test génétique", "éclaircissant pour la peau",
    "prueba de adn", "prueba genética", "blanqueador de piel",
];
