//! What a law obliges the shop to keep: it outlives every purpose under seal, is opened with a reason alone, and goes in
//! its time.

use super::*;

/// An order of Aroha's, with a total, a note and a coupon.
fn orders(shop: &Shop, number: &str) {
    let (app, now, number) = (Arc::clone(&shop.app), shop.app.now(), number.to_owned());
    let subject = shop.subject("aroha").unwrap();
    let write = Write { name: "event.store", author: Author::System, at: now };
    let written = shop.app.store.write(write, move |tx| {
        let row =
            serde_json::from_value(json!({"at": now.as_millisecond(), "action": "placed", "order": number,
            "total_minor": 4200, "currency": "NZD", "coupon": "SPRING", "country": "NZ",
            "lines": [{"item": "kea-40", "quantity": 1, "unit_price_minor": 4200, "note": "for Mum"}]}))
            .unwrap();
        let collection = tx.collect(&subject, &|_| true, now)?;
        let (vault, entropy) = (app.vault(), app.entropy.as_ref());
        let sealed = collection.seal::<PurchaseHistory>(&row, &number, Day::of(now), vault, entropy);
        tx.put(&sealed.unwrap())?;
        crate::recommend::relearn(tx, &app.engine, app.vault(), &subject, now)
    });
    written.wait().unwrap();
}

fn kept_rows(shop: &Shop) -> Vec<store::RetainedRow> {
    shop.app.store.read(|tx| tx.retained()).unwrap()
}

fn open_order(shop: &Shop, number: &str) -> Result<Value, Problem> {
    shop.ask(Desk::Kept, json!({"order": number, "reason": "tax audit of the year"}))
}

/// As the law has it of [`orders`].
fn invoice(row: &Value) {
    assert_eq!((&row["value"]["total_minor"], &row["value"]["country"]), (&json!(4200), &json!("NZ")));
    assert_eq!(row["value"]["lines"][0], json!({"item": "kea-40", "quantity": 1, "unit_price_minor": 4200}));
    assert!(row["value"].get("coupon").is_none(), "{row}");
}

#[test]
fn order_that_outlives_its_purposes_is_kept_as_long_as_a_law_asks_and_no_longer() {
    let shop = shop();
    shop.choose("aroha", YES);
    orders(&shop, "o-7");
    let hold = shop.app.register().kept_by_law[0].clone();
    let until = Day::of(shop.app.now()).plus(hold.keep_days);
    let longest = shop.app.store.law().retentions(Kind::PurchaseHistory).last().copied().unwrap();
    assert!(longest < hold.keep_days, "the law asks for longer than any purpose");
    shop.later(i64::from(longest) + 1);
    assert_eq!(kept_rows(&shop), []);
    assert_eq!(expire(&shop.app).unwrap(), 1);
    assert_eq!(shop.rows("aroha", Kind::PurchaseHistory), 0, "it is in no view of the person's");
    assert_eq!(shop.app.engine.held().people.0, 0, "and in no model");
    let [kept] = &kept_rows(&shop)[..] else { panic!("one row is kept") };
    assert_eq!((kept.kind, kept.until, kept.law.as_str()), (Kind::PurchaseHistory, until, hold.law.as_str()));
    assert_ne!(Some(kept.subject), shop.subject("aroha"), "no identity leads to it");
    let access = shop.ask(Desk::Access, who("aroha")).unwrap();
    assert!(!access.to_string().contains("o-7"), "{access}");
    invoice(&open_order(&shop, "o-7").unwrap()["rows"][0]);
    assert_eq!(shop.app.store.check().unwrap(), []);

    shop.later(i64::from(until.0 - Day::of(shop.app.now()).0) - 1);
    expire(&shop.app).unwrap();
    assert_eq!(kept_rows(&shop).len(), 1, "the law's last day");
    shop.later(1);
    expire(&shop.app).unwrap();
    assert_eq!(kept_rows(&shop), []);
    assert_eq!(open_order(&shop, "o-7").unwrap_err().kind(), ProblemKind::NotFound);
    assert!(shop.app.vault().tag(&kept.subject).is_err(), "its key is shredded");
}

#[test]
fn what_was_kept_when_it_was_cut_is_not_kept_twice() {
    let shop = shop();
    shop.choose("aroha", YES);
    orders(&shop, "o-7");
    // Day by day over every limit: it is cut to fewer and fewer fields, until nothing is left.
    for _ in 0..16 {
        shop.later(60);
        expire(&shop.app).unwrap();
        assert!(kept_rows(&shop).len() <= 1);
    }
    assert_eq!(shop.rows("aroha", Kind::PurchaseHistory), 0);
    let document = open_order(&shop, "o-7").unwrap();
    assert_eq!(document["rows"].as_array().unwrap().len(), 1);
    invoice(&document["rows"][0]);
}

#[test]
fn what_the_law_keeps_of_the_erased_is_found_by_order_or_certificate_and_each_opening_is_on_record() {
    let shop = shop();
    for number in ["o-7", "o-8"] {
        shop.choose("aroha", YES);
        orders(&shop, number);
    }
    let certificate = shop.ask(Desk::Erase, who("aroha")).unwrap();
    let entries = |shop: &Shop| {
        let entries = shop.app.store.read(|tx| tx.audit_entries(0, u64::MAX)).unwrap();
        let entries = entries.iter().map(|(_, entry, _)| privacy::audit::Entry::decode(entry).unwrap());
        entries.filter(|entry| entry.action == "kept.open").collect::<Vec<_>>()
    };
    let one = open_order(&shop, " o-8 ").unwrap();
    assert_eq!(one["rows"].as_array().unwrap().len(), 1);
    assert_eq!(one["rows"][0]["value"]["order"], "o-8");
    invoice(&one["rows"][0]);
    let id = certificate["id"].as_str().unwrap();
    let both = shop.ask(Desk::Kept, json!({"certificate": id, "reason": "complaint about both"})).unwrap();
    assert_eq!(both["rows"].as_array().unwrap().len(), 2);
    let noted = entries(&shop);
    let said: Vec<_> = noted.iter().map(|one| (one.task.as_deref().unwrap(), one.count)).collect();
    assert_eq!(said, [("tax audit of the year", 1), ("complaint about both", 2)]);
    assert!(matches!(&noted[0].author, Author::Operator { .. }));
    assert_eq!(one["audit_entries"], json!([noted[0].seq]));

    for body in [
        json!({"order": "o-9", "reason": "tax audit of the year"}),
        json!({"certificate": "00", "reason": "tax audit of the year"}),
        json!({"order": "aroha", "reason": "tax audit of the year"}),
    ] {
        assert_eq!(shop.ask(Desk::Kept, body.clone()).unwrap_err().kind(), ProblemKind::NotFound, "{body}");
    }
    for body in [
        json!({"order": "o-7"}),
        json!({"order": "o-7", "reason": "because"}),
        json!({"order": "o-7", "reason": "asked by ana@example.com"}),
        json!({"order": "o-7", "reason": "x".repeat(301)}),
        json!({"reason": "tax audit of the year"}),
        json!({"order": "o-7", "certificate": id, "reason": "tax audit of the year"}),
        json!({"anonymous_id": "aroha", "reason": "tax audit of the year"}),
    ] {
        assert_eq!(shop.ask(Desk::Kept, body.clone()).unwrap_err().kind(), ProblemKind::Malformed, "{body}");
    }
    assert_eq!(entries(&shop).len(), 2, "nothing was opened by those");
}
