//! One choice in the standards of others, over HTTP.

use serde_json::{Value, json};

use crate::harness::{Shop, track};

const SIGNALS: &str = "/v1/consent/signals";

#[test]
fn a_choice_is_told_in_the_standards_and_its_withdrawal_at_once() {
    let shop = Shop::open();
    let told = || shop.operator("GET", &format!("{SIGNALS}?userId=mere"), &Value::Null).body;
    assert_eq!(told()["consent_mode"]["analytics_storage"], "denied");
    shop.consent("mere", &json!({"analytics": "given", "personalisation": "refused"}));
    let body = told();
    assert_eq!(body["consent_mode"]["analytics_storage"], "granted");
    assert_eq!(body["consent_mode"]["personalization_storage"], "denied");
    assert_eq!(body["consent_mode"]["ad_user_data"], "denied");
    assert_eq!(body["segment"]["categoryPreferences"]["analytics"], true);
    assert_eq!(body["segment"]["categoryPreferences"]["personalisation"], false);
    assert_eq!((&body["tcf"], &body["gpp"]["string"]), (&Value::Null, &json!("DBAA")));
    shop.consent("mere", &json!({"analytics": "withdrawn"}));
    assert_eq!(told()["consent_mode"]["analytics_storage"], "denied");
}

#[test]
fn what_a_named_customer_chose_is_not_told_to_a_write_key() {
    let shop = Shop::open();
    let mut event =
        track("mere", "Product Viewed", &json!({"product_id": "boots"}), "m-1", shop.now(), &["analytics"]);
    event["anonymousId"] = json!("a-mere");
    shop.batch(&[event]);
    let asked = shop.client("GET", &format!("{SIGNALS}?anonymousId=a-mere"), &Value::Null);
    assert_eq!(asked.status, 403);
    assert_eq!(shop.client("GET", SIGNALS, &Value::Null).body["consent_mode"]["analytics_storage"], "denied");
}

#[test]
fn support_of_global_privacy_control_is_said_where_it_is_looked_for() {
    let answer = Shop::open().client("GET", "/.well-known/gpc.json", &Value::Null);
    assert_eq!((answer.status.as_u16(), &answer.body["gpc"]), (200, &json!(true)));
    assert!(answer.body["lastUpdate"].as_str().unwrap().parse::<jiff::civil::Date>().is_ok());
}

#[test]
fn tags_are_told_what_the_string_says_and_before_a_choice_only_who_asks() {
    let register = include_str!("register.toml").to_owned()
        + "\n[tcf]\ncmp_id = 300\nvendor_list_version = 150\ncountry = \"NZ\"\n";
    let shop = Shop::open_with(&register);
    let about = &shop.client("GET", "/v1/question", &Value::Null).body["tcf"];
    assert_eq!(
        (&about["cmpId"], &about["gvlVersion"], &about["tcfPolicyVersion"]),
        (&json!(300), &json!(150), &json!(5))
    );
    let told = || shop.operator("GET", &format!("{SIGNALS}?userId=mere"), &Value::Null).body;
    shop.consent("mere", &json!({"analytics": "given", "personalisation": "refused"}));
    let body = told();
    let string = privacy::signals::tcf::TcString::decode(body["tcf"].as_str().unwrap()).unwrap();
    let consents = &body["tcf_data"]["purpose"]["consents"];
    for (at, yes) in string.core.purpose_consents.iter().enumerate() {
        assert_eq!(consents[(at + 1).to_string()], json!(yes));
    }
    assert_eq!((&consents["8"], &consents["5"]), (&json!(true), &json!(false)));
    assert_eq!(body["tcf_data"]["vendor"]["disclosedVendors"], json!({}));
    shop.consent("mere", &json!({"analytics": "withdrawn"}));
    assert_eq!(told()["tcf_data"]["purpose"]["consents"]["8"], false);
    let without = Shop::open();
    assert!(without.client("GET", "/v1/question", &Value::Null).body.get("tcf").is_none());
    assert_eq!(without.client("GET", SIGNALS, &Value::Null).body["tcf_data"], Value::Null);
}
