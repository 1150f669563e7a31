//! A choice takes effect in the write that records it, and a no leaves nothing behind that nobody asked for.

use privacy::consent::{Receipt, Status};
use privacy::data::Kind;
use privacy::signals::Gpc;
use serde_json::json;

use axum::http::{HeaderMap, HeaderValue};

use super::Stored;
use super::routes::admit;
use crate::rights::tests::shop;
use crate::web::ProblemKind;

#[test]
fn no_by_somebody_unknown_leaves_nothing() {
    let shop = shop();
    let answer = shop.choose("aroha", &[("personalisation", Status::Refused)]);
    assert_eq!(answer["stored"], false);
    assert!(shop.subject("aroha").is_none());
    assert_eq!(shop.app.store.read(|tx| tx.subject_count()).unwrap(), 0);
}

#[test]
fn no_is_remembered_on_request() {
    let shop = shop();
    let no = [("personalisation", Status::Refused)];
    let answer = shop.choose_with("aroha", &no, Gpc::Silent, Stored::OnRequest).unwrap();
    assert_eq!(answer["purposes"]["personalisation"]["status"], "refused");
    assert_eq!(answer["purposes"]["personalisation"]["ask"], false);
    assert!(shop.subject("aroha").is_some());
}

#[test]
fn yes_is_answered_with_a_receipt_that_can_be_checked() {
    let shop = shop();
    let answer = shop.choose("aroha", &[("personalisation", Status::Given)]);
    assert_eq!(answer["purposes"]["personalisation"]["permitted"], true);
    assert_eq!(answer["purposes"]["analytics"]["permitted"], false);
    let receipt = &answer["receipts"][0];
    assert!(Receipt::verify(receipt, shop.app.store.verifying_key()).is_ok());
    assert!(!receipt.to_string().contains("aroha"), "a receipt names the person by a pseudonym");
}

#[test]
fn withdrawal_deletes_and_forgets_in_the_same_write() {
    let shop = shop();
    shop.choose("aroha", &[("personalisation", Status::Given)]);
    shop.shops("aroha", "kea-40");
    assert_eq!((shop.rows("aroha", Kind::BrowsingHistory), shop.app.engine.held().people.0), (1, 1));
    let answer = shop.choose("aroha", &[("personalisation", Status::Withdrawn)]);
    assert_eq!(answer["purposes"]["personalisation"]["status"], "withdrawn");
    assert_eq!((shop.rows("aroha", Kind::BrowsingHistory), shop.app.engine.held().people.0), (0, 0));
    assert_eq!(shop.rows("aroha", Kind::PurchaseHistory), 1, "the order itself is needed for the contract");
    let again = shop.choose("aroha", &[("personalisation", Status::Withdrawn)]);
    assert_eq!(again["receipts"], json!([]), "a known no needs no second record");
}

#[test]
fn opt_out_signal_wins_over_a_yes_where_it_counts() {
    let shop = shop();
    let yes = [("personalisation", Status::Given), ("offers", Status::Given)];
    let answer = shop.choose_with("aroha", &yes, Gpc::OptOut, Stored::OnYesAlone).unwrap();
    assert_eq!(answer["purposes"]["personalisation"]["status"], "given");
    assert_eq!(answer["purposes"]["offers"]["status"], "refused");
    shop.choose("wiremu", &yes);
    let answer = shop.choose_with("wiremu", &[], Gpc::OptOut, Stored::OnYesAlone).unwrap();
    assert_eq!(answer["purposes"]["offers"]["status"], "withdrawn", "and over an older yes");
}

#[test]
fn undeclared_purpose_is_refused_and_nothing_stored() {
    let shop = shop();
    let words = [("astrology", Status::Given), ("personalisation", Status::Given)];
    let refused = shop.choose_with("aroha", &words, Gpc::Silent, Stored::OnYesAlone).unwrap_err();
    assert_eq!(refused.kind(), ProblemKind::Malformed);
    assert!(shop.subject("aroha").is_none());
}

#[test]
fn named_person_needs_the_operators_token() {
    let shop = shop();
    let with = |value: &str| {
        HeaderMap::from_iter([(axum::http::header::AUTHORIZATION, HeaderValue::from_str(value).unwrap())])
    };
    let key = "change-me-web";
    let (nobody, token) = (HeaderMap::new(), with("Bearer token"));
    let id = || Some("17".to_owned());
    let refused = |headers: &HeaderMap, anonymous, user, key| {
        admit(&shop.app, headers, anonymous, user, key).err().map(|problem| problem.kind())
    };
    let unauthenticated = Some(ProblemKind::Unauthenticated);
    assert_eq!(refused(&nobody, None, id(), Some(key)), unauthenticated, "a write key is public");
    assert_eq!(refused(&with("Bearer wrong"), None, id(), Some(key)), unauthenticated);
    assert_eq!(refused(&token, None, id(), None), None);
    assert_eq!(refused(&nobody, id(), None, Some(key)), None);
    assert_eq!(refused(&nobody, id(), None, Some("wrong")), unauthenticated);
    assert_eq!(refused(&nobody, id(), None, None), unauthenticated);
    assert_eq!(refused(&token, id(), id(), None), Some(ProblemKind::Malformed));
    assert_eq!(refused(&token, Some(String::new()), None, None), Some(ProblemKind::Malformed));
}
