//! The routes, and `GET /v1/recommendations`: who may ask for whom, and the answer as JSON.

use axum::Json;
use axum::extract::Query;
use axum::http::{HeaderMap, Method};
use privacy::pseudonym::IdentityKind;
use privacy::signals::gpc;
use privacy::store::StoreError;
use serde::{Deserialize, Serialize};

use super::{Answer, Ask, Wanted, Who, recommend};
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

/// With what a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// The operator's token.
    Operator,
    /// A write key, which stands in every page of the shop.
    WriteKey,
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
    /// Where in the shop the answer will stand.
    placement: Option<String>,
    /// How many, 1 to 100; 10 if absent.
    count: Option<usize>,
    /// `products` (if absent), `articles` or `both`.
    content: Option<String>,
}

/// An answer: items with their reasons, and the purposes used and refused.
#[derive(Debug, Serialize)]
pub(crate) struct AnswerBody {
    items: Vec<ItemBody>,
    purposes: PurposesBody,
}

#[derive(Debug, Serialize)]
pub(crate) struct ItemBody {
    id: String,
    kind: &'static str,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    price_minor: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
    /// The sum of the parts of `why`.
    score: f64,
    why: Vec<ReasonBody>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ReasonBody {
    text: String,
    part: f64,
    /// The kind of the person's data behind it; absent when it is none of theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    because_of: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct PurposesBody {
    /// The purposes for which this person's data was used.
    used: Vec<String>,
    /// The purposes for which it was not, and why.
    refused: Vec<RefusedBody>,
}

#[derive(Debug, Serialize)]
pub(crate) struct RefusedBody {
    purpose: String,
    code: &'static str,
    reason: String,
}

impl From<Answer> for AnswerBody {
    fn from(answer: Answer) -> Self {
        let Answer { items, used, refused } = answer;
        let items = items
            .into_iter()
            .map(|recommended| ItemBody {
                id: recommended.item.id.clone(),
                kind: match recommended.item.kind {
                    store::ItemKind::Product => "product",
                    store::ItemKind::Article => "article",
                },
                name: recommended.item.name.clone(),
                price_minor: recommended.item.price_minor,
                currency: recommended.item.currency.clone(),
                url: recommended.item.url.clone(),
                picture: recommended.item.picture.clone(),
                score: recommended.score,
                why: recommended
                    .why
                    .into_iter()
                    .map(|reason| ReasonBody {
                        text: reason.text,
                        part: reason.part,
                        data: reason.data.map(privacy::data::Kind::as_str),
                        purpose: reason.purpose.map(|purpose| purpose.to_string()),
                        because_of: reason.cause_item,
                    })
                    .collect(),
            })
            .collect();
        let refused = refused
            .into_iter()
            .map(|(purpose, refusal)| RefusedBody {
                purpose: purpose.to_string(),
                code: refusal.code(),
                reason: refusal.to_string(),
            })
            .collect();
        Self {
            items,
            purposes: PurposesBody { used: used.iter().map(ToString::to_string).collect(), refused },
        }
    }
}

/// Recommendations for a person, or for nobody in particular.
pub(crate) async fn answer(
    axum::extract::State(app): State,
    headers: HeaderMap,
    query: Result<Query<Parameters>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<AnswerBody>, Problem> {
    let Query(parameters) = query.map_err(|rejection| {
        Problem::malformed(rejection.body_text(), "see /openapi.json for the parameters of this route")
    })?;
    let identity = match (&parameters.user_id, &parameters.anonymous_id) {
        (Some(_), Some(_)) => {
            return Err(Problem::malformed(
                "there are both `user_id` and `anonymous_id`",
                "send one of the two: `user_id` from your server, `anonymous_id` from the browser",
            ));
        }
        (Some(id), None) => {
            app.operator_token.check(&headers)?;
            Some((IdentityKind::UserId, id.clone(), Proof::Operator))
        }
        (None, anonymous) => {
            let proof = if app.operator_token.check(&headers).is_ok() {
                Proof::Operator
            } else {
                WriteKey::find(&headers, None, app.register())?;
                Proof::WriteKey
            };
            anonymous.clone().map(|id| (IdentityKind::AnonymousId, id, proof))
        }
    };
    let content = match parameters.content.as_deref() {
        None | Some("products") => Wanted::Products,
        Some("articles") => Wanted::Articles,
        Some("both") => Wanted::Both,
        Some(other) => {
            return Err(Problem::malformed(
                format!("`{other}` is no value of `content`"),
                "use `products`, `articles` or `both`",
            ));
        }
    };
    let count = parameters.count.unwrap_or(10);
    if !(1..=100).contains(&count) {
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
    let Parameters { item, placement, session, .. } = parameters;
    let answered = tokio::task::spawn_blocking(move || {
        let who = match identity {
            Some((kind, id, proof)) => app.store.read(|tx| {
                let Some(subject) = tx.find(kind, &id)? else { return Ok::<_, StoreError>(Who::Nobody) };
                match proof {
                    // A write key is public, and any id can be tied to a customer's number with it.
                    Proof::WriteKey if tx.is_named(&subject)? => Ok(Who::Unproven),
                    Proof::WriteKey | Proof::Operator => Ok(Who::Known(subject)),
                }
            })?,
            None => Who::Nobody,
        };
        let placement = placement.unwrap_or_else(|| "default".to_owned());
        recommend(&app, &Ask { who, placement, item, cart, visit, session, count, content, opt_out })
    })
    .await;
    match answered {
        Ok(answer) => answer.map(AnswerBody::from).map(Json),
        Err(error) => Err(Problem::internal(&error)),
    }
}
