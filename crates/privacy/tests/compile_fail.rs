//! Programs that must not compile: each is a way round the grant, and the compiler says why it is closed.

#[test]
fn ways_round_the_grant_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
