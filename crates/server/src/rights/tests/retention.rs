//! What goes by itself: rows and fields that have outlived their purposes, consents that have run out.

use super::*;

/// A look at a page, with all that browsing can hold.
fn looks_with_everything(shop: &Shop, id: &str) {
    let (app, now, subject) = (Arc::clone(&shop.app), shop.app.now(), shop.subject(id).unwrap());
    let write = Write { name: "event.store", author: Author::System, at: now };
    let written = shop.app.store.write(write, move |tx| {
        let row = serde_json::from_value(json!({"at": now.as_millisecond(), "action": "viewed_product",
            "item": "kea-40", "session": "s1", "category": "packs", "query": "pack", "page": "/p/kea-40"}))
        .unwrap();
        let collection = tx.collect(&subject, &|_| true, now)?;
        let sealed =
            collection.seal::<BrowsingHistory>(&row, "wide", Day::of(now), app.vault(), app.entropy.as_ref());
        tx.put(&sealed.unwrap())?;
        crate::recommend::relearn(tx, &app.engine, app.vault(), &subject, now)
    });
    written.wait().unwrap();
}

#[test]
fn field_that_no_purpose_needs_any_more_is_cut_out_of_its_row() {
    let seen = |shop: &Shop| {
        shop.ask(Desk::Access, who("aroha")).unwrap()["data"]["browsing"]["rows"][0]["value"].clone()
    };
    let whole =
        json!({"item": "kea-40", "session": "s1", "category": "packs", "query": "pack", "page": "/p/kea-40"});
    let without = |names: &[&str]| {
        let mut rest = whole.clone();
        names.iter().for_each(|name| drop(rest.as_object_mut().unwrap().remove(*name)));
        rest
    };
    let fields = |mut row: Value| {
        for name in ["at", "action"] {
            assert!(row.as_object_mut().unwrap().remove(name).is_some(), "{row}");
        }
        row
    };
    // Only analytics has the page; offers has item and category alone.
    let all = [YES, &[("offers", Status::Given)]].concat();
    type End<'e> = (&'e str, &'e dyn Fn(&Shop));
    let ends: [End<'_>; 3] = [
        ("a withdrawal", &|shop| {
            shop.choose("aroha", &[("analytics", Status::Withdrawn)]);
        }),
        ("an objection", &|shop| {
            let body = json!({"anonymous_id": "aroha", "purposes": ["analytics"]});
            shop.ask(Desk::Object, body).unwrap();
        }),
        ("a restriction in between", &|shop| {
            shop.ask(Desk::Restrict, who("aroha")).unwrap();
            shop.choose("aroha", &[("analytics", Status::Withdrawn)]);
            assert_eq!(fields(seen(shop)), whole, "a restriction holds everything in place");
            shop.ask(Desk::Unrestrict, who("aroha")).unwrap();
        }),
    ];
    for (what, end) in ends {
        let shop = shop();
        shop.choose("aroha", &all);
        looks_with_everything(&shop, "aroha");
        assert_eq!(fields(seen(&shop)), whole);
        let held = shop.app.engine.held().people;
        end(&shop);
        assert_eq!(fields(seen(&shop)), without(&["page"]), "{what}");
        assert_eq!(shop.app.engine.held().people.0, held.0, "who may still read it reads the same");
        shop.choose("aroha", &[("personalisation", Status::Withdrawn)]);
        assert_eq!(fields(seen(&shop)), without(&["page", "session", "query"]), "{what}");
        // A yes that comes back brings nothing back.
        shop.choose("aroha", YES);
        assert_eq!(fields(seen(&shop)), without(&["page", "session", "query"]), "{what}");
        assert_eq!(shop.app.store.check().unwrap(), []);
    }
}

#[test]
fn field_is_cut_when_the_yes_behind_it_runs_out() {
    let shop = shop();
    shop.choose("aroha", &[("analytics", Status::Given)]);
    shop.later(300);
    shop.choose("aroha", &[("personalisation", Status::Given)]);
    looks_with_everything(&shop, "aroha");
    shop.later(100);
    assert_eq!(expire(&shop.app).unwrap(), 1);
    let row = shop.ask(Desk::Access, who("aroha")).unwrap()["data"]["browsing"]["rows"][0]["value"].clone();
    assert!(row.get("page").is_none() && row["query"] == "pack", "{row}");
}

#[test]
fn what_is_past_its_retention_goes_and_consents_run_out() {
    let shop = shop();
    shop.choose("aroha", YES);
    shop.shops("aroha", "kea-40");
    shop.later(100);
    assert_eq!(expire(&shop.app).unwrap(), 0, "nothing is due yet");
    shop.later(300);
    assert_eq!(expire(&shop.app).unwrap(), 1);
    assert_eq!(shop.rows("aroha", Kind::BrowsingHistory), 0, "no yes, no browsing history");
    assert_eq!(shop.rows("aroha", Kind::PurchaseHistory), 1, "the contract still needs the order");
    let document = shop.ask(Desk::Access, who("aroha")).unwrap();
    assert_eq!(document["purposes"]["personalisation"]["status"], "expired");
    shop.later(400);
    assert_eq!(expire(&shop.app).unwrap(), 1);
    assert_eq!(shop.rows("aroha", Kind::PurchaseHistory), 0);
    assert_eq!(shop.app.store.read(|tx| tx.retained()).unwrap().len(), 1, "the law still asks for the order");
    assert_eq!(expire(&shop.app).unwrap(), 0);
}

/// Many people, of whom each day one came; each looked at a page on their day and on the day after.
fn crowd(shop: &Shop, people: i64) {
    let (app, now) = (Arc::clone(&shop.app), shop.app.now());
    let write = Write { name: "event.store", author: Author::System, at: now };
    let written = shop.app.store.write(write, move |tx| {
        for n in 0..people {
            let at = now - jiff::SignedDuration::from_hours(24 * (n % 360));
            let subject = tx.create_subject(at)?;
            let purposes = ["analytics", "personalisation"];
            for purpose in purposes {
                let record = ConsentRecord {
                    purpose: purpose.parse().unwrap(),
                    status: Status::Given,
                    at,
                    notice: privacy::notice::NoticeVersion(1),
                    language: "en".to_owned(),
                    source: Source::Person,
                };
                tx.append(&subject, &LedgerEntry::Consent(record), at)?;
            }
            let collection = tx.collect(&subject, &|_| true, now)?;
            for row in 0..4 {
                let looked =
                    serde_json::from_value(json!({"at": at.as_millisecond(), "action": "viewed_product",
                    "item": format!("i-{row}")}))
                    .unwrap();
                let (name, day) = (format!("{n} {row}"), Day::of(at).plus(row % 2));
                let sealed = collection.seal::<BrowsingHistory>(
                    &looked,
                    &name,
                    day,
                    app.vault(),
                    app.entropy.as_ref(),
                );
                tx.put(&sealed.unwrap())?;
            }
        }
        Ok::<_, privacy::grant::ReadError>(())
    });
    written.wait().unwrap();
}

/// An order of somebody new that is three years old already.
fn crowd_late(shop: &Shop) {
    let (app, now) = (Arc::clone(&shop.app), shop.app.now());
    let write = Write { name: "import.store", author: Author::System, at: now };
    let written = shop.app.store.write(write, move |tx| {
        let subject = tx.create_subject(now)?;
        let bought = serde_json::from_value(
            json!({"at": 0, "action": "placed", "order": "old", "lines": [{"item": "kea-40", "quantity": 1}]}),
        )
        .unwrap();
        let day = Day::of(now).minus(1_100);
        let collection = tx.collect(&subject, &|_| true, now)?;
        let row = collection.seal::<PurchaseHistory>(&bought, "late", day, app.vault(), app.entropy.as_ref());
        tx.put(&row.unwrap())?;
        Ok::<_, privacy::grant::ReadError>(())
    });
    written.wait().unwrap();
}

#[test]
fn what_runs_out_is_found_by_its_day_as_by_reading_everything() {
    // Another notice has everybody looked at.
    let by_reading_everything = |shop: &Shop| {
        let (at, write) =
            (shop.app.now(), Write { name: "test.forget", author: Author::System, at: shop.app.now() });
        let notice = privacy::notice::NoticeVersion(99);
        let written =
            shop.app.store.write::<_, StoreError>(write, move |tx| tx.looked(LastLook { at, notice }));
        written.wait().unwrap();
    };
    let run = |forget: &dyn Fn(&Shop)| {
        let shop = shop();
        crowd(&shop, 90);
        let mut done = Vec::new();
        for days in [0, 1, 3, 200, 10, 200, 300, 100] {
            shop.later(days);
            forget(&shop);
            done.push(expire(&shop.app).unwrap());
            if days == 3 {
                // Comes in late: its day has passed every limit.
                crowd_late(&shop);
            }
        }
        (done, shop.app.store.read(|tx| tx.row_counts()).unwrap())
    };
    let (found, rows) = run(&|_| {});
    let (expected, left) = run(&by_reading_everything);
    assert_eq!(rows, left);
    assert!(found.iter().sum::<u64>() >= 90 && found.contains(&0), "{found:?} {expected:?}");
}
