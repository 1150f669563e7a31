//! Erasure: out of everything, with a proof that whoever holds it can check.

use super::*;

#[test]
fn erasure_is_whole_and_proven() {
    let shop = shop();
    for id in ["wiremu", "aroha"] {
        shop.choose(id, YES);
        shop.shops(id, "kea-40");
    }
    let subject = shop.subject("aroha").unwrap();
    let document = shop.ask(Desk::Erase, json!({"email": "aroha@example.nz"})).unwrap();
    let verified = Certificate::verify(&document, Some(shop.app.store.verifying_key())).unwrap();
    assert_eq!(document["deleted"], json!({"browsing": 1, "contact": 1, "orders": 1}));
    assert_eq!((&document["identities_deleted"], &document["ledger_deleted"]), (&json!(2), &json!(2)));
    assert!(!document.to_string().contains("aroha"), "the certificate names nobody");
    assert_eq!(verified.log, shop.app.store.read(|tx| tx.audit_head(shop.app.now())).unwrap().origin);
    let law = &shop.app.register().kept_by_law[0].law;
    assert_eq!(document["retained"][0]["law"], law.as_str(), "what the law keeps is named");
    assert_eq!(document["retained"][0]["count"], 1);
    assert_eq!(shop.app.store.read(|tx| tx.retained()).unwrap().len(), 1);

    for desk in [Desk::Access, Desk::Erase, Desk::Receipts] {
        assert_eq!(shop.ask(desk, who("aroha")).unwrap_err().kind(), ProblemKind::NotFound);
    }
    assert!(shop.app.vault().tag(&subject).is_err(), "the key is shredded");
    assert_eq!(shop.app.engine.held().people.0, 1, "only the other is left in the models");
    assert!(shop.ask(Desk::Access, who("wiremu")).is_ok());

    // From outside, with nothing but the file and the log.
    let file = shop.dir.path().join("certificate.json");
    std::fs::write(&file, document.to_string()).unwrap();
    shop.app.store.flush_openings(shop.app.now()).unwrap();
    let check = |file: &std::path::Path| {
        let args = AuditArgs {
            command: AuditCommand::Verify {
                certificate: Some(file.to_owned()),
                key: Some(shop.app.store.verifying_key().to_string()),
                data_dir: Some(shop.dir.path().join("data")),
            },
        };
        let mut said = Vec::new();
        let verdict = run_audit(&args, &|_| None, &mut said).unwrap();
        (verdict, String::from_utf8(said).unwrap())
    };
    let (verdict, said) = check(&file);
    assert_eq!(verdict, Verdict::Holds, "{said}");
    assert!(said.contains("The certificate holds.") && said.contains("The audit log is in order."), "{said}");
    let mut forged = document;
    forged["deleted"]["orders"] = json!(7);
    std::fs::write(&file, forged.to_string()).unwrap();
    let (verdict, said) = check(&file);
    assert_eq!(verdict, Verdict::Fails);
    assert!(said.contains("does not hold"), "{said}");
}
