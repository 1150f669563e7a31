//! Who an event says it is about, and what it says of them: ids, traits, device. An e-mail address or phone number in
//! the place of an id is what it is, never a plain id.

use privacy::data::{Millis, Seen, Stated};
use privacy::minimise::{CameFrom, Kind, looks_like_personal, region, truncate_ip};
use privacy::pseudonym::IdentityKind;

use super::document::Json;
use super::field::{PersonalId, detail, first, language, member, raw_id, repeated_id};
use super::recent::Recent;
use super::row::Row;

/// The ids of an event.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Claims {
    /// `userId`: the shop's number, or an e-mail address or phone number that stood in its place.
    pub(crate) name: Option<(IdentityKind, String)>,
    /// `anonymousId`, and what an `alias` names as the former id.
    pub(crate) devices: Vec<String>,
    /// `traits.email`.
    pub(crate) email: Option<String>,
    /// `traits.phone`.
    pub(crate) phone: Option<String>,
}

/// Reads the ids.
pub(super) fn claims<'e>(
    event: &'e Json<'_>,
    traits: &Json<'_>,
    recent: &mut Recent<'e>,
) -> Result<Claims, PersonalId> {
    let stated = first(event, &["userId", "user_id"]);
    let name = match raw_id(stated) {
        None => None,
        Some(text) => Some(
            match stated
                .as_str()
                .map_or_else(|| looks_like_personal(&text), |text| recent.personal(text.trim()))
            {
                None => (IdentityKind::UserId, text),
                Some(Kind::EMail) => (IdentityKind::Email, IdentityKind::Email.normalise(&text)),
                Some(Kind::Phone) => (IdentityKind::Phone, IdentityKind::Phone.normalise(&text)),
                Some(
                    Kind::Card
                    | Kind::BankAccount
                    | Kind::TaxNumber
                    | Kind::IpAddress
                    | Kind::BirthDate
                    | Kind::Link,
                ) => {
                    return Err(PersonalId);
                }
            },
        ),
    };
    let mut devices = Vec::with_capacity(1);
    devices.extend(repeated_id(first(event, &["anonymousId", "anonymous_id"]), recent)?);
    let email = detail(member(traits, "email"))
        .filter(|text| looks_like_personal(text) == Some(Kind::EMail))
        .map(|text| IdentityKind::Email.normalise(&text));
    let phone = detail(member(traits, "phone"))
        .map(|text| IdentityKind::Phone.normalise(&text))
        .filter(|digits| digits.len() >= 6);
    Ok(Claims { name, devices, email, phone })
}

/// Traits under the names that the register uses.
const TRAITS: &[(&str, &[&str])] = &[
    ("email", &["email"]),
    ("phone", &["phone"]),
    ("name", &["name"]),
    ("first_name", &["firstName", "first_name", "firstname"]),
    ("last_name", &["lastName", "last_name", "lastname"]),
    ("birthday", &["birthday"]),
    ("size", &["size"]),
    ("loyalty_id", &["loyaltyId", "loyalty_id"]),
];

/// Parts of `traits.address`.
const ADDRESS: &[(&str, &[&str])] = &[
    ("street", &["street"]),
    ("suburb", &["suburb"]),
    ("city", &["city"]),
    ("postcode", &["postalCode", "postal_code", "postcode", "zip"]),
    ("country", &["country"]),
];

/// What the traits state, a row a field.
pub(super) fn stated(traits: &Json<'_>, at: Millis, rows: &mut Vec<Row>) {
    let mut take = |field: &str, value: &Json<'_>| {
        if let Some(value) = detail(value) {
            rows.push(Row::Stated(Stated { at, field: field.to_owned(), value }));
        }
    };
    for (field, names) in TRAITS {
        take(field, first(traits, names));
    }
    let address = member(traits, "address");
    take("address", address);
    for (field, names) in ADDRESS {
        take(field, first(address, names));
    }
}

/// The device, coarsened; `None` when nothing is known of it.
pub(super) fn seen<'e>(context: &'e Json<'_>, at: Millis, recent: &mut Recent<'e>) -> Option<Seen> {
    let agent = first(context, &["userAgent", "user_agent"]).as_str().map(|text| recent.agent(text));
    let network = member(context, "ip").as_str().and_then(truncate_ip).map(|network| network.to_string());
    let page = member(context, "page");
    // Without a word about it (a server's event) nothing is known; an empty one says that the visit came by itself.
    let source = member(page, "referrer").as_str().and_then(|referrer| {
        let text = |name| member(page, name).as_str().unwrap_or_default();
        CameFrom::read(referrer, text("url"), text("search"))
    });
    let place = member(member(context, "location"), "region").as_str().and_then(region);
    if agent.is_none() && network.is_none() && source.is_none() && place.is_none() {
        return None;
    }
    Some(Seen {
        at,
        browser: agent.map(|agent| agent.to_string()),
        class: agent.map(|agent| agent.device.to_string()),
        network,
        locale: language(member(context, "locale")),
        source: source.map(|source| source.to_string()),
        region: place,
    })
}

#[cfg(test)]
mod tests {
    use crate::intake::document::document as json;

    use super::*;

    #[test]
    fn an_e_mail_address_as_user_id_is_an_e_mail_identity() {
        let claims = claims(
            &json!({"userId": "Ana@Example.com", "anonymousId": null}),
            &Json::Null,
            &mut Recent::default(),
        )
        .unwrap();
        assert!(claims.name == Some((IdentityKind::Email, "ana@example.com".into())));
        assert!(claims.devices.is_empty());
    }

    #[test]
    fn a_card_number_is_no_id() {
        for event in [json!({"userId": "4111111111111111"}), json!({"anonymousId": " ana@example.com"})] {
            assert!(claims(&event, &Json::Null, &mut Recent::default()).is_err());
        }
    }

    #[test]
    fn the_device_is_coarsened() {
        let context = json!({"ip": "203.0.113.77", "locale": "en-NZ", "userAgent":
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"});
        let seen = seen(&context, 5, &mut Recent::default()).unwrap();
        assert_eq!(seen.network.as_deref(), Some("203.0.113.0/24"));
        assert_eq!(seen.browser.as_deref(), Some("Firefox 128"));
        assert_eq!(seen.class.as_deref(), Some("desktop"));
        assert_eq!((seen.source, seen.region), (None, None));
        assert!(super::seen(&json!({"locale": "en"}), 5, &mut Recent::default()).is_none());
    }

    #[test]
    fn of_where_a_visit_came_from_and_where_the_page_is_about_a_word_is_left() {
        let context = json!({"page": {"url": "https://shop.example/", "search": "?email=ana@example.com",
            "referrer": "https://search.example/?q=ana+smith"}, "location": {"region": "Auckland", "city": "Titirangi"}});
        let seen = super::seen(&context, 5, &mut Recent::default()).unwrap();
        assert_eq!((seen.source.as_deref(), seen.region.as_deref()), (Some("search"), Some("auckland")));
        assert!(!serde_json::to_string(&seen).unwrap().contains("ana"));
    }

    #[test]
    fn traits_become_fields_of_the_register() {
        let mut rows = Vec::new();
        stated(
            &json!({"email": "a@b.nz", "firstName": "Ana", "plan": "x", "address": {"city": "Auckland"}}),
            1,
            &mut rows,
        );
        let fields: Vec<&str> = rows
            .iter()
            .map(|row| match row {
                Row::Stated(stated) => stated.field.as_str(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(fields, ["email", "first_name", "city"]);
    }
}
