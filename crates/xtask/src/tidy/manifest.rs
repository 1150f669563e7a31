//! Rules for `Cargo.toml` files: which crate of ours may use which, and where ciphers and databases may be asked for.
//! The order of the crates stands here and nowhere else in code.

use toml::{Table, Value};

use super::Violation;

/// Package, and those of ours that it may use.
const MAY_USE: [(&str, &[&str]); 5] = [
    ("models", &[]),
    ("privacy", &[]),
    ("store", &["privacy"]),
    ("equipoise", &["models", "privacy", "store"]),
    ("xtask", &[]),
];

/// Foreign packages that one package alone may build upon (tests may use them as oracles).
const OWNED: [(&str, &str); 11] = [
    ("rusqlite", "store"),
    ("tokio-postgres", "store"),
    ("sqlx", "store"),
    ("diesel", "store"),
    ("aws-lc-rs", "privacy"),
    ("ring", "privacy"),
    ("aes", "privacy"),
    ("aes-gcm", "privacy"),
    ("hmac", "privacy"),
    ("jsonwebtoken", "privacy"),
    ("chacha20poly1305", "privacy"),
];

const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

pub(crate) fn check(path: &str, text: &str, found: &mut Vec<Violation>) {
    if !path.starts_with("crates/") {
        return;
    }
    let manifest = match text.parse::<Table>() {
        Ok(manifest) => manifest,
        Err(error) => {
            found.push(Violation::new(path, 1, format!("not TOML: {}", error.message()), "mend the syntax"));
            return;
        }
    };
    let package = manifest.get("package").and_then(|package| package.get("name")).and_then(Value::as_str);
    let package = package.unwrap_or_default();
    let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == package) else {
        let wrong = format!("`{package}` has no place in the order of the crates");
        found.push(Violation::new(path, 1, wrong, "give it one in crates/xtask/src/tidy/manifest.rs"));
        return;
    };
    for (kind, name) in uses(&manifest) {
        let line =
            text.lines().position(|line| line.trim_start().starts_with(&name)).map_or(1, |index| index + 1);
        if MAY_USE.iter().any(|(ours, _)| *ours == name) && !allowed.contains(&name.as_str()) {
            let mend = match allowed {
                [] => format!(
                    "`{package}` uses none of ours: move the code, or pass what it needs as an argument"
                ),
                _ => format!("`{package}` may use only {}", allowed.join(", ")),
            };
            found.push(Violation::new(path, line, format!("`{package}` depends on `{name}`"), mend));
        }
        if let Some((_, owner)) = OWNED.iter().find(|(owned, _)| *owned == name)
            && *owner != package
            && kind == "dependencies"
        {
            let wrong = format!("`{package}` depends on `{name}`");
            found.push(Violation::new(
                path,
                line,
                wrong,
                format!("only `{owner}` may; ask it for what you need"),
            ));
        }
    }
}

/// Every package that the manifest names, with the kind of dependency, also under `target.*`.
fn uses(manifest: &Table) -> Vec<(&'static str, String)> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let tables = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    let mut uses = Vec::new();
    for table in std::iter::once(manifest).chain(tables) {
        for kind in KINDS {
            let Some(packages) = table.get(kind).and_then(Value::as_table) else { continue };
            for (key, value) in packages {
                let renamed = value.get("package").and_then(Value::as_str);
                uses.push((kind, renamed.unwrap_or(key).to_owned()));
            }
        }
    }
    uses
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [usize; 0] = [];

    fn faults(package: &str, tables: &str) -> Vec<usize> {
        let mut found = Vec::new();
        let text = format!("[package]\nname = \"{package}\"\n{tables}");
        check(&format!("crates/{package}/Cargo.toml"), &text, &mut found);
        found.into_iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn models_and_privacy_use_none_of_ours() {
        assert_eq!(faults("models", "[dependencies]\nprivacy.workspace = true"), [4]);
        assert_eq!(
            faults("models", "[dev-dependencies]\np = { path = \"../privacy\", package = \"privacy\" }"),
            [1]
        );
        assert_eq!(faults("privacy", "[target.'cfg(unix)'.dependencies]\nstore.workspace = true"), [4]);
        assert_eq!(faults("models", "[dependencies]\nserde = \"1\""), NONE);
    }

    #[test]
    fn the_others_use_only_what_lies_below() {
        assert_eq!(faults("store", "[dependencies]\nprivacy.workspace = true"), NONE);
        assert_eq!(faults("store", "[dependencies]\nmodels.workspace = true"), [4]);
        assert_eq!(
            faults("equipoise", "[dependencies]\nmodels.workspace = true\nstore.workspace = true"),
            NONE
        );
        assert_eq!(faults("store", "[dependencies]\nequipoise.workspace = true"), [4]);
        assert_eq!(faults("newcomer", ""), [1]);
    }

    #[test]
    fn ciphers_and_databases_have_one_owner() {
        assert_eq!(faults("store", "[dependencies]\nrusqlite = \"0.37\""), NONE);
        assert_eq!(faults("equipoise", "[dependencies]\nrusqlite = \"0.37\""), [4]);
        assert_eq!(faults("equipoise", "[dev-dependencies]\nrusqlite = \"0.37\""), NONE);
        assert_eq!(faults("privacy", "[dependencies]\naws-lc-rs = \"1\""), NONE);
        assert_eq!(faults("equipoise", "[dependencies]\naws-lc-rs = \"1\""), [4]);
    }

    #[test]
    fn a_broken_manifest_is_reported() {
        let mut found = Vec::new();
        check("crates/a/Cargo.toml", "[package", &mut found);
        assert_eq!(found.len(), 1);
    }
}
