//! The routes, and `GET /v1/recommendations`: who may ask for whom, and the answer as JSON.

use axum::Json;
use axum::extract::Query;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse as _, Response};
use privacy::pseudonym::IdentityKind;
use privacy::purpose::PurposeId;
use privacy::signals::gpc;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Answer, Ask, Circumstances, Filter, Proof, Reason, Recommended, Wanted, Who, recommend};
use crate::app::App;
use crate::placements::Link;
use crate::web::{Access, Problem, State, Table, WriteKey};

/// The routes of this feature.
#[must_use]
pub fn routes(table: Table) -> Table {
    table.declare(Access::Client, Method::GET, "/v1/recommendations", answer).declare(
        Access::Operator,
        Method::POST,
        "/v1/catalogue",
        super::stocking::stock,
    )
}

/// The question's parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    /// The browser's or app's own random id. With a write key, nobody else can be asked for.
    anonymous_id: Option<String>,
    /// The shop's number of a customer; needs the operator's token.
    user_id: Option<String>,
    /// The product or article on the page.
    item: Option<String>,
    /// What is in the cart, separated by commas.
    cart: Option<String>,
    /// What was looked at in this visit, separated by commas, oldest first.
    visit: Option<String>,
    /// The visit that goes on, as the shop's client names it in its events.
    session: Option<String>,
    /// What was just ordered, separated by commas: for the page that thanks for an order.
    ordered: Option<String>,
    /// `desktop`, `mobile` or `tablet`; if absent, what the browser's own headers say.
    device: Option<String>,
    /// Where the visit came from: `search`, `social`, `email`, `direct`, `other`, or the address of that page.
    referrer: Option<String>,
    /// The place that the page is about, from wide to narrow: `nz/auckland`.
    region: Option<String>,
    /// Where in the shop the answer will stand.
    placement: Option<String>,
    /// How many, 1 to 100; as the place's rules say, if absent.
    count: Option<usize>,
    /// `products`, `articles` or `both`; as the place's rules say, if absent.
    content: Option<String>,
    /// Only from these categories, separated by commas.
    category: Option<String>,
    /// No cheaper than this, in minor units of the shop's currency.
    price_min: Option<i64>,
    /// No dearer than this.
    price_max: Option<i64>,
}

/// An answer: items with their reasons, and the purposes used and refused.
#[derive(Debug, Serialize)]
struct AnswerBody<'a> {
    items: Vec<ItemBody<'a>>,
    purposes: PurposesBody<'a>,
    /// The experiment that the person takes part in, and what they see of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    experiment: Option<ExperimentBody<'a>>,
}

#[derive(Debug, Serialize)]
struct ExperimentBody<'a> {
    name: &'a str,
    variant: &'a str,
}

#[derive(Debug, Serialize)]
struct ItemBody<'a> {
    id: &'a str,
    kind: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    price_minor: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<&'a str>,
    /// What gave it: a link of the place's chain, or `pinned`.
    link: &'static str,
    /// The sum of the parts of `why`.
    score: f64,
    why: Vec<ReasonBody<'a>>,
}

#[derive(Debug, Serialize)]
struct ReasonBody<'a> {
    text: &'a str,
    part: f64,
    /// The kind of the person's data behind it; absent when it is none of theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    because_of: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct PurposesBody<'a> {
    /// The purposes for which this person's data was used.
    used: Vec<&'a str>,
    /// The purposes for which it was not, and why.
    refused: Vec<RefusedBody<'a>>,
}

#[derive(Debug, Serialize)]
struct RefusedBody<'a> {
    purpose: &'a str,
    code: &'static str,
    reason: String,
}

impl<'a> From<&'a Answer> for AnswerBody<'a> {
    fn from(answer: &'a Answer) -> Self {
        let Answer { items, used, refused, experiment } = answer;
        let refused = refused
            .iter()
            .map(|(purpose, refusal)| RefusedBody {
                purpose: purpose.as_str(),
                code: refusal.code(),
                reason: refusal.to_string(),
            })
            .collect();
        Self {
            items: items.iter().map(ItemBody::from).collect(),
            purposes: PurposesBody { used: used.iter().map(PurposeId::as_str).collect(), refused },
            experiment: experiment.as_ref().map(|(name, variant)| ExperimentBody { name, variant }),
        }
    }
}

impl<'a> From<&'a Recommended> for ItemBody<'a> {
    fn from(recommended: &'a Recommended) -> Self {
        let Recommended { item, score, why, link } = recommended;
        Self {
            id: &item.id,
            kind: match item.kind {
                store::ItemKind::Product => "product",
                store::ItemKind::Article => "article",
            },
            name: &item.name,
            price_minor: item.price_minor,
            currency: item.currency.as_deref(),
            url: item.url.as_deref(),
            picture: item.picture.as_deref(),
            link: link.map_or("pinned", Link::as_str),
            score: *score,
            why: why.iter().map(ReasonBody::from).collect(),
        }
    }
}

impl<'a> From<&'a Reason> for ReasonBody<'a> {
    fn from(reason: &'a Reason) -> Self {
        let Reason { text, part, data, purpose, cause_item } = reason;
        Self {
            text,
            part: *part,
            data: data.map(privacy::data::Kind::as_str),
            purpose: purpose.as_ref().map(PurposeId::as_str),
            because_of: cause_item.as_deref(),
        }
    }
}

/// Recommended items as an answer holds them.
pub(crate) fn shown_items(items: &[Recommended]) -> Value {
    let bodies: Vec<ItemBody<'_>> = items.iter().map(ItemBody::from).collect();
    serde_json::to_value(bodies).unwrap_or_default()
}

/// Recommendations for a person, or for nobody in particular.
pub(crate) async fn answer(
    axum::extract::State(app): State,
    headers: HeaderMap,
    query: Result<Query<Parameters>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(parameters) = query.map_err(|rejection| {
        Problem::malformed(rejection.body_text(), "see /openapi.json for the parameters of this route")
    })?;
    let who = who(&app, &headers, &parameters)?;
    let content = match parameters.content.as_deref() {
        None => None,
        Some("products") => Some(Wanted::Products),
        Some("articles") => Some(Wanted::Articles),
        Some("both") => Some(Wanted::Both),
        Some(other) => {
            return Err(Problem::malformed(
                format!("`{other}` is no value of `content`"),
                "use `products`, `articles` or `both`",
            ));
        }
    };
    let count = parameters.count;
    if let Some(count) = count.filter(|count| !(1..=100).contains(count)) {
        return Err(Problem::malformed(format!("`count` is {count}"), "ask for 1 to 100 items"));
    }
    let list = |text: &Option<String>| -> Vec<String> {
        text.iter()
            .flat_map(|text| text.split(','))
            .map(str::trim)
            .filter(|id| !id.is_empty())
            .take(50)
            .map(str::to_owned)
            .collect()
    };
    let opt_out = gpc(headers.get_all("sec-gpc").iter().map(axum::http::HeaderValue::as_bytes));
    let (cart, visit) = (list(&parameters.cart), list(&parameters.visit));
    let filter = Filter::new(list(&parameters.category), parameters.price_min, parameters.price_max)?;
    let ordered = list(&parameters.ordered);
    let circumstances = {
        let Parameters { device, referrer, region, .. } = &parameters;
        Circumstances::of(&headers, device.as_deref(), referrer.as_deref(), region.as_deref())
    };
    let Parameters { item, placement, session, .. } = parameters;
    let placement = placement.unwrap_or_else(|| "default".to_owned());
    let answer = recommend(
        &app,
        &Ask {
            who,
            placement,
            item,
            cart,
            visit,
            session,
            ordered,
            circumstances,
            count,
            content,
            filter,
            opt_out,
        },
    )?;
    Ok(Json(AnswerBody::from(&answer)).into_response())
}

/// Who is asked for, and with what.
fn who(app: &App, headers: &HeaderMap, parameters: &Parameters) -> Result<Who, Problem> {
    match (&parameters.user_id, &parameters.anonymous_id) {
        (Some(_), Some(_)) => Err(Problem::malformed(
            "there are both `user_id` and `anonymous_id`",
            "send one of the two: `user_id` from your server, `anonymous_id` from the browser",
        )),
        (Some(id), None) => {
            app.operator_token.check(headers)?;
            Ok(Who::Identified { kind: IdentityKind::UserId, id: id.clone(), proof: Proof::Operator })
        }
        (None, anonymous) => {
            let proof = if app.operator_token.check(headers).is_ok() {
                Proof::Operator
            } else {
                WriteKey::find(headers, None, app.register())?;
                Proof::WriteKey
            };
            Ok(anonymous.clone().map_or(Who::Nobody, |id| Who::Identified {
                kind: IdentityKind::AnonymousId,
                id,
                proof,
            }))
        }
    }
}
