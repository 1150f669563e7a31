//! What the vault promises: what was sealed opens in its own place under its own key, and nowhere else.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use super::*;
use crate::audit::leaf_hash;
use crate::purpose::{Analytics, Personalisation};

/// Random-looking bytes from a counter: each run of a test draws the same.
struct Counter(AtomicU64);

impl Counter {
    const fn from(seed: u64) -> Self {
        Self(AtomicU64::new(seed << 32))
    }
}

impl Entropy for Counter {
    fn fill(&self, out: &mut [u8]) -> Result<(), NoEntropy> {
        for chunk in out.chunks_mut(32) {
            let next = leaf_hash(&self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
            chunk.copy_from_slice(&next.0[..chunk.len()]);
        }
        Ok(())
    }
}

struct NoneLeft;
impl Entropy for NoneLeft {
    fn fill(&self, _: &mut [u8]) -> Result<(), NoEntropy> {
        Err(NoEntropy)
    }
}

type Meanwhile = Box<dyn Fn(&Subject) + Send + Sync>;

/// A keystore in memory. `meanwhile` runs after a key was read and before it is handed out.
#[derive(Default)]
struct Memory {
    keys: Mutex<HashMap<Subject, WrappedKey>>,
    meanwhile: OnceLock<Meanwhile>,
}

impl Keystore for Memory {
    fn wrapped(&self, subject: &Subject) -> Result<Option<WrappedKey>, StoreError> {
        let key = self.keys.lock().unwrap().get(subject).cloned();
        if let Some(meanwhile) = self.meanwhile.get() {
            meanwhile(subject);
        }
        Ok(key)
    }
}

const SHOP: &str = "tui-outdoors";
const ROW: [u8; 16] = [3; 16];
const PLACE: Place<'static> = Place { table: "record", column: "orders", row: &ROW };

struct Fixture {
    vault: Arc<Vault>,
    keystore: Arc<Memory>,
    entropy: Counter,
    root: RootKey,
    epoch: WrappedEpochKey,
    secrets: WrappedSecrets,
}

impl Fixture {
    fn new() -> Self {
        let entropy = Counter::from(1);
        let root = RootKey::generate(&entropy).unwrap();
        let epoch =
            EpochKey::generate(Epoch(1), &entropy).unwrap().seal_under(&root, SHOP, &entropy).unwrap();
        let secrets = Secrets::generate(&entropy).unwrap().seal_under(&root, SHOP, &entropy).unwrap();
        let keystore = Arc::new(Memory::default());
        let vault = open_vault(SHOP, &root, &[&epoch], &secrets, &keystore).unwrap();
        Self { vault, keystore, entropy, root, epoch, secrets }
    }

    /// The vault as it is after a restart: nothing in memory.
    fn reopened(&self) -> Arc<Vault> {
        open_vault(SHOP, &self.root, &[&self.epoch], &self.secrets, &self.keystore).unwrap()
    }

    fn person(&self) -> Subject {
        let subject = Subject::generate(&self.entropy).unwrap();
        let wrapped = self.vault.mint(&subject, &self.entropy).unwrap();
        self.keystore.keys.lock().unwrap().insert(subject, wrapped);
        subject
    }

    fn seal(&self, subject: &Subject, plain: &[u8]) -> Vec<u8> {
        self.vault.seal(subject, PLACE, plain, &self.entropy).unwrap()
    }
}

fn open_vault(
    shop: &str,
    root: &RootKey,
    epochs: &[&WrappedEpochKey],
    secrets: &WrappedSecrets,
    keystore: &Arc<Memory>,
) -> Result<Arc<Vault>, VaultError> {
    let epochs =
        epochs.iter().map(|epoch| EpochKey::open_under(root, shop, epoch)).collect::<Result<_, _>>()?;
    let secrets = Secrets::open_under(root, shop, secrets)?;
    Ok(Arc::new(Vault::new(shop, epochs, secrets, Arc::clone(keystore) as Arc<dyn Keystore>)))
}

fn tampered() -> VaultError {
    VaultError::Tampered { table: "record".into(), column: "orders".into() }
}

#[test]
fn sealed_rows_open_again_even_after_a_restart() {
    let all = Fixture::new();
    let person = all.person();
    for plain in [&b""[..], b"x", b"{\"order\":\"7\"}", &[0; 10_000]] {
        let sealed = all.seal(&person, plain);
        assert!(plain.is_empty() || !sealed.windows(plain.len()).any(|window| window == plain));
        assert_eq!(&**all.vault.open(&person, PLACE, &sealed).unwrap(), plain);
        assert_eq!(&**all.reopened().open(&person, PLACE, &sealed).unwrap(), plain);
    }
}

#[test]
fn equal_rows_are_sealed_unequally() {
    let all = Fixture::new();
    let person = all.person();
    assert_ne!(all.seal(&person, b"same"), all.seal(&person, b"same"));
}

#[test]
fn moved_ciphertext_does_not_open() {
    let all = Fixture::new();
    let (person, other) = (all.person(), all.person());
    let sealed = all.seal(&person, b"kea-40");
    let elsewhere = [
        Place { row: &[4; 16], ..PLACE },
        Place { row: &ROW[..15], ..PLACE },
        Place { column: "contact", ..PLACE },
        Place { table: "identity", ..PLACE },
        Place { table: "recordo", column: "rders", ..PLACE },
    ];
    for place in elsewhere {
        let refused = all.vault.open(&person, place, &sealed);
        assert!(matches!(refused, Err(VaultError::Tampered { .. })), "{place:?}");
    }
    assert_eq!(all.vault.open(&other, PLACE, &sealed).unwrap_err(), tampered());
}

#[test]
fn rows_do_not_open_in_another_shop() {
    let all = Fixture::new();
    let person = all.person();
    // Even if both shops shared a data key: the shop is in the associated data.
    let epoch = EpochKey::open_under(&all.root, SHOP, &all.epoch).unwrap();
    let key = all.keystore.keys.lock().unwrap()[&person].clone();
    let data_key = epoch.unwrap(&key, &wrap_context(SHOP, &person, Epoch(1))).unwrap();
    let secrets = Secrets::open_under(&all.root, SHOP, &all.secrets).unwrap();
    let other = Vault::new("kea-books", vec![epoch], secrets, Arc::clone(&all.keystore) as Arc<dyn Keystore>);
    assert_eq!(
        other.tag(&person).unwrap_err(),
        VaultError::Unwrap,
        "a wrapped key serves its own shop alone"
    );
    other.hold(&person, DataKey(data_key)).unwrap();
    let sealed = all.seal(&person, b"kea-40");
    assert_eq!(other.open(&person, PLACE, &sealed).unwrap_err(), tampered());
}

#[test]
fn any_flipped_bit_refuses() {
    let all = Fixture::new();
    let person = all.person();
    let sealed = all.seal(&person, b"kea-40");
    for at in 0..sealed.len() {
        for bit in [1, 0x80] {
            let mut changed = sealed.clone();
            changed[at] ^= bit;
            assert_eq!(all.vault.open(&person, PLACE, &changed).unwrap_err(), tampered(), "byte {at}");
        }
        assert_eq!(all.vault.open(&person, PLACE, &sealed[..at]).unwrap_err(), tampered(), "cut at {at}");
    }
}

#[test]
fn ciphertext_commits_to_one_key() {
    let all = Fixture::new();
    let (person, other) = (all.person(), all.person());
    let ours = all.seal(&person, b"kea-40");
    let theirs = all.seal(&other, b"kea-40");
    let commitment = 1..=COMMITMENT_LEN;
    assert_ne!(ours[commitment.clone()], theirs[commitment.clone()], "each key has its own commitment");
    assert_eq!(ours[commitment.clone()], all.seal(&person, b"other")[commitment.clone()], "and keeps to it");
    // With a foreign commitment the right key is refused too, before anything is decrypted.
    let mut grafted = ours;
    grafted[commitment.clone()].copy_from_slice(&theirs[commitment]);
    assert_eq!(all.vault.open(&person, PLACE, &grafted).unwrap_err(), tampered());
}

#[test]
fn shredded_person_can_neither_be_read_nor_written() {
    let all = Fixture::new();
    let (person, other) = (all.person(), all.person());
    let (sealed, theirs) = (all.seal(&person, b"kea-40"), all.seal(&other, b"kea-40"));
    all.vault.shred(&person);
    let refused = Err(VaultError::Shredded);
    // The keystore still has the wrapped key: the vault alone already refuses.
    assert_eq!(all.vault.open(&person, PLACE, &sealed).map(drop), refused);
    assert_eq!(all.vault.seal(&person, PLACE, b"new", &all.entropy).map(drop), refused);
    assert_eq!(all.vault.tag(&person).map(drop), refused);
    assert_eq!(
        all.vault.mint(&person, &all.entropy).map(drop),
        refused,
        "a shredded name is never used again"
    );
    all.keystore.keys.lock().unwrap().remove(&person);
    assert_eq!(all.reopened().open(&person, PLACE, &sealed).map(drop), refused);
    assert!(all.vault.open(&other, PLACE, &theirs).is_ok(), "nobody else is touched");
}

#[test]
fn key_that_is_read_while_it_is_shredded_is_not_kept() {
    let all = Fixture::new();
    let person = all.person();
    let sealed = all.seal(&person, b"kea-40");
    let vault = all.reopened();
    let racing = Arc::clone(&vault);
    assert!(all.keystore.meanwhile.set(Box::new(move |subject| racing.shred(subject))).is_ok());
    assert_eq!(vault.open(&person, PLACE, &sealed).unwrap_err(), VaultError::Shredded);
    assert_eq!(
        vault.open(&person, PLACE, &sealed).unwrap_err(),
        VaultError::Shredded,
        "nor found in the cache"
    );
}

#[test]
fn rewrapped_keys_outlive_their_epoch_and_old_ones_die_with_it() {
    let all = Fixture::new();
    let (survivor, left_behind) = (all.person(), all.person());
    let (sealed, lost) = (all.seal(&survivor, b"kea-40"), all.seal(&left_behind, b"kea-41"));
    let second = EpochKey::generate(Epoch(2), &all.entropy).unwrap();
    let second_wrapped = second.seal_under(&all.root, SHOP, &all.entropy).unwrap();
    all.vault.begin_epoch(second);
    assert_eq!(all.vault.newest_epoch(), Some(Epoch(2)));

    let old = all.keystore.keys.lock().unwrap()[&survivor].clone();
    let new = all.vault.rewrap(&survivor, &old, &all.entropy).unwrap();
    assert_eq!((old.epoch, new.epoch), (Epoch(1), Epoch(2)));
    all.keystore.keys.lock().unwrap().insert(survivor, new);
    all.vault.end_epochs_before(Epoch(2));

    // What an old backup of the keystore holds is dead, whoever holds the root key.
    assert_eq!(all.vault.rewrap(&survivor, &old, &all.entropy).unwrap_err(), VaultError::EpochGone(Epoch(1)));
    let vault = open_vault(SHOP, &all.root, &[&second_wrapped], &all.secrets, &all.keystore).unwrap();
    assert_eq!(&**vault.open(&survivor, PLACE, &sealed).unwrap(), b"kea-40");
    assert_eq!(vault.open(&left_behind, PLACE, &lost).unwrap_err(), VaultError::EpochGone(Epoch(1)));
    assert_eq!(vault.mint(&left_behind, &all.entropy).unwrap().epoch, Epoch(2));
}

#[test]
fn wrapped_keys_serve_one_subject_epoch_and_root_alone() {
    let all = Fixture::new();
    let (person, other) = (all.person(), all.person());
    let wrapped = all.keystore.keys.lock().unwrap()[&person].clone();
    assert_eq!(all.vault.rewrap(&other, &wrapped, &all.entropy).unwrap_err(), VaultError::Unwrap);
    let renumbered = WrappedEpochKey { epoch: Epoch(2), ..all.epoch.clone() };
    assert!(EpochKey::open_under(&all.root, SHOP, &renumbered).is_err());
    assert!(EpochKey::open_under(&all.root, "kea-books", &all.epoch).is_err());
    let foreign = RootKey::from_bytes([9; 32]);
    assert_eq!(EpochKey::open_under(&foreign, SHOP, &all.epoch).map(drop), Err(VaultError::Unwrap));
    assert_eq!(Secrets::open_under(&foreign, SHOP, &all.secrets).map(drop), Err(VaultError::Unwrap));
    for at in 0..wrapped.bytes.len() {
        let mut changed = wrapped.clone();
        changed.bytes[at] ^= 1;
        assert_eq!(all.vault.rewrap(&person, &changed, &all.entropy).map(drop), Err(VaultError::Unwrap));
        changed.bytes.truncate(at);
        assert_eq!(all.vault.rewrap(&person, &changed, &all.entropy).map(drop), Err(VaultError::Unwrap));
    }
}

#[test]
fn secrets_can_not_change_places() {
    let all = Fixture::new();
    let mut swapped = all.secrets.clone();
    swapped.bytes.rotate_left(60);
    assert_eq!(Secrets::open_under(&all.root, SHOP, &swapped).map(drop), Err(VaultError::Unwrap));
    let short = WrappedSecrets { bytes: all.secrets.bytes[..120].to_vec() };
    assert_eq!(Secrets::open_under(&all.root, SHOP, &short).map(drop), Err(VaultError::Unwrap));
}

#[test]
fn names_for_two_purposes_differ_and_each_stays() {
    let all = Fixture::new();
    let (person, other) = (all.person(), all.person());
    let analytics = all.vault.pseudonym::<Analytics>(&person);
    let personalisation = all.vault.pseudonym::<Personalisation>(&person);
    assert_ne!(analytics.as_bytes(), personalisation.as_bytes());
    assert_ne!(analytics.as_bytes(), all.vault.pseudonym::<Analytics>(&other).as_bytes());
    assert!(analytics == all.reopened().pseudonym::<Analytics>(&person));
}

#[test]
fn blind_indexes_find_the_same_value_of_the_same_kind_alone() {
    let all = Fixture::new();
    let index = |kind: IdentityKind, value: &str| all.vault.index(kind, &kind.normalise(value));
    let email = index(IdentityKind::Email, "Aroha@Example.nz ");
    assert_eq!(email, index(IdentityKind::Email, "aroha@example.nz"));
    assert_ne!(email, index(IdentityKind::UserId, "aroha@example.nz"));
    assert_ne!(email, index(IdentityKind::Email, "aroha@example.co"));
    let kea = Fixture { ..Fixture::new() };
    let secrets = Secrets::generate(&Counter::from(77)).unwrap();
    let elsewhere = Vault::new(SHOP, Vec::new(), secrets, Arc::clone(&kea.keystore) as Arc<dyn Keystore>);
    assert_ne!(email, elsewhere.index(IdentityKind::Email, "aroha@example.nz"), "no key, no way back");
}

#[test]
fn repeated_message_has_one_name_whoever_it_is_filed_under() {
    let all = Fixture::new();
    assert_eq!(all.vault.message_index("m-1"), all.reopened().message_index("m-1"));
    assert_ne!(all.vault.message_index("m-1"), all.vault.message_index("m-2"));
    assert_ne!(all.vault.message_index("m-1"), all.vault.index(IdentityKind::UserId, "m-1"));
}

#[test]
fn audit_tag_stays_through_rotation_and_is_the_persons_own() {
    let all = Fixture::new();
    let (person, other) = (all.person(), all.person());
    let tag = all.vault.tag(&person).unwrap();
    assert_eq!(tag, all.reopened().tag(&person).unwrap());
    assert_ne!(tag, all.vault.tag(&other).unwrap());
    all.vault.begin_epoch(EpochKey::generate(Epoch(2), &all.entropy).unwrap());
    let old = all.keystore.keys.lock().unwrap()[&person].clone();
    let new = all.vault.rewrap(&person, &old, &all.entropy).unwrap();
    all.keystore.keys.lock().unwrap().insert(person, new);
    assert_eq!(tag, all.vault.tag(&person).unwrap());
}

#[test]
fn failing_randomness_seals_nothing() {
    let all = Fixture::new();
    let person = all.person();
    assert_eq!(all.vault.seal(&person, PLACE, b"x", &NoneLeft).unwrap_err(), VaultError::Entropy(NoEntropy));
    let subject = Subject::from_bytes([7; 16]);
    assert_eq!(all.vault.mint(&subject, &NoneLeft).unwrap_err(), VaultError::Entropy(NoEntropy));
}

#[test]
fn vault_and_keys_are_never_printed() {
    let all = Fixture::new();
    assert_eq!(format!("{:?}", all.vault), "Vault(..)");
    assert_eq!(format!("{:?}", all.person()), "Subject(..)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is sealed opens in its own place, and in no other.
    #[test]
    fn place_is_part_of_the_seal(plain in proptest::collection::vec(any::<u8>(), 0..200),
                                 here in "[a-z]{1,8}", there in "[a-z]{1,8}",
                                 row in any::<[u8; 4]>(), other in any::<[u8; 4]>()) {
        let all = Fixture::new();
        let person = all.person();
        let place = Place { table: "record", column: &here, row: &row };
        let sealed = all.vault.seal(&person, place, &plain, &all.entropy).unwrap();
        prop_assert_eq!(&**all.vault.open(&person, place, &sealed).unwrap(), &plain[..]);
        if (&here, row) != (&there, other) {
            let moved = Place { table: "record", column: &there, row: &other };
            prop_assert!(all.vault.open(&person, moved, &sealed).is_err());
        }
    }
}
