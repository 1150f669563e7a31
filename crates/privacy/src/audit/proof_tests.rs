//! Tests of proofs, against the recursive definitions of RFC 9162 and published roots.
//! Must never take its expectation from the code that it tests.

use proptest::prelude::*;

use super::{
    super::{frontier::Frontier, hash::leaf_hash, tile::Fetched},
    *,
};

/// MTH as RFC 9162 section 2.1.1 defines it.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(naive_split(leaves.len()));
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

fn naive_split(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}

/// PATH as RFC 9162 section 2.1.3.1 defines it.
fn naive_path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return vec![];
    }
    let k = naive_split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, beside) = if m < k {
        (naive_path(m, left), naive_root(right))
    } else {
        (naive_path(m - k, right), naive_root(left))
    };
    path.push(beside);
    path
}

/// SUBPROOF as RFC 9162 section 2.1.4.1 defines it.
fn naive_subproof(m: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if whole { vec![] } else { vec![naive_root(leaves)] };
    }
    let k = naive_split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, beside) = if m <= k {
        (naive_subproof(m, left, whole), naive_root(right))
    } else {
        (naive_subproof(m - k, right, false), naive_root(left))
    };
    path.push(beside);
    path
}

fn leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|i| leaf_hash(&i.to_le_bytes())).collect()
}

/// The eight inputs and roots of the certificate-transparency reference implementation.
#[test]
fn roots_are_those_of_certificate_transparency() {
    let inputs: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut tree = Frontier::new();
    for (size, expected) in roots.iter().enumerate() {
        assert_eq!(tree.root().to_string(), *expected, "{size} leaves");
        if let Some(input) = inputs.get(size) {
            tree.push(leaf_hash(input));
        }
    }
}

#[test]
fn every_size_agrees_with_the_recursive_definition() {
    let all = leaves(600);
    let mut tree = Frontier::new();
    for size in 0..=all.len() {
        assert_eq!(tree.root(), naive_root(&all[..size]), "{size} leaves");
        if let Some(leaf) = all.get(size) {
            tree.push(*leaf);
        }
    }
}

#[test]
fn every_proof_of_small_trees_agrees_and_verifies() {
    let all = leaves(40);
    for size in 0..=all.len() {
        let part = &all[..size];
        let root = naive_root(part);
        for i in 0..size {
            let proof = inclusion_proof(i as u64, size as u64, part).unwrap();
            assert_eq!(proof, naive_path(i, part));
            assert_eq!(verify_inclusion(&part[i], i as u64, size as u64, &proof, &root), Ok(()));
        }
        for old in 0..=size {
            let proof = consistency_proof(old as u64, size as u64, part).unwrap();
            if old > 0 {
                assert_eq!(proof, naive_subproof(old, part, true));
            }
            let before = naive_root(&part[..old]);
            let verdict = verify_consistency(old as u64, size as u64, &before, &root, &proof);
            assert_eq!(verdict, Ok(()), "{old} of {size}");
        }
    }
}

#[test]
fn what_was_planned_is_enough_for_the_proof() {
    let all = leaves(600);
    let mut fetched = Fetched::default();
    let plans = [plan_inclusion(300, 600).unwrap(), plan_consistency(77, 600).unwrap()];
    for reading in plans.concat() {
        fetched.insert(reading, all.as_slice().hashes(reading).unwrap());
    }
    assert_eq!(inclusion_proof(300, 600, &fetched), inclusion_proof(300, 600, all.as_slice()));
    assert_eq!(consistency_proof(77, 600, &fetched), consistency_proof(77, 600, all.as_slice()));
    assert!(matches!(inclusion_proof(5, 600, &fetched), Err(ProofError::ShortRead { .. })));
}

#[test]
fn impossible_questions_are_refused() {
    let all = leaves(3);
    let none: &[Hash] = &[];
    assert!(inclusion_proof(3, 3, all.as_slice()).is_err());
    assert!(inclusion_proof(0, 0, none).is_err());
    assert!(consistency_proof(4, 3, all.as_slice()).is_err());
    assert_eq!(verify_inclusion(&all[0], 3, 3, &[], &all[0]), Err(Disproof::OutOfRange));
    assert_eq!(verify_consistency(4, 3, &all[0], &all[0], &[]), Err(Disproof::OutOfRange));
    assert_eq!(verify_consistency(0, 3, &all[0], &all[0], &[]), Err(Disproof::Root));
    assert_eq!(verify_consistency(2, 3, &all[0], &all[0], &[]), Err(Disproof::Length));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn proofs_agree_with_the_recursive_definition(size in 1usize..600, a in any::<prop::sample::Index>(),
                                                  b in any::<prop::sample::Index>()) {
        let all = leaves(size);
        let root = naive_root(&all);
        let i = a.index(size);
        let proof = inclusion_proof(i as u64, size as u64, all.as_slice()).unwrap();
        prop_assert_eq!(&proof, &naive_path(i, &all));
        prop_assert_eq!(verify_inclusion(&all[i], i as u64, size as u64, &proof, &root), Ok(()));
        let old = 1 + b.index(size);
        let proof = consistency_proof(old as u64, size as u64, all.as_slice()).unwrap();
        prop_assert_eq!(&proof, &naive_subproof(old, &all, true));
    }

    #[test]
    fn a_bent_proof_is_never_believed(size in 2usize..300, a in any::<prop::sample::Index>(),
                                      at in any::<prop::sample::Index>(), bit in 0u8..8, byte in 0usize..32) {
        let all = leaves(size);
        let (n, root) = (size as u64, naive_root(&all));
        let i = a.index(size);
        let proof = inclusion_proof(i as u64, n, all.as_slice()).unwrap();
        let mut bent = proof.clone();
        bent[at.index(proof.len())].0[byte] ^= 1 << bit;
        prop_assert!(verify_inclusion(&all[i], i as u64, n, &bent, &root).is_err());
        prop_assert!(verify_inclusion(&all[i], i as u64, n, &proof[1..], &root).is_err());
        prop_assert!(verify_inclusion(&all[i], i as u64, n, &[&proof[..], &[root]].concat(), &root).is_err());
        prop_assert!(verify_inclusion(&all[i], (i as u64 + 1) % n, n, &proof, &root).is_err());

        let old = 1 + a.index(size - 1);
        let before = naive_root(&all[..old]);
        let proof = consistency_proof(old as u64, n, all.as_slice()).unwrap();
        prop_assert_eq!(verify_consistency(old as u64, n, &before, &root, &proof), Ok(()));
        let mut bent = proof.clone();
        bent[at.index(proof.len())].0[byte] ^= 1 << bit;
        prop_assert!(verify_consistency(old as u64, n, &before, &root, &bent).is_err());
        prop_assert!(verify_consistency(old as u64, n, &root, &root, &proof).is_err());
    }
}
