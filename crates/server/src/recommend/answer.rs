//! One answer to one person: asks the ledger, reads through the grant what it opens, blends the models, and says why.
//! Whoever refuses is answered from the page alone, and from counts that name nobody.

use std::sync::Arc;

use jiff::Timestamp;
use models::recommend::blend::BlendError;
use models::recommend::repeat::Purchase;
use models::recommend::session::SessionKey;
use models::recommend::{Cause, ItemId};
use privacy::consent::Refusal;
use privacy::data::{BrowsingHistory, CartHistory, Feedback, Kind, PurchaseHistory, Shown, ShownItem};
use privacy::grant::{Authorize, Grant, ReadError};
use privacy::pseudonym::IdentityKind;
use privacy::purpose::{Personalisation, PurposeId};
use privacy::register::OptOutSignal;
use privacy::signals::Gpc;
use privacy::store::{Day, StoreError};
use privacy::subject::Subject;
use serde::{Deserialize, Serialize};

use super::basis::Basis;
use super::chain::{Given, fill};
use super::learning::declared;
use super::memory::{buyer_key, session_key};
use super::person::Look;
use super::reason::{Ground, Past, Words, explain};
use super::shelf::{Filter, Spot};
use super::{CatalogueItem, Circumstances, PART};
use crate::app::App;
use crate::experiments::enrol;
use crate::placements::{Link, Place};
use crate::web::Problem;

/// With what a person is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The operator's token: by the shop's own server.
    Operator,
    /// A write key, which stands in every page of the shop and so proves nothing.
    WriteKey,
}

/// Who asks.
#[derive(Debug, Clone)]
pub enum Who {
    /// Somebody unknown, or who hasn't chosen.
    Nobody,
    /// Somebody whom the ledger may know.
    Known(Subject),
    /// Whoever an identity leads to.
    Identified {
        /// What the identity is.
        kind: IdentityKind,
        /// Its value.
        id: String,
        /// With what was asked.
        proof: Proof,
    },
}

/// What is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// Things for sale.
    #[default]
    Products,
    /// Articles and guides.
    Articles,
    /// Both, by score.
    Both,
}

/// A question to the recommender.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Who asks.
    pub who: Who,
    /// Where in the shop the answer will stand.
    pub placement: String,
    /// The item on the page.
    pub item: Option<String>,
    /// What is in the cart, as the page says.
    pub cart: Vec<String>,
    /// What was looked at in this visit before, oldest first, as the page says.
    pub visit: Vec<String>,
    /// The visit that goes on, as the shop's client names it in its events: of what is remembered of the person, only
    /// this visit counts as one. Absent, what was looked at since yesterday does.
    pub session: Option<String>,
    /// What was just ordered, as the page says: for the page that thanks for an order.
    pub ordered: Vec<String>,
    /// What the request says about itself.
    pub circumstances: Circumstances,
    /// How many items are wanted, 1 to 100; as the place's rules say, if absent.
    pub count: Option<usize>,
    /// Of which sort; as the place's rules say, if absent.
    pub content: Option<Wanted>,
    /// What the customer narrowed it down to.
    pub filter: Filter,
    /// An opt-out signal that came with the question.
    pub opt_out: Gpc,
}

impl Ask {
    /// A question for somebody, on an empty page, for a place without rules of its own.
    #[must_use]
    pub fn of(who: Who) -> Self {
        Self {
            who,
            placement: "default".to_owned(),
            item: None,
            cart: Vec::new(),
            visit: Vec::new(),
            session: None,
            ordered: Vec::new(),
            circumstances: Circumstances::default(),
            count: None,
            content: None,
            filter: Filter::default(),
            opt_out: Gpc::Silent,
        }
    }
}

/// An answer, with the purposes that it rests on.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Best first.
    pub items: Vec<Recommended>,
    /// The purposes for which this person's data was used.
    pub used: Vec<PurposeId>,
    /// The purposes for which it would have been, and why it wasn't.
    pub refused: Vec<(PurposeId, Refusal)>,
    /// The experiment that the person takes part in here, and the variant that they see.
    pub experiment: Option<(String, String)>,
}

/// A recommended item. The parts of the reasons add up to the score.
#[derive(Debug, Clone)]
pub struct Recommended {
    /// What.
    pub item: Arc<CatalogueItem>,
    /// How well it fits; comparable within one answer only.
    pub score: f64,
    /// Why, the largest part first and what is added up of small ones last.
    pub why: Vec<Reason>,
    /// What of the place's chain gave it; `None` for what the shop pinned.
    pub link: Option<Link>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// In plain words.
    pub text: String,
    /// How much of the score it is.
    pub part: f64,
    /// The kind of the person's data behind it, if any.
    pub data: Option<Kind>,
    /// The purpose for which that data was used.
    pub purpose: Option<PurposeId>,
    /// The item that it is because of.
    pub cause_item: Option<String>,
}

impl Reason {
    /// A reason that rests on nobody's data.
    fn plain(text: impl Into<String>, part: f64) -> Self {
        Self { text: text.into(), part, data: None, purpose: None, cause_item: None }
    }
}

/// Answers a question, in one snapshot of the store: a few pages that are nearly always in memory, so that it may be
/// called where other things wait.
///
/// # Errors
/// [`Problem`] when the store can't be read. Refusals are no errors: they are in the answer.
pub fn recommend(app: &App, ask: &Ask) -> Result<Answer, Problem> {
    let now = app.now();
    let board = app.placements.board();
    let place = board.place(&ask.placement);
    let purpose = PurposeId::of::<Personalisation>();
    let signalled = ask.opt_out == Gpc::OptOut
        && app
            .register()
            .purpose(purpose.as_str())
            .is_some_and(|declaration| declaration.opt_out_signal == OptOutSignal::Refuses);
    let answered = app.store.read(|tx| {
        let subject = match &ask.who {
            Who::Nobody => Err(Refusal::UnknownSubject),
            Who::Known(subject) => Ok(*subject),
            Who::Identified { kind, id, proof } => match (tx.find(*kind, id)?, proof) {
                (None, _) => Err(Refusal::UnknownSubject),
                // A write key is public, and any id can be tied to a customer's number with it.
                (Some(subject), Proof::WriteKey) if tx.is_named(&subject)? => Err(Refusal::Unproven),
                (Some(subject), Proof::WriteKey | Proof::Operator) => Ok(subject),
            },
        };
        let enrolled = match (&subject, board.trial(&ask.placement)) {
            (Ok(subject), Some(trial)) => enrol(app, tx, trial, subject, ask, now)?,
            (Ok(_) | Err(_), _) => None,
        };
        let place = enrolled.as_ref().map_or(place, |enrolled| &enrolled.place);
        let grant = match subject {
            Ok(_) if signalled => Err(Refusal::OptOutSignal(purpose.clone())),
            Ok(subject) => match tx.authorize::<Personalisation>(&subject, PART, now) {
                Ok(grant) => Ok(grant),
                Err(ReadError::Refused(refusal)) => Err(refusal),
                Err(error) => return Err(error.into()),
            },
            Err(refusal) => Err(refusal),
        };
        let mut answer = match grant {
            Ok(grant) => {
                let items = answer_from(app, &grant, ask, place, now)?;
                let answer =
                    Answer { items, used: vec![purpose.clone()], refused: Vec::new(), experiment: None };
                app.engine.shown().push(*grant.subject(), shown(ask, &answer, now));
                answer
            }
            Err(refusal) => {
                let (items, _) = answer(app, ask, place, &Basis::default(), Ground::PageAlone, now)?;
                let refused = vec![(purpose.clone(), refusal)];
                Answer { items, used: Vec::new(), refused, experiment: None }
            }
        };
        if let Some(enrolled) = enrolled {
            answer.experiment = Some((enrolled.experiment.clone(), enrolled.variant.clone()));
            app.experiments.saw(enrolled);
        }
        Ok(answer)
    });
    let answer = match answered {
        Ok(answer) => answer,
        Err(Unanswered::Read(ReadError::Store(error))) => return Err(error.into()),
        Err(error) => return Err(Problem::internal(&error)),
    };
    app.metrics.recommendation(&answer.used, &answer.refused);
    Ok(answer)
}

fn shown(ask: &Ask, answer: &Answer, now: Timestamp) -> Shown {
    let items = answer
        .items
        .iter()
        .map(|recommended| ShownItem {
            item: recommended.item.id.clone(),
            why: recommended.why.iter().take(2).map(|reason| reason.text.clone()).collect(),
        })
        .collect();
    Shown { at: now.as_millisecond(), placement: ask.placement.clone(), items }
}

/// How far back looks belong to the visit that goes on, if none is named.
const VISIT_DAYS: u32 = 1;
/// How many looks of it count.
const LOOKS: usize = 20;

/// Opens what is remembered of the person, ranks with it, and says why.
fn answer_from(
    app: &App,
    grant: &Grant<'_, Personalisation>,
    ask: &Ask,
    place: &Place,
    now: Timestamp,
) -> Result<Vec<Recommended>, Unanswered> {
    let vault = app.vault();
    type Past = (BrowsingHistory, CartHistory, PurchaseHistory, Feedback);
    let remembered = grant.recall::<Past, _>(vault, |scope| {
        let (person, rows) = app.engine.person(scope);
        ((person, scope.oldest.first_second()), rows)
    });
    let Some(remembered) = declared(remembered)? else {
        return Ok(answer(app, ask, place, &Basis::default(), Ground::Granted, now)?.0);
    };
    // exposed: the visit as it stands and what was bought, to rank items for this very answer.
    let (person, oldest) = remembered.expose();
    let since = Day::of(now).minus(VISIT_DAYS).first_second().max(*oldest);
    let name = || vault.pseudonym(grant.subject());
    let named =
        ask.session.as_deref().map(|session| session_key(name(), Some(session), now.as_millisecond()));
    let looked = person.looked(since, LOOKS, named);
    let basis = Basis {
        own: looked.last().map(|look| look.session),
        looked,
        purchases: person.purchases(*oldest),
        unwanted: person.unwanted(*oldest),
        orders: Some((buyer_key(name()), *oldest)),
    };
    Ok(answer(app, ask, place, &basis, Ground::Granted, now)?.0)
}

/// What is shown, and what a rule kept out, with the rule.
type Filled = (Vec<Recommended>, Vec<(String, &'static str)>);

fn answer(
    app: &App,
    ask: &Ask,
    place: &Place,
    basis: &Basis<'_>,
    ground: Ground,
    now: Timestamp,
) -> Result<Filled, Unanswered> {
    let catalogue = app.engine.catalogue();
    let register = app.register();
    let spot = Spot::new(place, ask, &register.shop.currency);
    let home = register.shop.region.as_deref();
    let filled = fill(&app.engine, &catalogue, &spot, basis, ground, home, now)?;
    let nobody = Basis::default();
    let (past, nobodys) = (Past::of(basis), Past::of(&nobody));
    Ok(app.engine.ask(|models| {
        let item = |item: ItemId| catalogue.numbered(item).or_else(|| models.nameless(item));
        let recommended = |given: Given| {
            let Given { link, scored, category, margin } = given;
            let known = item(scored.item())?;
            let words = Words { item: &item, regions: models.counting.regions() };
            let is_new = scored.parts().iter().any(|part| part.cause == Cause::New);
            let mut why = match (link, category) {
                (None, _) => vec![Reason::plain("Chosen by this shop", 0.0)],
                (Some(Link::Newest), _) if is_new => explain(&scored, ground, &past, &words),
                (Some(Link::Newest), _) => vec![Reason::plain(newest(known), scored.score())],
                (Some(Link::Category), Some(category)) => {
                    let text = format!("Popular in {category} at the moment");
                    vec![Reason::plain(text, scored.score())]
                }
                (Some(Link::Personal), _) => explain(&scored, ground, &past, &words),
                (Some(Link::GoesWith | Link::Category | Link::Popular), _) => {
                    explain(&scored, Ground::PageAlone, &nobodys, &words)
                }
            };
            if margin > 0.0 {
                why.push(Reason::plain("The shop earns more with this", margin));
            }
            Some(Recommended { item: Arc::clone(known), score: scored.score() + margin, why, link })
        };
        let left_out = filled.left_out.into_iter();
        let named = |(of, why): (ItemId, &'static str)| item(of).map(|item| (item.id.clone(), why));
        (filled.items.into_iter().filter_map(recommended).collect(), left_out.filter_map(named).collect())
    }))
}

fn newest(item: &CatalogueItem) -> String {
    let day = item.added.as_ref().and_then(|day| day.parse::<jiff::civil::Date>().ok());
    match day {
        Some(day) => format!("In this shop since {}", day.strftime("%-d %B %Y")),
        None => "Also in this shop".to_owned(),
    }
}

/// A made-up customer, for a preview.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// What they looked at in this visit, oldest first.
    #[serde(default)]
    pub looked: Vec<String>,
    /// What they bought a month ago.
    #[serde(default)]
    pub bought: Vec<String>,
}

/// Fills a place for a made-up customer or, if they did nothing, for nobody; and says what a rule kept out. Opens
/// nobody's data and keeps nothing.
///
/// # Errors
/// [`Problem`] when something that the sample did is in no catalogue, or the models can't answer.
pub fn preview(app: &App, place: &Place, ask: &Ask, sample: &Sample) -> Result<Filled, Problem> {
    let now = app.now();
    let Sample { looked, bought } = sample;
    let number = |id: &String| {
        let known = app.engine.ask(|models| models.known(id));
        known.ok_or_else(|| {
            Problem::malformed(format!("no item is called `{id}`"), "see the ids of your catalogue")
        })
    };
    let looked = looked.iter().map(number).collect::<Result<Vec<ItemId>, Problem>>()?;
    let bought = bought.iter().map(number).collect::<Result<Vec<ItemId>, Problem>>()?;
    let look =
        |item| Look { second: now.as_second(), item, session: SessionKey(0), kind: Kind::BrowsingHistory };
    let month_ago = now.as_second() - 30 * 86_400;
    let purchase = |item| Purchase { item, time: month_ago, quantity: 1 };
    let purchases: Vec<Purchase> = bought.into_iter().map(purchase).collect();
    let basis = Basis {
        looked: looked.into_iter().map(look).collect(),
        purchases: &purchases,
        unwanted: Vec::new(),
        orders: None,
        own: None,
    };
    let ground =
        if basis.looked.is_empty() && purchases.is_empty() { Ground::PageAlone } else { Ground::Granted };
    answer(app, ask, place, &basis, ground, now).map_err(|error| Problem::internal(&error))
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
enum Unanswered {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Blend(#[from] BlendError),
}

impl From<StoreError> for Unanswered {
    fn from(error: StoreError) -> Self {
        Self::Read(error.into())
    }
}
